package scenarios

import (
	"slices"
	"time"

	"anylab/topologies"
	"anylab/topologies/document"
)

// longestTurn is how long a flow may take from one request to the next. Longer
// ones would not be seen to be served before a lab's patience ends.
const longestTurn = 5 * time.Second

func addProbes(s *Scenario, f scenarioFile) error {
	if len(f.Probes) == 0 {
		return f.At.Errorf("probes", "there are no probes: nothing would be measured")
	}
	for _, pf := range f.Probes {
		p, err := newProbe(s, pf)
		if err != nil {
			return err
		}
		s.Probes = append(s.Probes, p)
	}
	return nil
}

func newProbe(s *Scenario, pf probeFile) (Probe, error) {
	p := Probe{From: pf.From, Service: pf.Service, Kind: pf.Kind, Rate: float64(pf.Rate), Flows: pf.Flows, Timeout: pf.Timeout}
	clients := s.Topology.Of(topologies.Client)
	if n, ok := s.Topology.Node(p.From); ok && n.Role != topologies.Client {
		return p, pf.At.Errorf("from", "%s has role %s; probes come from clients: %s", p.From, n.Role, document.Some(clients))
	}
	if !slices.Contains(clients, p.From) {
		return p, pf.At.Errorf("from", "%s", document.NoSuch("client", p.From, clients))
	}
	if !slices.Contains(serviceNames(s), p.Service) {
		return p, pf.At.Errorf("service", "%s", document.NoSuch("service", p.Service, serviceNames(s)))
	}
	if each := float64(p.Flows) / p.Rate; each > longestTurn.Seconds() {
		return p, pf.At.Errorf("rate", "each of the %d flows asks only once in %.6g s; at least once in %v is needed to see whether it is served", p.Flows, each, document.Duration(longestTurn))
	}
	return p, nil
}

func serviceNames(s *Scenario) []string {
	var names []string
	for _, svc := range s.Services {
		names = append(names, svc.Name)
	}
	return names
}
