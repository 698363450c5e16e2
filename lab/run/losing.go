package run

import (
	"math"

	"anylab/lab/probe"
	"anylab/lab/record"
	"anylab/scenarios"
	"anylab/topologies/document"
)

// checkLoss refuses links that lose so much at all times that nothing can be
// measured: sessions over them never come up, or the clients are never served
// without loss for as long as that is waited for.
func checkLoss(s scenarios.Scenario) error {
	for i, l := range s.Topology.Links {
		if max(l.Ends[0].Shape.Loss, l.Ends[1].Shape.Loss) >= 1 {
			return lossyLink(s, i, "link %s loses everything: nothing is ever heard over it; to break it in a trial there are the faults loss and blackhole", l.Name)
		}
	}
	for _, p := range s.Probes {
		about, _ := probe.About(p.Kind)
		if about.Transport == record.LongConnection {
			continue // TCP repairs it
		}
		for _, site := range serviceNamed(s, p.Service).On {
			if err := checkLosing(s, p, site); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkLosing looks at one way of a probe.
func checkLosing(s scenarios.Scenario, p scenarios.Probe, site string) error {
	w, _ := s.Topology.Way(p.From, site)
	good, worst, most := 1.0, 0, 0.0
	for _, i := range w.Links {
		passed := 1.0
		for _, e := range s.Topology.Links[i].Ends {
			passed *= 1 - e.Shape.Loss
		}
		if good *= passed; 1-passed > most {
			worst, most = i, 1-passed
		}
	}
	still := max(s.Sustain, quiet)
	if most == 0 || untilRow(good, p.Rate*still.Seconds())/p.Rate < s.Limit.Seconds() {
		return nil
	}
	return lossyLink(s, worst, "link %s loses packets all the time: of %g requests a second from %s so many are lost that %v without a loss can't be expected within the limit, %v, and no outage would end; loss that is to be measured is a fault",
		s.Topology.Links[worst].Name, p.Rate, p.From, document.Duration(still), document.Duration(s.Limit))
}

// untilRow is how many trials it takes on average until so many in a row were
// good, each with the chance (Feller, An Introduction to Probability Theory,
// volume 1, section XIII.7).
func untilRow(chance, row float64) float64 {
	return (math.Pow(chance, -row) - 1) / (1 - chance)
}

func lossyLink(s scenarios.Scenario, link int, format string, args ...any) error {
	at := s.Source.Root().At("topology." + s.Topology.Links[link].Path())
	key := "loss"
	if !at.Has(key) {
		key = "to"
	}
	return at.Errorf(key, format, args...)
}
