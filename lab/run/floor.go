package run

import (
	"slices"
	"time"

	"anylab/lab/bgp"
	"anylab/lab/fault"
	"anylab/lab/record"
	"anylab/topologies"
)

// floor returns what is known of the daemon of the router that must move the
// traffic; nil where nothing is, or where that is not one router's doing.
func (c cell) floor() *record.Floor {
	if len(c.faults) != 1 {
		return nil
	}
	router := c.decidingAll(c.faults[0].places())
	known := bgp.FloorOf(router)
	if known == nil {
		return nil
	}
	f := &record.Floor{Daemon: router.Daemon, After: string(c.theory.Told), Version: known.Version, Unknown: known.Unknown}
	var r bgp.Range
	switch c.theory.Told {
	case fault.Withdrawal:
		r = known.Withdrawal
	case fault.SessionEnd:
		r = known.Session
	default:
		return nil // what is seen first is the route itself, or nothing is known
	}
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	f.Bounds = record.Bounds{Low: ms(r.Low), High: ms(r.High), Why: known.Why}
	return f
}

// decidingAll returns a router whose daemon decides wherever the fault strikes.
func (c cell) decidingAll(places [][]string) topologies.Node {
	router := c.deciding(places[0])
	for _, on := range places[1:] {
		if other := c.deciding(on); other.Daemon != router.Daemon || other.Bin != router.Bin {
			return topologies.Node{}
		}
	}
	return router
}

// deciding returns the one router that a fault's place has an end at, or is
// linked to; the zero one if there are several, or the user's own file tunes
// it. A router that is struck itself decides nothing.
func (c cell) deciding(on []string) topologies.Node {
	near := map[string]topologies.Node{}
	for _, l := range c.Topology.Links {
		if l.VRRP != nil { // its members decide
			continue
		}
		for _, e := range l.Ends {
			n, _ := c.Topology.Node(e.Node)
			_, far := l.Of(e.Node)
			struck := len(on) == 1 && on[0] == n.Name
			if n.Role == topologies.Router && !struck && (slices.Contains(on, n.Name) || slices.Contains(on, far.Node)) {
				near[n.Name] = n
			}
		}
	}
	for _, n := range near {
		if len(near) == 1 && n.Config == "" {
			return n
		}
	}
	return topologies.Node{}
}
