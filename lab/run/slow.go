package run

import (
	"fmt"
	"time"

	"anylab/scenarios"
	"anylab/topologies"
	"anylab/topologies/document"
)

// checkBFD refuses sessions that could lose nobody within a trial.
func checkBFD(s scenarios.Scenario) error {
	for i, l := range s.Topology.Links {
		if l.BFD == nil {
			continue
		}
		if found := time.Duration(l.BFD.Multiplier) * l.BFD.Interval; found > s.Limit {
			return placeOfBFD(s, i, l).Errorf("interval", "BFD on link %s takes %v to miss its peer (%d times %v), and a trial ends at its limit, %v: the interval may be %v at most, or the limit must be longer",
				l.Name, document.Duration(found), l.BFD.Multiplier, document.Duration(l.BFD.Interval), document.Duration(s.Limit),
				document.Duration((s.Limit / time.Duration(l.BFD.Multiplier)).Truncate(time.Millisecond)))
		}
	}
	return nil
}

// placeOfBFD returns where the timers of a link's session stand.
func placeOfBFD(s scenarios.Scenario, i int, l topologies.Link) document.Raw {
	root := s.Source.Root()
	for _, path := range []string{fmt.Sprintf("topology.links.%d", i), "topology.links." + l.Name, "topology"} {
		if at := root.At(path); at.Has("bfd") {
			return at.Value("bfd")
		}
	}
	return root.At("limit")
}
