package timeline

import (
	"math"
	"time"
)

// Milliseconds returns the interval's value, +Inf if it did not end.
func (i Interval) Milliseconds() float64 {
	if i.Open {
		return math.Inf(1)
	}
	return float64(i.Value) / float64(time.Millisecond)
}

// Affected returns how many of the flows suffered. Those of a group that share a
// path suffer alike: a short outage may fall between two requests of most of
// them, and which happened to have one on its way says nothing.
func (e Episode) Affected() (lost, all int) {
	flows := map[string]int{}
	for _, f := range e.Flows {
		flows[f.Group]++
	}
	for _, g := range e.Groups {
		all += flows[g.Name]
		if g.Together && g.Affected > 0 {
			lost += flows[g.Name]
		} else {
			lost += g.Affected
		}
	}
	return lost, all
}
