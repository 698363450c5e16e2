package scenarios

import (
	"slices"
	"strings"

	"anylab/topologies"
	"anylab/topologies/document"
)

// Serving reads "serving(london)": the place of whoever serves that client.
func Serving(on []string) (client string, ok bool) {
	if len(on) != 1 {
		return "", false
	}
	inside, ok := strings.CutPrefix(on[0], "serving(")
	client, closed := strings.CutSuffix(inside, ")")
	return strings.TrimSpace(client), ok && closed
}

// checkServing checks the place of a fault that strikes whoever serves a client. It
// has an end or a direction of its own in each trial.
func checkServing(s *Scenario, ff faultFile, client string) error {
	for _, key := range []string{"direction", "end"} {
		if ff.At.Has(key) {
			return ff.At.KeyErrorf(key, "which link it is, and so its %s, is known in the trial only: leave it out, or name the link", key)
		}
	}
	return s.checkAsking(element(ff.At, "on", 0), "", client)
}

// checkAsking says why nobody knows who serves a client; key is the place in at.
func (s *Scenario) checkAsking(at document.Raw, key, client string) error {
	clients := s.Topology.Of(topologies.Client)
	switch {
	case !slices.Contains(clients, client):
		return at.Errorf(key, "%s", document.Unknown("client", client, clients))
	case !slices.ContainsFunc(s.Probes, func(p Probe) bool { return p.From == client }):
		return at.Errorf(key, "no probe asks from %s, so nobody knows who serves it", client)
	}
	return nil
}

// Sites lists the nodes that may serve the client: those of the services that it asks.
func (s Scenario) Sites(client string) []string {
	var sites []string
	for _, p := range s.Probes {
		for _, svc := range s.Services {
			if p.From == client && svc.Name == p.Service {
				sites = append(sites, svc.On...)
			}
		}
	}
	slices.Sort(sites)
	return slices.Compact(sites)
}

// first lists the sites that may serve the client while all are well: its name leads to
// the first one of a service that is found by DNS.
func (s Scenario) first(client string) []string {
	var sites []string
	for _, p := range s.Probes {
		svc, _ := s.service(p.Service)
		switch {
		case p.From != client:
		case svc.DNS != nil:
			sites = append(sites, svc.On[:1]...)
		default:
			sites = append(sites, svc.On...)
		}
	}
	slices.Sort(sites)
	return slices.Compact(sites)
}

// addStart reads who serves whom when a trial begins.
func addStart(s *Scenario, f scenarioFile) error {
	if !f.At.Has("start") {
		return nil
	}
	if !f.Start.IsMapping() {
		return f.At.Errorf("start", "the start is a mapping of clients to the sites that serve them: {london: a}")
	}
	s.Start = map[string][]string{}
	for _, client := range f.Start.Keys() {
		if err := s.checkAsking(f.Start, client, client); err != nil {
			return err
		}
		names := []document.Raw{f.Start.Value(client)}
		if names[0].IsList() {
			names = names[0].Items()
		}
		for _, at := range names {
			site, ok := at.Scalar()
			if sites := s.Sites(client); !ok || !slices.Contains(sites, site) {
				return at.Errorf("", "%s", document.Unknown("site of what "+client+" asks", at.String(), sites))
			}
			if first := s.first(client); !slices.Contains(first, site) {
				return at.Errorf("", "%s finds what it asks by DNS, which leads to the first site of on: %s; put %s first there", client, document.Some(first), site)
			}
			s.Start[client] = append(s.Start[client], site)
		}
		slices.Sort(s.Start[client])
	}
	return nil
}
