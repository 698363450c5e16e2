package timeline

import (
	"slices"
	"time"

	"anylab/lab/record"
)

// course is what happened during a trial that explains the gaps of a client. It
// is nil for a known silence, which nothing but its end can explain.
type course struct {
	topology record.Topology
	steps    []Steps
	first    record.Time // when the first fault was injected; 0: none was
	rtt      time.Duration
	calm     time.Duration // how long service must last for a gap to be over
	history  []record.Event
	way      *way
	carriers carriers // of the prefix
	loads    []Load
}

// course returns what explains the gaps of the group.
func (t *trial) course(r *requests, x record.Experiment, fib forwarding) *course {
	first := t.first().Inject
	c := &course{topology: x.Topology, steps: t.steps(), first: first, rtt: t.roundTrip(first), history: t.history, loads: t.loads,
		calm: max(calm, calmCount*r.group.Interval()/time.Duration(max(1, r.group.Flows)))}
	p := r.prefix(x.Topology)
	if p != prefix(x.Topology) { // fib tells of another family
		fib = forwarding{read: t.lab}.until(t.history, fib.read, p)
	}
	c.way, c.carriers = newWay(x.Topology, r.group.Client, p, fib, t.history, t.past()), t.carriers[p]
	return c
}

// ended says what ended the gap.
func (c *course) ended(g Gap) End {
	if c == nil || g.After == 0 {
		return ByNothing
	}
	if c.revived(g) {
		return ByRestart
	}
	if slices.ContainsFunc(c.steps, func(s Steps) bool { return c.repaired(g, s) }) {
		return ByRepair
	}
	elsewhere := g.From != "" && g.By != "" && g.From != g.By
	if !elsewhere && len(c.changes(g.First, g.Received)) == 0 {
		return ByNothing
	}
	further := func(s Steps) bool {
		return s.Inject > c.first && s.Inject.Add(-c.rtt) > g.First && s.Inject < g.Received
	}
	if slices.ContainsFunc(c.steps, further) {
		return ByEvent
	}
	return ByFailover
}

// repaired says whether it was the healing of this fault that ended the gap:
// the place that was healed answered. That service lasted is known when the gap
// is proven to be over, not with its first good request.
func (c *course) repaired(g Gap, s Steps) bool {
	if s.Heal == 0 || g.Received.Add(c.calm) < s.Heal {
		return false
	}
	node := failed(c.topology, s.On)
	spans := g.First < s.Heal
	if n, ok := c.topology.Node(node); g.By != "" && (!ok || n.Role == record.AnycastNode) {
		return g.By == node || g.From == node && spans && g.Received > s.Heal && !c.underWay(node, s.Heal)
	}
	// A router was healed, or nobody can tell who answered: then service came
	// back to where it had been.
	return spans && g.By == g.From && (g.By != "" || len(c.changes(g.First, s.Heal)) == 0)
}

// revived says whether a supervisor brought back the site that had answered
// before the gap, and answered after it.
func (c *course) revived(g Gap) bool {
	return g.By != "" && g.By == g.From && slices.ContainsFunc(between(c.history, c.first, g.Received), func(e record.Event) bool {
		d, ok := e.Data.(record.Restart)
		return ok && d.Err == "" && e.Node == g.By && e.At > g.First
	})
}

// underWay says whether a failover from the node had begun when it was healed:
// somebody else knew of the fault or its own check did, or routes had changed. If
// not, then it was the healing that moved traffic elsewhere: a machine that is up
// again, or has its link again, ends its old sessions. A route that was seen to
// change after the healing is none, however late its reader was: of two readings
// the one is taken that claims no failover.
func (c *course) underWay(node string, heal record.Time) bool {
	s := scene{node: node, topology: c.topology, prefix: c.way.prefix, carriers: c.carriers}
	told := func(e record.Event) string {
		if e.Node == node && e.Kind != record.KindHealth {
			return "" // what it sees and says itself may reach nobody
		}
		if d, ok := e.Data.(record.BGP); ok && d.From == node && slices.ContainsFunc(d.Withdraw, s.covers) {
			return message(d)
		}
		return s.lost(e)
	}
	return find(between(c.history, c.first, heal), told) != nil || len(c.changesBy(c.first, heal, func(e record.Event) record.Time { return e.At })) > 0
}

// healing returns when the repair began that ended the gap.
func (c *course) healing(g Gap) record.Time {
	for _, s := range c.steps {
		if c.repaired(g, s) {
			return s.Heal
		}
	}
	return g.Received
}

// changes returns the changes of routes on the way that came after one moment
// and before another. What a reader stamped may have happened earlier, by as
// long as it waited for a processor.
func (c *course) changes(after, before record.Time) []record.Event {
	return c.changesBy(after, before, func(e record.Event) record.Time {
		early := held(e.At, c.loads)
		if len(c.loads) == 0 || early == time.Duration(e.At) { // not known
			early = unread
		}
		return e.At.Add(-early)
	})
}

// changesBy is changes, with the moment that a change is taken to be of.
func (c *course) changesBy(after, before record.Time, moment func(record.Event) record.Time) []record.Event {
	if c == nil || c.way == nil {
		return nil
	}
	var list []record.Event
	for _, e := range c.way.changes {
		if at := moment(e); at > after && at <= before {
			list = append(list, e)
		}
	}
	return list
}

// anew says whether the loss of the later gap began anew: routes had come to
// rest, and led to a site that nothing had been done to. Only the machine, or
// the site itself, can be behind that, not the failover.
func (c *course) anew(before, g Gap) bool {
	if c == nil || c.way == nil || len(c.way.sites(g.First, c.places(g.First, func(Steps) bool { return true }))) == 0 {
		return false
	}
	until := g.First.Add(c.rtt)
	if len(c.changes(before.Received, until.Add(unread))) > 0 {
		return false
	}
	did := func(at record.Time) bool { return at > before.Received && at <= until }
	return !slices.ContainsFunc(c.steps, func(s Steps) bool { return did(s.Inject) || did(s.Heal) })
}

// places returns those of such faults as are in effect at the time.
func (c *course) places(at record.Time, of func(Steps) bool) [][]string {
	var places [][]string
	for _, s := range c.steps {
		if s.Inject != 0 && s.Inject <= at && (s.Healed == 0 || at < s.Healed) && of(s) {
			places = append(places, s.On)
		}
	}
	return places
}

// chains parts the gaps into outages. Two gaps belong to one where service did
// not last for the sustain time in between and routes were still moving, or led
// to nobody who could answer.
func (c *course) chains(gaps []Gap, sustain time.Duration) []chain {
	var list []chain
	for i, g := range gaps {
		if i == 0 {
			list = append(list, chain{gaps: gaps[:1]})
			continue
		}
		before, n := gaps[i-1], len(list)-1
		anew := c.anew(before, g)
		if !anew && g.First.Sub(before.After) < sustain {
			first := i - len(list[n].gaps)
			list[n].gaps = gaps[first : i+1]
			continue
		}
		list = append(list, chain{gaps: gaps[i : i+1], anew: anew})
	}
	return list
}

// chain is the gaps of one outage.
type chain struct {
	gaps []Gap
	anew bool // what began it is not the failover
}

// last returns the gap that ends the outage.
func (c chain) last() Gap { return c.gaps[len(c.gaps)-1] }
