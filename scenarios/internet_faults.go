package scenarios

import (
	"slices"
	"time"

	"anylab/topologies/document"
)

func addInternetFaults(s *Internet, f internetFile) error {
	if len(f.Faults) == 0 {
		return f.At.Errorf("faults", "there is no fault")
	}
	for _, x := range f.Faults {
		if err := s.target(x, len(f.Faults)); err != nil {
			return err
		}
		silent := x.Kind == InternetSilent || x.Kind == InternetFail
		fault := InternetFault{Kind: x.Kind, On: x.On, After: x.After, Hold: x.Hold}
		switch {
		case !silent && (x.BFD != nil || x.Hold != 0):
			return x.At.Errorf("", "hold and bfd are for silence, which is what they notice")
		case x.BFD != nil && x.Hold != 0:
			return x.At.Errorf("hold", "a silence is noticed by hold or by bfd: say one of them")
		case x.BFD != nil:
			fault.BFD = [2]time.Duration{x.BFD.Interval, x.BFD.Interval * time.Duration(x.BFD.Multiplier)}
		case silent && x.Hold == 0:
			fault.Hold = 90 * time.Second
		}
		s.Faults = append(s.Faults, fault)
	}
	first := s.Faults[0]
	if s.Unicast && (len(s.Faults) > 1 || first.Kind != InternetWithdraw) {
		return f.At.Errorf("unicast", "unicast is simulated beside one fault, the withdrawal of a site")
	}
	return nil
}

// target checks what a fault is about.
func (s *Internet) target(x internetFaultFile, faults int) error {
	sites := s.siteNames()
	switch x.Kind {
	case InternetWithdraw, InternetSilent:
		if len(x.On) == 1 && x.On[0] == InternetEach {
			if s.Each = true; faults > 1 {
				return x.At.Errorf("on", "each site in turn is struck by one fault alone")
			}
			return nil
		}
		if len(x.On) != 1 || !slices.Contains(sites, x.On[0]) {
			return x.At.Errorf("on", "%s strikes a site, one of %s, or %s", x.Kind, document.Some(sites), InternetEach)
		}
		return nil
	case InternetDepeer:
		if len(x.On) != 2 {
			return x.At.Errorf("on", "two ASes part: on: [AS3356, AS174]")
		}
	default:
		if len(x.On) != 1 {
			return x.At.Errorf("on", "one AS fails: on: AS3356")
		}
	}
	for _, name := range x.On {
		if _, ok := ASNumber(name); !ok && (x.Kind != InternetDepeer || !slices.Contains(sites, name)) {
			return x.At.Errorf("on", "%q is no AS; one is written AS3356", name)
		}
	}
	return nil
}
