package run

import "anylab/lab/record"

// reminder says what is waited for, once, if nothing has happened for a while.
type reminder struct {
	since record.Time // when the waiting began
	said  bool
}

func (r *reminder) remind(g *gate, now record.Time, lacking func() []string) {
	if r.said || now.Sub(r.since) < standstill || !g.changes.over(now, standstill) {
		return
	}
	if what := lacking(); len(what) > 0 {
		r.said = true
		g.say("still waiting: " + list(what))
	}
}
