package figure

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// millis returns d in milliseconds.
func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

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
		if s.Name == timeline.Inject || s.Name == timeline.Heal {
			continue
		}
		to := max(from, millis(s.At.Sub(e.Zero)))
		list = append(list, segment{s.Name, from, to})
		from = to
	}
	return list
}

// longest says which stage took most of the time; it is empty where fewer
// than two were seen, because then nothing can be told apart.
func longest(list []segment) string {
	if len(list) < 2 {
		return ""
	}
	l := slices.MaxFunc(list, func(a, b segment) int { return cmp.Compare(a.to-a.from, b.to-b.from) })
	total := list[len(list)-1].to
	if total <= 0 {
		return ""
	}
	share := (l.to - l.from) / total
	return fmt.Sprintf("%s took %s", words.Noun(l.stage), percent(share, share))
}

// phrase says what users saw of an episode.
func phrase(e timeline.Episode) string {
	if e.Outage.Milliseconds() == 0 {
		if e.Switch != nil && e.Rerouted {
			return "no outage, traffic moved after " + words.Duration(e.Switch.Value)
		}
		return "no outage"
	}
	s := words.Milliseconds(e.Outage.Milliseconds()) + " outage"
	if e.Outage.Open {
		s = words.Unbounded(millis(e.Outage.Value), e.EndedBy)
	}
	if lost, all := e.Affected(); lost < all {
		s += " on " + words.Of(lost, all, "flow")
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

// cells groups trials by cell, in order of first appearance.
func cells(trials []Trial) (names []string, of map[string][]Trial) {
	size := map[string]int{}
	for _, t := range trials {
		name := record.CellName(t.Failover.Cell)
		if size[name] == 0 {
			names = append(names, name)
		}
		size[name]++
	}
	if len(names) == 1 {
		return names, map[string][]Trial{names[0]: slices.Clip(trials)}
	}
	of = map[string][]Trial{}
	for _, name := range names {
		of[name] = make([]Trial, 0, size[name])
	}
	for _, t := range trials {
		name := record.CellName(t.Failover.Cell)
		of[name] = append(of[name], t)
	}
	return names, of
}

// nodesOf lists every node that answered anything, sorted, so that a node
// has one colour in all figures of a run.
func nodesOf(trials []Trial) []string {
	seen := map[string]bool{}
	add := func(answered map[string]string) {
		for _, together := range answered {
			for _, n := range strings.Split(together, timeline.Together) {
				seen[n] = true
			}
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
		return cmp.Compare(trials[a].Failover.Broken.Outage.Milliseconds(), trials[b].Failover.Broken.Outage.Milliseconds())
	})
	return list[(len(list)-1)/2]
}

// whole is all that theory says of the outage: until it is detected, and until who
// takes over does so.
func (t Trial) whole() *record.Bounds {
	if t.Theory == nil || t.Takeover == nil {
		return t.Theory
	}
	return &record.Bounds{Low: t.Theory.Low + t.Takeover.Low, High: t.Theory.High + t.Takeover.High}
}

// theoryOf returns the bounds that hold for all trials together: the widest.
func theoryOf(trials []Trial) *record.Bounds {
	var all *record.Bounds
	for _, t := range trials {
		own := t.whole()
		if own == nil {
			continue
		}
		if all == nil {
			b := *own
			all = &b
		}
		all.Low, all.High = min(all.Low, own.Low), max(all.High, own.High)
	}
	return all
}
