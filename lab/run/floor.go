package run

import (
	"slices"
	"time"

	"anylab/lab/bgp"
	"anylab/lab/record"
	"anylab/topologies"
)

// What the router next to the failed node is told of, by the fault's kind. For
// other kinds it depends on their parameters, or the router is told nothing.
var (
	toldByUpdate  = []string{"service-crash", "service-hang", "withdraw"}
	toldBySession = []string{"daemon-freeze", "daemon-kill", "isolate", "link-down"}
	toldByBFD     = []string{"blackhole", "power-loss"} // without BFD, what the router does is the first that is seen
)

// floor returns what is known of the daemon of the router that must move the
// traffic; nil where nothing is, or where that is not one router's doing.
func (c cell) floor() *record.Floor {
	if len(c.faults) != 1 {
		return nil
	}
	spec := c.faults[0].spec
	daemon := c.deciding(spec.On)
	known := bgp.FloorOf(daemon)
	if known == nil {
		return nil
	}
	f := &record.Floor{Daemon: daemon}
	var r bgp.Range
	switch {
	case slices.Contains(toldByUpdate, spec.Kind):
		f.After, r = "withdrawal", known.Withdrawal
	case slices.Contains(toldBySession, spec.Kind), slices.Contains(toldByBFD, spec.Kind) && c.hasBFD(spec.On):
		f.After, r = "session end", known.Session
	default:
		return nil
	}
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	f.Bounds = record.Bounds{Low: ms(r.Low), High: ms(r.High), Why: known.Why}
	return f
}

// deciding returns the daemon of the one router that a fault's place is, or is
// linked to; empty if there are several, or the user's own file tunes it.
func (c cell) deciding(on []string) string {
	var near []topologies.Node
	for _, l := range c.Topology.Links {
		for _, e := range l.Ends {
			n, _ := c.Topology.Node(e.Node)
			_, far := l.Of(e.Node)
			if n.Role == topologies.Router && (slices.Contains(on, n.Name) || slices.Contains(on, far.Node)) && !slices.Contains(near, n) {
				near = append(near, n)
			}
		}
	}
	if len(near) != 1 || near[0].Config != "" {
		return ""
	}
	return near[0].Daemon
}

// hasBFD says whether every link of a router to the place has BFD.
func (c cell) hasBFD(on []string) bool {
	for _, l := range c.Topology.Links {
		a, _ := c.Topology.Node(l.Ends[0].Node)
		b, _ := c.Topology.Node(l.Ends[1].Node)
		touched := slices.Contains(on, a.Name) && slices.Contains(on, b.Name) || len(on) == 1 && slices.Contains([]string{a.Name, b.Name}, on[0])
		if touched && a.Role != topologies.Client && b.Role != topologies.Client && l.BFD == nil {
			return false
		}
	}
	return true
}
