package scenarios

import (
	"slices"
	"strings"
	"time"

	"anylab/topologies"
	"anylab/topologies/document"
)

// probeKinds are the probes that a kind of service can answer; the first is
// the default. A command may speak anything, so it has no default.
var probeKinds = map[string][]string{
	"dns":  {"dns", "tcp-connect", "icmp"},
	"http": {"http", "http-stream", "tcp-connect", "icmp"},
	"udp":  {"udp", "icmp"},
	"tcp":  {"tcp-connect", "tcp-stream", "icmp"},
}

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
		return p, pf.At.Errorf("from", "%s has role %s; probes come from clients: %s", p.From, n.Role, strings.Join(clients, ", "))
	}
	if !slices.Contains(clients, p.From) {
		return p, pf.At.Errorf("from", "%s", document.Unknown("client", p.From, clients))
	}
	svc, ok := s.service(p.Service)
	if !ok {
		return p, pf.At.Errorf("service", "%s", document.Unknown("service", p.Service, serviceNames(s)))
	}
	if each := float64(p.Flows) / p.Rate; each > longestTurn.Seconds() {
		return p, pf.At.Errorf("rate", "each of the %d flows asks only once in %.6g s; at least once in %v is needed to see whether it is served", p.Flows, each, longestTurn)
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
		return pf.At.Errorf("kind", "service %s is of kind %s and doesn't answer %s probes; it answers: %s", svc.Name, svc.Kind, p.Kind, strings.Join(kinds, ", "))
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
