package run

import (
	"fmt"
	"slices"

	"anylab/lab/bgp"
	"anylab/scenarios"
	"anylab/topologies"
)

// bestPaths refuses an expectation or a claim about the best path of a daemon
// that chooses none: it could never be observed, and so never hold.
func bestPaths(s scenarios.Scenario) error {
	for i, e := range slices.Concat(s.Expect, s.Claims) {
		if scenarios.Places[e.Metric] != topologies.Router {
			continue
		}
		n, _ := s.Topology.Node(e.Of) // known: loading has checked it
		if bgp.CapabilitiesOf(n.Daemon).BestPath {
			continue
		}
		key := fmt.Sprintf("expect.%d", i)
		if i >= len(s.Expect) {
			key = fmt.Sprintf("claim.%d", i-len(s.Expect))
		}
		return s.Source.Root().Errorf(key, "%q can't be observed: %s on node %s is no router and chooses no best path; ask for the best path of its neighbor", e.Text, n.Daemon, n.Name)
	}
	return nil
}
