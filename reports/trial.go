package reports

import (
	"maps"
	"slices"
	"strings"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
)

// millis returns d in milliseconds.
func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// newTrial turns a failover into a row of the result.
func newTrial(f *timeline.Failover, theory *record.Bounds, findings []Finding) Trial {
	t := newRow(f, withClients(*f))
	t.Findings, t.Theory, t.Status = findings, theory, status(f, findings)
	return t
}

// newRow is what a failover itself tells of its row, with some of the metrics.
func newRow(f *timeline.Failover, list []metric) Trial {
	t := answering(f, list)
	t.Cell, t.Index, t.Part, t.On = f.Cell, f.Index, f.Part, strings.Join(f.On, "-")
	t.Doubts, t.LossBefore, t.Forced = weighed(f.Doubts), f.Before.Lost, f.Forced
	t.Passage = newPassage(f.Broken, f.Watched()...)
	if t.Cell == nil {
		t.Cell = map[string]string{}
	}
	if t.Failback != nil {
		back := newPassage(f.Mended)
		back.widen(f, achievedBack, servedBack)
		back.Restored = t.Failback.Restored
		t.Failback = &back
	}
	i := f.Interruption()
	t.Interruption, t.Episodes = newInterval(i.Interval), newGaps(f.Broken.Zero, i.Gaps)
	t.Interruption.EndedBy = i.EndedBy()
	t.widen(f, achieved, served)
	t.Interruption.widen(f, throughout)
	t.Time = trialTime(f.Spent)
	return t
}

// answering is what tells who answered, with some of the metrics.
func answering(f *timeline.Failover, list []metric) Trial {
	t := Trial{Fault: f.Fault, AnsweredBy: Answers{
		Before:  nodes(f.Before.AnsweredBy),
		Between: betweenOf(f),
		After:   nodes(f.Broken.AnsweredBy),
		Healed:  nodes(f.Mended.AnsweredBy),
	}}
	t.Metrics, t.MetricsBounds = numbers(f, list)
	t.Probes.Sent = f.Broken.Sent
	if f.Mended.Zero != 0 {
		restored := cameBack(f)
		t.Failback = &Passage{Probes: Probes{Sent: f.Mended.Sent}, Restored: &restored}
	}
	return t
}

// cameBack says whether service came back after healing, from who gave it before.
func cameBack(f *timeline.Failover) bool {
	if !f.Mended.Restored {
		return false
	}
	told := false
	for _, before := range f.States {
		for _, healed := range f.States {
			if before.What == record.Catchment && before.When == record.Before && healed.When == record.Healed &&
				healed.What == before.What && healed.Node == before.Node {
				told = true
				if !slices.Equal(before.Nodes, healed.Nodes) {
					return false
				}
			}
		}
	}
	return told || maps.Equal(f.Before.AnsweredBy, f.Mended.AnsweredBy)
}

// newGaps lists the gaps of the flow that suffered most.
func newGaps(zero record.Time, gaps []timeline.Gap) []Gap {
	list := []Gap{}
	for _, g := range gaps {
		list = append(list, Gap{Number(millis(g.First.Sub(zero))), Number(millis(g.Length())), g.Ended})
	}
	return list
}

func status(f *timeline.Failover, findings []Finding) Status {
	switch {
	case slices.ContainsFunc(findings, func(f Finding) bool { return f.Severity == Doubt }):
		return Doubtful
	case slices.ContainsFunc(findings, func(f Finding) bool { return f.Name == untouchedFinding }):
		return Untouched
	case !f.Broken.Restored:
		return NotRestored
	}
	return OK
}

// newPassage is of an episode, and of stages beside its own.
func newPassage(e timeline.Episode, beside ...timeline.Stage) Passage {
	p := Passage{
		BracketMS: Number(millis(e.Bracket)), Evidence: map[string]string{}, Bounds: map[string]Bounds{},
		Outage: newInterval(e.Outage), Resolution: "group",
		Probes: Probes{e.Sent, e.Lost, e.Duplicate, e.Reordered, e.Misrouted},
		Flows:  len(e.Flows), Moved: e.Needless, TCP: newTCP(e.Streams),
	}
	p.Outage.EndedBy = e.EndedBy
	for _, s := range slices.Concat(e.Stages, beside) {
		at := Number(millis(s.At.Sub(e.Zero)))
		*p.Stages.of(s.Name) = &at
		p.Evidence[string(s.Name)] = s.Evidence
		if s.Cause != "" {
			if p.Causes == nil {
				p.Causes = map[string]string{}
			}
			p.Causes[string(s.Name)] = string(s.Cause)
		}
		low, high := e.Bounds(s)
		p.Bounds[string(s.Name)] = Bounds{Number(millis(low)), Number(millis(high))}
	}
	for _, h := range e.Hops {
		p.Hops = append(p.Hops, Hop{h.Router, h.From, since(e, h.Received), since(e, h.Installed), since(e, h.Sent)})
	}
	if e.Switch != nil {
		s := newInterval(*e.Switch)
		p.Switch = &s
	}
	p.Affected, _ = e.Affected()
	for _, g := range e.Groups {
		p.LossMS = max(p.LossMS, Number(millis(g.LossDerived)))
		p.LongestMS = max(p.LongestMS, Number(millis(g.Longest)))
		p.Gaps = max(p.Gaps, g.Gaps)
		if !g.Together {
			p.Resolution = "flow"
		}
	}
	return p
}

// since returns when something was seen, nil if it was not.
func since(e timeline.Episode, at record.Time) *Number {
	if at == 0 {
		return nil
	}
	ms := Number(millis(at.Sub(e.Zero)))
	return &ms
}

// widen adds the trial's doubts to the bounds of what users saw.
func (p *Passage) widen(f *timeline.Failover, outage, others part) {
	p.Outage.widen(f, outage)
	if p.Switch != nil {
		p.Switch.widen(f, others)
	}
}

func (i *Interval) widen(f *timeline.Failover, of part) {
	low, high := reach(f, of)
	i.Low = max(0, i.Low-Number(millis(low)))
	if i.High != nil {
		wider := *i.High + Number(millis(high))
		i.High = &wider
	}
}

func newInterval(i timeline.Interval) Interval {
	n := Interval{Value: Number(millis(i.Value)), Low: Number(millis(i.Low)), Open: i.Open}
	if !i.Open {
		high := Number(millis(i.High))
		n.High = &high
	}
	return n
}

// nodes joins the nodes that answered the probe groups.
func nodes(answered map[string]string) string {
	var names []string
	for _, n := range answered {
		names = append(names, strings.Split(n, timeline.Together)...)
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), timeline.Together)
}

// betweenOf lists who answered between those who did before the fault and those who did
// when the last healing began.
func betweenOf(f *timeline.Failover) []string {
	all := []string{nodes(f.Before.AnsweredBy)}
	for _, by := range f.Meanwhile {
		all = append(all, nodes(by))
	}
	all = slices.Compact(all)[1:]
	if n := len(all); n > 0 && all[n-1] == nodes(f.Broken.AnsweredBy) {
		all = all[:n-1]
	}
	return all
}
