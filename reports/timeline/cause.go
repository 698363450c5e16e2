package timeline

import (
	"fmt"
	"slices"
	"time"

	"anylab/lab/record"
)

// Cause is what a stage waited for, where the record tells.
type Cause string

// The causes.
const (
	GracefulRestart Cause = "graceful-restart" // the routes of a session that was over were kept (RFC 4724)
	LongLived       Cause = "llgr"             // and for a long-lived stale time after that (RFC 9494)
	Idle            Cause = "idle"             // a session stayed down though nothing kept it
	Scan            Cause = "scan"             // a conditional route is looked at now and then
	Damping         Cause = "damping"          // a router held the route back for its flaps (RFC 2439)
	LateService     Cause = "late-service"     // the service was ready long after its process had started
)

// noticeable is what a wait must last to be named; off is by how much a timer's
// end may be seen late, or early, on a busy machine.
const (
	noticeable = time.Second
	off        = 250 * time.Millisecond
)

// causes names what the episode's stages waited for. The routers are those that
// the node has a session with on the client's way.
func (s scene) causes(e *Episode, events []record.Event, routers []string, x record.Experiment, served string) {
	if len(e.Stages) == 0 {
		return
	}
	for _, r := range routers {
		s.retained(e, r)
		if b, opened := s.idle(e, events, r); opened-b >= record.Time(noticeable) {
			e.waited(Idle, b, opened)
		}
	}
	for _, r := range s.topology.Of(record.RouterNode) {
		if heard, used := s.damped(e, events, r); used.Sub(heard) >= noticeable {
			e.waited(Damping, heard, used)
		}
	}
	s.scanned(e)
	s.late(e, events, x, served)
}

// waited gives the cause to the first stage that came after the wait, if the
// wait is most of what it took.
func (e *Episode) waited(c Cause, from, to record.Time) {
	for i := 1; i < len(e.Stages); i++ {
		st := &e.Stages[i]
		if st.At < to {
			continue
		}
		if waited := to.Sub(max(from, e.Stages[i-1].At)); waited >= noticeable && 2*waited >= st.At.Sub(e.Stages[i-1].At) {
			st.Cause = c
		}
		return
	}
}

// retained finds routes that a router kept for the restart time after its
// session with the node was over.
func (s scene) retained(e *Episode, router string) {
	t := s.timers(router)
	if t == nil || t.Restart == 0 {
		return
	}
	if !s.expired(e, router, *t, t.Restart) && t.LongLived > 0 {
		s.expired(e, router, *t, t.Restart+t.LongLived)
	}
	for i := 2; i < len(e.Stages); i++ {
		st, before := &e.Stages[i], e.Stages[i-1]
		told := before.Name == Detect || before.Name == Withdraw || before.Name == Receive
		if !told {
			continue
		}
		switch kept := st.At.Sub(before.At); {
		case about(kept, t.Restart):
			st.Cause = GracefulRestart
			return
		case t.LongLived > 0 && about(kept, t.Restart+t.LongLived):
			st.Cause = LongLived
			return
		}
	}
}

// about says whether a wait was for a timer.
func about(waited, timer time.Duration) bool { return (waited - timer).Abs() <= off+timer/10 }

// expired puts the end of the hold time, which nothing on the wire tells of, in
// place of a detection that came later, when routes had been kept for so long.
func (s scene) expired(e *Episode, router string, t record.Timers, kept time.Duration) bool {
	i := slices.IndexFunc(e.Stages, func(st Stage) bool { return st.Name == Detect })
	if i < 0 || i == len(e.Stages)-1 {
		return false
	}
	d := e.Stages[i]
	held := d.At.Sub(e.Zero) - kept
	if d.At.Sub(e.Zero) <= t.Hold+off || held < t.Hold*3/4-t.Keepalive-off || held > t.Hold+off {
		return false
	}
	d.At = d.At.Add(-kept)
	d.Evidence = fmt.Sprintf("%s: the hold time of the session with %s was over, for its routes were then kept for %g s", router, s.node, kept.Seconds())
	e.Stages[i] = d
	return true
}

// timers are those of the session between the router and the node.
func (s scene) timers(router string) *record.Timers {
	for l := range s.topology.LinksOf(s.node) {
		if l.Far(s.node).Node == router {
			return l.BGP
		}
	}
	return nil
}

// idle returns when the session of the node with the router could have come
// back, and when it was there again. A connection that is refused is no end of
// a session.
func (s scene) idle(e *Episode, events []record.Event, router string) (from, up record.Time) {
	ended, opening := false, false
	for _, ev := range events {
		d, ok := ev.Data.(record.BGP)
		if started := ev.Kind == record.KindStart && (ev.Node == s.node || ev.Node == router); started {
			from = ev.At
		}
		between := d.From == s.node && d.To == router || d.From == router && d.To == s.node
		if !ok || !between || s.foreign(d.Family, d.From, d.To) {
			continue
		}
		switch {
		case d.Ends():
			if !opening && !ended {
				from, ended = ev.At, true
			}
			opening = false
		case d.Type == record.BGPOpen:
			opening = true
		case opening:
			return max(from, e.Zero), ev.At
		}
	}
	return 0, 0
}

// damped returns when a router that damps routes heard of one last, and when its
// kernel used it. A route that was held back before the episode had been heard of
// by then.
func (s scene) damped(e *Episode, events []record.Event, router string) (heard, used record.Time) {
	n, _ := s.topology.Node(router)
	held := s.heldBack(e, router)
	if held {
		heard = e.Zero
	}
	if !held && !n.Damping && (n.Config == nil || !n.Config.Damping) {
		return 0, 0
	}
	for _, ev := range events {
		if d, ok := ev.Data.(record.BGP); ok && d.To == router && slices.ContainsFunc(d.Announce, s.covers) {
			heard = max(ev.At, e.Zero)
		}
		if ev.Node == router && s.forwards(ev) && heard > 0 && ev.At.Sub(heard) >= noticeable {
			return heard, ev.At
		}
	}
	return 0, 0
}

// forwards says whether the event shows that the kernel has somewhere to send
// packets for the prefix to.
func (s scene) forwards(ev record.Event) bool {
	switch d := ev.Data.(type) {
	case record.Route:
		return s.covers(d.Prefix) && len(d.Hops) > 0
	case record.Lookup:
		return s.prefix.Contains(d.Dst) && d.Hop.Node != ""
	}
	return false
}

// heldBack says whether the router's daemon said, since the trial before, that it
// holds a route back.
func (s scene) heldBack(e *Episode, router string) bool {
	for _, ev := range slices.Backward(s.history) {
		switch d := ev.Data.(type) {
		case record.Trial:
			if d.Phase == record.TrialEnd {
				return false
			}
		case record.State:
			if ev.At < e.Zero && ev.Node == router && d.What == record.Damped {
				return true
			}
		}
	}
	return false
}

// scanned finds a site that announces itself once it has looked whether it is to.
func (s scene) scanned(e *Episode) {
	for i, st := range e.Stages {
		n, _ := s.topology.Node(st.By)
		if st.Name != Announce || i == 0 || n.Config == nil || n.Config.Scan == 0 {
			continue
		}
		if took := st.At.Sub(e.Stages[i-1].At); took > off && took <= n.Config.Scan+noticeable {
			e.Stages[i].Cause = Scan
		}
	}
}

// late finds a service of the node that was ready long after its process had
// started: longer than its checks take.
func (s scene) late(e *Episode, events []record.Event, x record.Experiment, served string) {
	for _, service := range x.Services {
		checks := time.Duration(max(1, service.Health.Rise))*service.Health.Interval + service.Health.Timeout
		var started, ready record.Time
		for _, ev := range events {
			switch d := ev.Data.(type) {
			case record.Proc:
				if ev.Kind == record.KindStart && ev.Node == s.node && d.Name == service.Name {
					started, ready = ev.At, 0
				}
			case record.Health:
				if d.Healthy && ev.Node == s.node && d.Service == service.Name && ready == 0 {
					ready = ev.At
				}
			}
		}
		if last := e.Stages[len(e.Stages)-1]; ready == 0 && last.Name == Restore && served == s.node {
			ready = last.At
		}
		if started != 0 && ready.Sub(started) > checks+off {
			e.waited(LateService, started, ready)
		}
	}
}
