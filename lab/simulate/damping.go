package simulate

import (
	"math"
	"net/netip"
	"time"

	"anylab/lab/record"
	"anylab/topologies"
)

// Damping is how a daemon damps routes that flap (RFC 2439).
type Damping struct {
	Withdrawn float64 `json:"withdrawn"` // what a withdrawal adds to a route's penalty
	Changed   float64 `json:"changed"`   // what other attributes add
	Decay     float64 `json:"decay_s"`   // after each of which a penalty has become less
	Reuse     float64 `json:"reuse_s"`   // after each of which the daemon looks for routes that may be used again
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// flaps is what an end of a session remembers of a route that has flapped.
type flaps struct {
	penalty float64
	updated record.Time
	held    bool // it is suppressed
	look    int  // which look for its reuse is the one that counts
}

// damps says whether the node damps what it learns here: of other ASes only.
func (e *end) damps() *topologies.Damping {
	if e.internal() {
		return nil
	}
	return e.port.node.Damping
}

// decayed is what is left of a penalty by now (RFC 2439 section 4.8.2), which a
// daemon knows in steps.
func (e *end) decayed(f *flaps) float64 {
	step := seconds(e.speaker().profile.Damping.Decay)
	steps := float64(e.lab().now.Sub(f.updated) / step)
	return math.Floor(f.penalty * math.Exp2(-steps*step.Seconds()/e.damps().HalfLife.Seconds()))
}

// ceiling is the penalty that decays to reuse in the longest time (RFC 2439 section 4.2).
func ceiling(d *topologies.Damping) float64 {
	return math.Floor(float64(d.Reuse) * math.Exp2(d.Longest.Minutes()/d.HalfLife.Minutes()))
}

// flapped adds to a route's penalty, and suppresses the route if that is enough.
func (e *end) flapped(p netip.Prefix, more float64) {
	d, f := e.damps(), e.flaps[p]
	if f == nil {
		f = &flaps{updated: e.lab().now}
		e.flaps[p] = f
	}
	f.penalty, f.updated = min(e.decayed(f)+more, ceiling(d)), e.lab().now
	if f.held = f.held || f.penalty >= float64(d.Suppress); f.held {
		e.lookAgain(p, f)
	}
}

// announcedAgain says what a daemon does with a route that has flapped when it is there
// again: it may be used again by now.
func (e *end) announcedAgain(p netip.Prefix) {
	f := e.flaps[p]
	if f == nil {
		return
	}
	f.penalty, f.updated = e.decayed(f), e.lab().now
	e.release(p, f)
}

// release lets a route be used whose penalty has decayed, and forgets what is too little
// to matter.
func (e *end) release(p netip.Prefix, f *flaps) {
	if f.penalty < float64(e.damps().Reuse) {
		f.held = false
	}
	if f.penalty <= float64(e.damps().Reuse)/2 {
		delete(e.flaps, p)
	}
}

// lookAgain has the daemon look at a suppressed route when its penalty should have
// decayed: it looks at such routes at a rhythm of its own.
func (e *end) lookAgain(p netip.Prefix, f *flaps) {
	rhythm := seconds(e.speaker().profile.Damping.Reuse)
	rest := seconds(e.damps().HalfLife.Seconds() * math.Log2(max(1, f.penalty/float64(e.damps().Reuse))))
	phase := e.lab().now.Sub(e.speaker().began) % rhythm
	f.look++
	look := f.look
	e.lab().after(rest/rhythm*rhythm+rhythm-phase, func() {
		e.speaker().do(func() {
			if e.flaps[p] != f || f.look != look {
				return
			}
			f.penalty, f.updated = e.decayed(f), e.lab().now
			if e.release(p, f); f.held {
				e.lookAgain(p, f)
				return
			}
			e.speaker().decide(p)
		})
	})
}

// suppressed says whether a route is kept out for its flaps.
func (e *end) suppressed(p netip.Prefix) bool { return e.flaps[p] != nil && e.flaps[p].held }

// damp notes what an UPDATE does to a route's penalty.
func (e *end) damp(p netip.Prefix, in path, announced bool) {
	if e.damps() == nil {
		return
	}
	before, had := e.in[p]
	how := e.speaker().profile.Damping
	switch {
	case had && !announced:
		e.flapped(p, how.Withdrawn)
	case had && !before.equal(in):
		e.flapped(p, how.Changed)
	}
	if announced {
		e.announcedAgain(p)
	}
}
