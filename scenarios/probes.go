package scenarios

import (
	"slices"

	"anylab/topologies"
)

// probeKinds are the probes that a kind of service can answer; the first is
// the default. A command may speak anything, so it has no default.
var probeKinds = map[string][]string{
	"dns":  {"dns", "tcp-connect", "icmp"},
	"http": {"http", "http-stream", "tcp-connect", "icmp"},
	"udp":  {"udp", "icmp"},
	"tcp":  {"tcp-connect", "tcp-stream", "icmp"},
}

// Limits of a probe group: source ports of one address, and what a sender in
// user space can keep up.
const (
	maxFlows = 10000
	maxRate  = 1e6
)

func addProbes(s *Scenario, f scenarioFile) error {
	if len(f.Probes) == 0 {
		return f.At.Errorf("probes", "there are no probes: nothing would be measured")
	}
	for _, pf := range f.Probes {
		p, err := newProbe(s, pf)
		if err != nil {
			return err
		}
		for _, other := range s.Probes {
			if other.From == p.From && other.Service == p.Service && other.Kind == p.Kind {
				return pf.At.Errorf("", "there are two %s probes from %s to %s; give one of them more flows", p.Kind, p.From, p.Service)
			}
		}
		s.Probes = append(s.Probes, p)
	}
	return nil
}

func newProbe(s *Scenario, pf probeFile) (Probe, error) {
	p := Probe{From: pf.From, Service: pf.Service, Kind: pf.Kind, Rate: float64(pf.Rate), Flows: pf.Flows, Timeout: pf.Timeout}
	clients := s.Topology.Of(topologies.Client)
	if n, ok := s.Topology.Node(p.From); ok && n.Role != topologies.Client {
		return p, pf.At.Errorf("from", "%s has role %s; probes come from clients: %v", p.From, n.Role, clients)
	}
	if !slices.Contains(clients, p.From) {
		return p, pf.At.Errorf("from", "%s", topologies.Unknown("client", p.From, clients))
	}
	svc, ok := s.service(p.Service)
	if !ok {
		return p, pf.At.Errorf("service", "%s", topologies.Unknown("service", p.Service, serviceNames(s)))
	}
	if p.Flows > maxFlows {
		return p, pf.At.Errorf("flows", "%d flows are too many; the limit is %d", p.Flows, maxFlows)
	}
	if p.Rate > maxRate {
		return p, pf.At.Errorf("rate", "%g/s is too fast; the limit is %g/s", p.Rate, float64(maxRate))
	}
	return p, chooseKind(&p, pf, svc)
}

func chooseKind(p *Probe, pf probeFile, svc Service) error {
	kinds, known := probeKinds[svc.Kind]
	switch {
	case p.Kind == "" && !known:
		return pf.At.Errorf("", "a probe of service %s needs a kind, because what the command answers is not known", svc.Name)
	case p.Kind == "":
		p.Kind = kinds[0]
	case known && !slices.Contains(kinds, p.Kind):
		return pf.At.Errorf("kind", "service %s is of kind %s and doesn't answer %s probes; it answers: %v", svc.Name, svc.Kind, p.Kind, kinds)
	}
	return nil
}

func serviceNames(s *Scenario) []string {
	var names []string
	for _, svc := range s.Services {
		names = append(names, svc.Name)
	}
	return names
}
