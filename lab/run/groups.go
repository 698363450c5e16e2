package run

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"anylab/lab/probe"
	"anylab/lab/record"
	"anylab/scenarios"
	"anylab/topologies/document"
)

// group is what one prober asks, and what its file is called.
func group(s scenarios.Scenario, spec scenarios.Probe, target netip.Addr) (record.ProbeGroup, probe.Config) {
	about, _ := probe.About(spec.Kind) // New refuses a kind that there isn't
	name := groupName(s, spec, target)
	users, first := users(s, spec, target.Is6())
	if users != nil {
		target = first
	}
	asked := netip.AddrPortFrom(target, uint16(serviceNamed(s, spec.Service).Port))
	g := record.ProbeGroup{Name: name, Client: spec.From, Service: spec.Service,
		Kind: spec.Kind, Target: asked.String(), Rate: spec.Rate, Flows: spec.Flows, Timeout: spec.Timeout,
		Transport: about.Transport, Payload: about.Payload, RoundTrip: roundTrip(s, spec)}
	return g, probe.Config{Name: g.Name, Kind: g.Kind, Rate: g.Rate, Flows: g.Flows,
		Timeout: g.Timeout, Once: g.Unrepeated(), Target: asked, Users: users}
}

func groupName(s scenarios.Scenario, spec scenarios.Probe, target netip.Addr) string {
	name := spec.From + "-" + spec.Service
	if same := slices.IndexFunc(s.Probes, func(o scenarios.Probe) bool {
		return o.From == spec.From && o.Service == spec.Service && o.Kind != spec.Kind
	}); same >= 0 {
		name += "-" + spec.Kind
	}
	if len(s.Topology.Anycast) > 1 && target.Is6() {
		name += "-ipv6"
	}
	return name
}

// checkProbes refuses what the probers would, and groups whose files would have
// one name.
func checkProbes(s scenarios.Scenario) error {
	var names []string
	for i, spec := range s.Probes {
		at := s.Source.Root().At(fmt.Sprintf("probes.%d", i))
		for _, p := range s.Topology.Anycast {
			g, config := group(s, spec, p.Addr())
			if _, err := probe.New(config); err != nil {
				return at.Errorf("", "%v", err)
			}
			if slices.Contains(names, g.Name) {
				return at.Errorf("service", "the files of this probe and of another one would both be called %s: give the service another name", g.Name)
			}
			names = append(names, g.Name)
		}
	}
	return nil
}

// checkGate refuses a limit within which no trial can begin.
func checkGate(s scenarios.Scenario) error {
	trip := cell{Scenario: s}.roundTrip()
	if gate := s.Settle + trip + asBefore; s.Settle > 0 && s.Limit < gate {
		return s.Source.Root().Errorf("settle", "settle is %v: a trial begins within the limit, %v, or not at all%s, so the limit must be at least %v, or settle shorter", document.Duration(s.Settle), document.Duration(s.Limit), answers(trip), document.Duration(gate))
	}
	if gate := max(quiet+trip, undisturbed) + asBefore; s.Limit < gate {
		return s.Source.Root().Errorf("limit", "the limit is %v; before a trial begins nothing may be lost for %v and no route change for %v%s, so it must be at least %v", document.Duration(s.Limit), document.Duration(quiet), document.Duration(undisturbed), answers(trip), document.Duration(gate))
	}
	return nil
}

func answers(trip time.Duration) string {
	if trip == 0 {
		return ""
	}
	return fmt.Sprintf(", and answers take %v", document.Duration(trip))
}
