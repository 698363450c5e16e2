package lab

import (
	"fmt"

	"anylab/topologies"
)

// A Need is something that not every kernel has and a lab can't do without.
type Need struct {
	Capability string // as Capabilities calls it
	For        string // what needs it: "link r-a has a switch"
}

// Needs lists what a topology needs.
func Needs(t topologies.Topology) []Need {
	var needs []Need
	for _, l := range t.Links {
		if l.Switch {
			needs = append(needs, Need{"bridge", l.Called() + " has a switch"})
		}
		here, there := l.Ends[0].Shape, l.Ends[1].Shape
		if here.Rate > 0 || there.Rate > 0 {
			needs = append(needs, Need{"tbf", fmt.Sprintf("link %s has a rate", l.Name)})
		}
	}
	for _, n := range t.Nodes {
		if n.Resilient != nil {
			needs = append(needs, Need{"resilient groups", fmt.Sprintf("node %s shares flows by resilient groups", n.Name)})
		}
	}
	return needs
}

func needsNetem(s topologies.Shape) bool { return s.Delay > 0 || s.Jitter > 0 || s.Loss > 0 }
