package figure

import (
	"cmp"
	"slices"
	"time"

	"anylab/lab/record"
)

// span is a window of time, in milliseconds after an episode's time zero.
type span struct{ from, to float64 }

// answer is what became of a request.
type answer struct {
	node string // empty if lost or unknown
	lost bool
}

// band is a stretch of one row with the same answer. A probe itself is
// strong; the time until the next one, about which nothing is known, is pale.
type band struct {
	answer
	span
	pale bool
}

// row is one flow within a window.
type row struct {
	group  string
	flow   int
	before answer // the last one before time zero
	lost   int
	bands  []band
}

// rowsOf turns samples into rows, by group, by the node that served before
// the fault, and by flow: flows that share a fate then stand together.
// A probe is drawn mark milliseconds wide or until the next one.
func rowsOf(groups []Group, zero record.Time, w span, mark float64) []row {
	var rows []row
	for _, g := range groups {
		flows := map[int][]record.Sample{}
		for _, s := range g.Samples {
			flows[s.Flow] = append(flows[s.Flow], s)
		}
		for flow, samples := range flows {
			r := rowOf(samples, g.Probe.Interval(), zero, w, mark)
			r.group, r.flow = g.Probe.Name, flow
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.group, b.group), cmp.Compare(a.before.node, b.before.node), cmp.Compare(a.flow, b.flow))
	})
	return rows
}

// rowOf draws one flow's samples.
func rowOf(samples []record.Sample, interval time.Duration, zero record.Time, w span, mark float64) row {
	// A duplicate has its original's Seq and follows it: it says nothing new.
	samples = slices.Clone(samples)
	slices.SortStableFunc(samples, func(a, b record.Sample) int {
		return cmp.Or(cmp.Compare(a.Sent, b.Sent), cmp.Compare(a.Received, b.Received))
	})
	samples = slices.CompactFunc(samples, func(a, b record.Sample) bool { return a.Seq == b.Seq })
	var r row
	for i, s := range samples {
		a := answer{s.Node, s.Lost()}
		if s.Sent < zero {
			r.before = a
		}
		next := s.Sent.Add(interval)
		// A sender that was late leaves no hole; one that stopped does.
		if i+1 < len(samples) && samples[i+1].Sent.Sub(s.Sent) < 3*interval {
			next = samples[i+1].Sent
		}
		r.add(a, span{millis(s.Sent.Sub(zero)), millis(next.Sub(zero))}, w, mark)
	}
	return r
}

// add appends a probe that stands for the time until the next.
func (r *row) add(a answer, s span, w span, mark float64) {
	if s.to <= w.from || s.from >= w.to {
		return
	}
	if a.lost {
		r.lost++
	}
	end := min(s.to, s.from+mark)
	r.extend(band{a, span{s.from, end}, false}, w)
	r.extend(band{a, span{end, s.to}, true}, w)
}

// extend appends b, clipped to w and merged with a like band that it touches.
func (r *row) extend(b band, w span) {
	b.from, b.to = max(b.from, w.from), min(b.to, w.to)
	if b.from >= b.to {
		return
	}
	if n := len(r.bands); n > 0 {
		last := &r.bands[n-1]
		if last.answer == b.answer && last.pale == b.pale && last.to >= b.from {
			last.to = max(last.to, b.to)
			return
		}
	}
	r.bands = append(r.bands, b)
}

// maxRows can still be told apart at the height of a panel.
const maxRows = 160

// fewer keeps at most n rows, those that lost most, in their order.
func fewer(rows []row, n int) []row {
	if len(rows) <= n {
		return rows
	}
	byLoss := slices.Clone(rows)
	slices.SortStableFunc(byLoss, func(a, b row) int { return cmp.Compare(b.lost, a.lost) })
	least := byLoss[n-1].lost
	spare := n - slices.IndexFunc(byLoss, func(r row) bool { return r.lost == least })
	var kept []row
	for _, r := range rows {
		switch {
		case r.lost > least:
			kept = append(kept, r)
		case r.lost == least && spare > 0:
			kept = append(kept, r)
			spare--
		}
	}
	return kept
}
