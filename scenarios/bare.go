package scenarios

import (
	"fmt"
	"strings"

	"anylab/topologies"
)

// Bare makes a scenario of a topology alone: every site answers DNS, every client
// asks, and nothing breaks.
func Bare(topology string, set ...string) (Scenario, error) {
	t, err := topologies.Load(topology)
	if err != nil {
		return Scenario{}, err
	}
	text := fmt.Sprintf("name: %s\ntopology: %q\nfaults: []\ntrials: 1\n", t.Name, topology)
	sites, clients := t.Of(topologies.Anycast), t.Of(topologies.Client)
	if len(sites) > 0 {
		text += fmt.Sprintf("services:\n  - {name: dns, kind: dns, on: [%s], health: {kind: dns, interval: 100ms, timeout: 100ms, fall: 2, rise: 2}}\n", strings.Join(sites, ", "))
	}
	if len(sites) > 0 && len(clients) > 0 {
		text += "probes:\n"
		for _, c := range clients {
			text += fmt.Sprintf("  - {from: %s, service: dns, rate: 50/s, flows: 4}\n", c)
		}
	}
	return Parse(topology, []byte(text), set...)
}
