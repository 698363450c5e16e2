package timeline

import (
	"cmp"
	"time"

	"anylab/lab/record"
)

// Interruption is what the users of one probe group saw over a whole trial,
// whatever ended it: the sum of the gaps of the flow that suffered most.
type Interruption struct {
	Group string
	Interval
	Gaps []Gap
}

// EndedBy says what ended the longest of the gaps.
func (i Interruption) EndedBy() End {
	var longest Gap
	for _, g := range i.Gaps {
		if g.Ended != "" && (longest.Ended == "" || g.Length() > longest.Length()) {
			longest = g
		}
	}
	return cmp.Or(longest.Ended, ByNothing)
}

// Length is from the first lost request to the first good one; of a gap that
// never ended, to the last lost one.
func (g Gap) Length() time.Duration { return max(g.After, g.Last).Sub(g.First) }

// Interruption returns what the users saw that suffered most. The bounds are
// those on the largest of all groups' truths.
func (f Failover) Interruption() Interruption {
	var worst Interruption
	var all Interval
	for i, g := range f.Interruptions {
		all = worse(all, g.Interval)
		if i == 0 || longer(g.Interval, worst.Interval) {
			worst = g
		}
	}
	worst.Interval = all
	return worst
}

func longer(a, b Interval) bool {
	if a.Open != b.Open {
		return a.Open
	}
	return a.Value > b.Value
}

// conclude adds up what users saw over the whole trial, how far away they were, who
// could not answer them, and what may have changed it.
func (t *trial) conclude(f *Failover, x record.Experiment) {
	for i, r := range t.headline() {
		together := f.Broken.Groups[i].Together && (f.Mended.Zero == 0 || f.Mended.Groups[i].Together)
		f.Interruptions = append(f.Interruptions, t.courses[r.group.Name].interruption(r, f.Broken.Start, t.until, together))
	}
	f.Mute = t.mute(x, f.Interruptions)
	f.RoundTrip = t.roundTrips(*f, x.Sustain)
	f.doubt("loss-anew", f.Broken)
	f.doubt("failback-loss-anew", f.Mended)
}

// doubt notes loss that began anew while routes led to a living site. It may
// have been the failover's, which then took that much longer.
func (f *Failover) doubt(name string, e Episode) {
	for _, g := range e.Groups {
		if g.Anew > 0 {
			f.Doubts = append(f.Doubts, Doubt{name, g.Anew, HighSide, g.Name + ": service failed anew while routes led to a living site"})
		}
	}
}

// interruption adds up the gaps of the group's sequences since the start.
func (c *course) interruption(r *requests, start, until record.Time, together bool) Interruption {
	worst := Interruption{Group: r.group.Name}
	for i, s := range r.sequences(start, until, together) {
		gaps := c.settle(s.gaps())
		sum := s.sum(gaps, until)
		if i == 0 || longer(sum, worst.Interval) {
			worst.Gaps = gaps
		}
		worst.Interval = worse(worst.Interval, sum)
	}
	return worst
}

// settle says of each gap what ended it.
func (c *course) settle(gaps []Gap) []Gap {
	for i := range gaps {
		gaps[i].Ended = c.ended(gaps[i])
	}
	return gaps
}
