package figure

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
)

// millis returns d in milliseconds.
func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// worst returns the worst flow's outage, nil if no flow lost anything, and
// how many flows lost something.
func worst(e timeline.Episode) (w *timeline.Interval, affected int) {
	for _, f := range e.Flows {
		if f.Outage == nil {
			continue
		}
		affected++
		if w == nil || f.Outage.Open && !w.Open || f.Outage.Open == w.Open && f.Outage.Value > w.Value {
			w = f.Outage
		}
	}
	return w, affected
}

// outageMS returns a trial's outage; +Inf if it never ended.
func outageMS(e timeline.Episode) float64 {
	w, _ := worst(e)
	switch {
	case w == nil:
		return 0
	case w.Open:
		return math.Inf(1)
	}
	return millis(w.Value)
}

// segment is the time that one stage took: from the stage before it that was
// seen, in milliseconds after time zero.
type segment struct {
	stage    timeline.StageName
	from, to float64
}

// segments returns the stages' durations in causal order. A stage that was
// not seen is part of the next one; one out of order takes no time.
func segments(e timeline.Episode) []segment {
	var list []segment
	from := 0.0
	for _, s := range e.Stages {
		if s.Name == timeline.Inject {
			continue
		}
		to := max(from, millis(s.At.Sub(e.Zero)))
		list = append(list, segment{s.Name, from, to})
		from = to
	}
	return list
}

// nouns names each stage as the subject of a sentence.
var nouns = map[timeline.StageName]string{
	timeline.Detect:   "detection",
	timeline.Withdraw: "withdrawal",
	timeline.Receive:  "propagation",
	timeline.Install:  "installation",
	timeline.Restore:  "restoration",
}

// longest says which stage took most of the time, empty without stages.
func longest(list []segment) string {
	if len(list) == 0 {
		return ""
	}
	l := slices.MaxFunc(list, func(a, b segment) int { return cmp.Compare(a.to-a.from, b.to-b.from) })
	total := list[len(list)-1].to
	if total <= 0 {
		return ""
	}
	return fmt.Sprintf("%s took %.0f %%", nouns[l.stage], 100*(l.to-l.from)/total)
}

// phrase says what users saw of an episode.
func phrase(e timeline.Episode) string {
	w, affected := worst(e)
	if w == nil {
		if e.Switch != nil && e.Rerouted {
			return "no outage, traffic moved after " + inMS(millis(e.Switch.Value))
		}
		return "no outage"
	}
	s := inMS(millis(w.Value)) + " outage"
	if w.Open {
		s = "not restored within " + inMS(millis(w.Value))
	}
	if affected < len(e.Flows) {
		s += fmt.Sprintf(" on %d of %d flows", affected, len(e.Flows))
	}
	return s
}

// what names a trial's fault and its place.
func what(f timeline.Failover) string {
	if f.Fault == "" {
		return "no fault"
	}
	if len(f.On) == 0 {
		return f.Fault
	}
	return f.Fault + " on " + strings.Join(f.On, "–")
}

// cellName writes a cell's values in the order of its axes' names.
func cellName(cell map[string]string) string {
	var parts []string
	for _, axis := range slices.Sorted(maps.Keys(cell)) {
		parts = append(parts, axis+" "+cell[axis])
	}
	return strings.Join(parts, ", ")
}

// cells groups trials by cell, in order of first appearance.
func cells(trials []Trial) (names []string, of map[string][]Trial) {
	of = map[string][]Trial{}
	for _, t := range trials {
		name := cellName(t.Failover.Cell)
		if of[name] == nil {
			names = append(names, name)
		}
		of[name] = append(of[name], t)
	}
	return names, of
}

// nodesOf lists every node that answered anything, sorted, so that a node
// has one colour in all figures of a run.
func nodesOf(trials []Trial) []string {
	seen := map[string]bool{}
	add := func(answered map[string]string) {
		for _, n := range answered {
			seen[n] = true
		}
	}
	for _, t := range trials {
		add(t.Failover.Before.AnsweredBy)
		add(t.Failover.Broken.AnsweredBy)
		add(t.Failover.Mended.AnsweredBy)
		for _, g := range t.Samples {
			for _, s := range g.Samples {
				seen[s.Node] = true
			}
		}
	}
	delete(seen, "")
	return slices.Sorted(maps.Keys(seen))
}

// Typical returns the index of the trial whose outage is the median of the
// conclusive ones, the lower of two; -1 if there is none.
func Typical(trials []Trial) int {
	var list []int
	for i, t := range trials {
		if !t.Inconclusive {
			list = append(list, i)
		}
	}
	if len(list) == 0 {
		return -1
	}
	slices.SortStableFunc(list, func(a, b int) int {
		return cmp.Compare(outageMS(trials[a].Failover.Broken), outageMS(trials[b].Failover.Broken))
	})
	return list[(len(list)-1)/2]
}

// theoryOf returns the bounds that hold for all trials together: the widest.
func theoryOf(trials []Trial) *record.Bounds {
	var all *record.Bounds
	for _, t := range trials {
		if t.Theory == nil {
			continue
		}
		if all == nil {
			b := *t.Theory
			all = &b
		}
		all.Low, all.High = min(all.Low, t.Theory.Low), max(all.High, t.Theory.High)
	}
	return all
}
