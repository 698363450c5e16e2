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

// row is one flow within a window, or all flows of a group that shared a
// fate: answered by the same nodes before and after.
type row struct {
	group  string
	flows  int
	height float64 // in rows of one flow
	bands  []band
}

// height returns the height of all rows together.
func height(rows []row) float64 {
	sum := 0.0
	for _, r := range rows {
		sum += r.height
	}
	return sum
}

// maxRows can still be told apart at the height of a panel.
const maxRows = 96

// flow is one flow's samples, in order of time.
type flow struct {
	group         string
	number        int
	interval      time.Duration
	before, after answer // the last ones before time zero and in the window
	samples       []record.Sample
}

func (f flow) fate() [3]string { return [3]string{f.group, f.before.node, f.after.node} }

// rowsOf turns samples into rows, by group, by fate, and by flow. Flows that
// share a fate become one row where there are too many of them to be told
// apart, and where the window is too short for one flow's interval to show
// when things changed: together they are the finer clock.
func rowsOf(groups []Group, zero record.Time, w span) []row {
	flows := flowsOf(groups, zero, w)
	merge := len(flows) > maxRows
	for _, f := range flows {
		merge = merge || millis(f.interval) > (w.to-w.from)/12
	}
	var rows []row
	for _, together := range shared(flows, merge) {
		rows = append(rows, rowOf(together, zero, w))
	}
	least := 0.04 * height(rows) // a single flow among hundreds stays visible
	for i := range rows {
		rows[i].height = max(rows[i].height, least)
	}
	return rows
}

// shared divides flows into those that share a fate, or into single ones.
func shared(flows []flow, merge bool) [][]flow {
	var list [][]flow
	for i, j := 0, 0; i < len(flows); i = j {
		for j = i + 1; merge && j < len(flows) && flows[j].fate() == flows[i].fate(); {
			j++
		}
		list = append(list, flows[i:j])
	}
	return list
}

// flowsOf sorts samples into flows. A duplicate has its original's Seq and
// follows it: it says nothing new and is left out.
func flowsOf(groups []Group, zero record.Time, w span) []flow {
	var flows []flow
	for _, g := range groups {
		of := map[int][]record.Sample{}
		for _, s := range g.Samples {
			of[s.Flow] = append(of[s.Flow], s)
		}
		for number, samples := range of {
			slices.SortStableFunc(samples, inOrder)
			samples = slices.CompactFunc(samples, func(a, b record.Sample) bool { return a.Seq == b.Seq })
			f := flow{group: g.Probe.Name, number: number, interval: g.Probe.Interval(), samples: samples}
			f.before, f.after = fate(samples, zero, w, f.interval)
			flows = append(flows, f)
		}
	}
	slices.SortFunc(flows, func(a, b flow) int {
		x, y := a.fate(), b.fate()
		return cmp.Or(slices.Compare(x[:], y[:]), cmp.Compare(a.number, b.number))
	})
	return flows
}

func inOrder(a, b record.Sample) int {
	return cmp.Or(cmp.Compare(a.Sent, b.Sent), cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Received, b.Received))
}

// fate returns the last answers before time zero and before the window's
// end, the latter with some intervals' grace, for slow flows in short windows.
func fate(samples []record.Sample, zero record.Time, w span, interval time.Duration) (before, after answer) {
	end := zero.Add(time.Duration(w.to*float64(time.Millisecond)) + 2*interval)
	for _, s := range samples {
		a := answer{s.Node, s.Lost()}
		if s.Sent < zero {
			before = a
		}
		if s.Sent < end {
			after = a
		}
	}
	return before, after
}

// extent returns when, in ms after zero, the first and the last request were
// sent.
func extent(groups []Group, zero record.Time) (first, last float64) {
	for _, g := range groups {
		for _, s := range g.Samples {
			first = min(first, millis(s.Sent.Sub(zero)))
			last = max(last, millis(s.Sent.Sub(zero)))
		}
	}
	return first, last
}

// rowOf draws flows of one fate as one row. A probe stands for the time until
// the next one, but strongly only for the 220th part of the window.
func rowOf(flows []flow, zero record.Time, w span) row {
	r := row{group: flows[0].group, flows: len(flows), height: float64(len(flows))}
	interval := flows[0].interval / time.Duration(len(flows))
	var samples []record.Sample
	for _, f := range flows {
		samples = append(samples, f.samples...)
	}
	slices.SortStableFunc(samples, inOrder)
	for i, s := range samples {
		next := s.Sent.Add(interval)
		// A sender that was late leaves no hole; one that stopped does. Flows
		// of one fate need not be evenly spread over the group's schedule.
		if i+1 < len(samples) && samples[i+1].Sent.Sub(s.Sent) < 3*flows[0].interval {
			next = samples[i+1].Sent
		}
		r.add(answer{s.Node, s.Lost()}, span{millis(s.Sent.Sub(zero)), millis(next.Sub(zero))}, w, (w.to-w.from)/220)
	}
	return r
}

// add appends a probe that stands for the time until the next.
func (r *row) add(a answer, s span, w span, mark float64) {
	if s.to <= w.from || s.from >= w.to {
		return
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
