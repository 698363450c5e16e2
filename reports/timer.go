package reports

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// timer is one that a failure is detected by. A thread that waits for longer
// than the timer leaves room for makes it fire a period earlier or later: a
// keepalive is not sent in time, a check fails though the service is well.
type timer struct {
	what   string
	period time.Duration
	room   time.Duration
	from   record.Time // a wait since then, and
	to     record.Time // until then, may cross it
	roles  []record.Role
}

// crossed looks for a wait that may have crossed the timer that detected the
// failure. It is worth a period, both ways.
func (p period) crossed(x record.Experiment) []timeline.Doubt {
	t, ok := p.detector(x)
	if !ok {
		return nil
	}
	for _, role := range t.roles {
		wait, worst := longestWait(touching(p.f, t.from, t.to), role, p.usual(role))
		if wait > t.room {
			return []timeline.Doubt{{Name: "timer-crossed", For: t.period, Side: timeline.BothSide,
				What: fmt.Sprintf("threads of %s waited up to %s for a processor: it may have crossed %s", whose(role, p.f.Procs[worst.PID]), words.Duration(wait), t.what)}}
		}
	}
	return nil
}

// detector returns the timer that detected the failure.
func (p period) detector(x record.Experiment) (timer, bool) {
	at := slices.IndexFunc(p.e.Stages, func(s timeline.Stage) bool { return s.Name == timeline.Detect })
	if at < 0 {
		return timer{}, false
	}
	return p.timer(x, p.e.Stages[at])
}

// lastPacket is how late the last packet before the fault may have been read: a
// receiver sets its timer anew when it reads one.
func (p period) lastPacket(x record.Experiment) time.Duration {
	t, ok := p.detector(x)
	if !ok || t.to != p.e.Zero || p.e.Stages[0].Name != timeline.Inject {
		return 0
	}
	wait, _ := longestWait(touching(p.f, t.from, t.to), record.Observed, p.usual(record.Observed))
	return min(wait, t.period)
}

// longestWait returns the longest single wait that the samples allow: it may have
// begun in the one before.
func longestWait(list []loaded, role record.Role, usual time.Duration) (longest time.Duration, of record.Wait) {
	for i := range list {
		if wait, worst := longestWaits(list[max(0, i-1):i+1], role, usual); wait > longest {
			longest, of = wait, worst
		}
	}
	return longest, of
}

// processWatch is the kind of check that the kernel tells of a process's end: no
// timer is in it.
const processWatch = "process"

// jitter is the part of a period by which BGP and BFD send earlier than asked
// (RFC 4271 section 10, RFC 5880 section 6.8.7). A wait within it does nothing
// that they don't do by themselves.
const jitter = 4

// timer returns what the stage was seen by, if that is a timer. Packets that a
// node sends are held up before the fault; after it they are lost anyway.
func (p period) timer(x record.Experiment, s timeline.Stage) (timer, bool) {
	switch s.Kind {
	case record.KindBFD:
		return p.sender(x, "a BFD interval", func(l record.Link) time.Duration {
			if l.BFD == nil {
				return 0
			}
			return l.BFD.Interval
		})
	case record.KindHealth:
		return p.checker(x, s)
	}
	return p.sender(x, "a keepalive", func(l record.Link) time.Duration {
		if l.BGP == nil || s.At.Sub(p.e.Zero) < l.BGP.Hold-l.BGP.Keepalive {
			return 0 // the session ended sooner than by its hold timer
		}
		return l.BGP.Keepalive
	})
}

// sender returns the slowest timer by which packets leave the failed place.
func (p period) sender(x record.Experiment, what string, of func(record.Link) time.Duration) (timer, bool) {
	var every time.Duration
	for l := range x.Topology.LinksOf(p.f.Node) {
		if len(p.f.On) == 2 && !slices.Contains(p.f.On, l.Far(p.f.Node).Node) {
			continue
		}
		every = max(every, of(l))
	}
	return timer{
		what: fmt.Sprintf("%s of %s", what, words.Duration(every)), period: every, room: every / jitter,
		from: p.e.Zero.Add(-every), to: p.e.Zero, roles: []record.Role{record.Observed},
	}, every > 0
}

// checker returns the check that told of the service on the failed node. One
// that waited longer than its timeout fails though the service is well.
func (p period) checker(x record.Experiment, s timeline.Stage) (timer, bool) {
	for _, service := range x.Services {
		h := service.Health
		if h.Kind == processWatch || h.Timeout == 0 || h.Interval == 0 || !slices.Contains(service.On, p.f.Node) || !strings.Contains(s.Evidence, service.Name) {
			continue
		}
		return timer{
			what: fmt.Sprintf("the timeout of a health check, which comes every %s", words.Duration(h.Interval)), period: h.Interval, room: h.Timeout,
			from: p.e.Zero.Add(-time.Duration(h.Fall) * h.Interval), to: s.At, roles: []record.Role{record.Observed, record.Observing},
		}, true
	}
	return timer{}, false
}
