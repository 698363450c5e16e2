package run

import (
	"fmt"
	"slices"
	"time"

	"anylab/lab/bgp"
	"anylab/lab/fault"
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

// seen returns the theory of when the failure is seen to be detected. A router
// that finds out by itself, because nothing arrives any more, says so to nobody
// who could hear it: the first that is seen is its kernel's route, and what it
// takes to change that counts, where that is known to be much.
func (c cell) seen() fault.Theory {
	t := c.theory
	if t.Unbounded || len(c.faults) != 1 {
		return t
	}
	spec := c.faults[0].spec
	known := bgp.FloorOf(c.deciding(spec.On))
	if known == nil || known.Session.Low == 0 || !slices.Contains(toldByBFD, spec.Kind) || c.hasBFD(spec.On) {
		return t
	}
	if deaf, ok := c.Topology.Node(spec.Direction[1]); ok && deaf.Role != topologies.Router {
		return t // it finds out, and its router hears of that
	}
	t.High += known.Session.High
	t.Why += fmt.Sprintf("; what is seen of it first is the route, up to %v later (%s)", known.Session.High, known.Why)
	t.Shape = "" // of the sum of both
	return t
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
