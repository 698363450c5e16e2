package main

import (
	"fmt"
	"io"
	"time"

	"anylab/lab/record"
	"anylab/reports"
	"anylab/reports/stats"
	wording "anylab/reports/words"
)

// runView is what a screen shows of a run. All its methods may be called where there
// is none.
type runView struct {
	*screen
	started time.Time

	steps       []string // the last ones
	done, total int
	live        *reports.Live
}

// newRunView returns nil where nothing is to be drawn.
func newRunView(w io.Writer, quiet bool) *runView {
	s := newScreen(w, quiet)
	if s == nil {
		return nil
	}
	return &runView{screen: s, started: time.Now()}
}

// begin turns to a run.
func (v *runView) begin(l *reports.Live) {
	if v != nil {
		v.live, v.done, v.total, v.started = l, 0, 0, time.Now()
	}
}

// stepsShown is how many of the last steps are shown.
const stepsShown = 2

// tell takes what is being done.
func (v *runView) tell(n note) {
	if v == nil {
		return
	}
	if n.Done > 0 {
		v.done, v.total = n.Done, n.Total
		n.Step = said(n.Done, n.Total, n.Step)
	}
	v.steps = append(v.steps, fmt.Sprintf("[%5.1fs] %s", time.Since(v.started).Seconds(), n.Step))
	v.steps = v.steps[max(0, len(v.steps)-stepsShown):]
}

// draw draws what is known now.
func (v *runView) draw() {
	if v != nil && v.live != nil {
		v.screen.draw(v.lines)
	}
}

// leave takes away what was drawn.
func (v *runView) leave() {
	if v != nil {
		v.screen.leave()
		v.steps, v.live = nil, nil
	}
}

// lines are as many as there is room for: what can be spared goes last.
func (v *runView) lines(width, _ int) []line {
	head := fmt.Sprintf("%s: %s", v.live.Planned().Scenario, v.progress())
	now := record.Now()
	return joined(uncoloured(append([]string{head}, v.steps...)...), strips{v.live.Meter, v.sites()}.lines(now, width),
		uncoloured(v.stages()...), uncoloured(v.soFar()...), uncoloured(lastSaid(v.live.Said, now)...))
}

// progress says how far it is, and how long it will take.
func (v *runView) progress() string {
	switch {
	case v.total == 0 && v.done == 0:
		return "no trial yet"
	case v.total == 0:
		return wording.Count(v.done, "trial")
	}
	text := fmt.Sprintf("%d of %s", v.done, wording.Count(v.total, "trial"))
	if v.done < v.total && v.done > 0 {
		left := time.Since(v.started) * time.Duration(v.total-v.done) / time.Duration(v.done)
		text += ", about " + about(left) + " left"
	}
	return text
}

// sites are those that can answer.
func (v *runView) sites() []string {
	var list []string
	if x := v.live.Planned().Experiment; x != nil {
		list = x.Topology.Of(record.AnycastNode)
	}
	return list
}

// stages are those of the trial that goes on, as far as they have been seen.
func (v *runView) stages() []string {
	t := v.live.Current
	if t == nil || t.Fault == "" {
		return nil
	}
	list := []string{fmt.Sprintf("%s on %s: %s", t.Fault, t.On, v.live.Phase)}
	seen := t.Passage
	if t.Failback != nil {
		seen = *t.Failback
	}
	for _, name := range wording.Stages {
		if at := seen.Stage(name); at != nil {
			list = append(list, fmt.Sprintf("  %-13s %9s  %s", wording.Moment(name), wording.Milliseconds(float64(*at)), seen.Evidence[string(name)]))
		}
	}
	return list
}

// cellsShown is how many cells are shown.
const cellsShown = 4

// soFar is what the trials that have ended come to.
func (v *runView) soFar() (list []string) {
	res := v.live.Result
	for _, s := range res.Summary {
		if s.Metric == "outage" && len(list) < cellsShown {
			list = append(list, fmt.Sprintf("%soutage: median %s%s, %s", wording.In(s.Cell),
				wording.Milliseconds(float64(s.Median)), interval(s), wording.Count(s.N, "conclusive trial")))
		}
	}
	if left := len(res.Trials) - trusted(res); left > 0 {
		list = append(list, wording.Count(left, "trial")+" left out: inconclusive")
	}
	for _, e := range res.Verdicts {
		state := "holds so far"
		switch {
		case e.Failed():
			state = "FAILS"
		case !e.OK:
			state = "undecided"
		}
		if state != "holds so far" || len(res.Verdicts) <= cellsShown {
			list = append(list, fmt.Sprintf("%s%s: %s, %s", wording.In(e.Cell), e.Expect, e.Value, state))
		}
	}
	return list
}

// interval is that of the median; empty where so few trials give none.
func interval(s reports.Summary) string {
	low, high := float64(s.CI95[0]), float64(s.CI95[1])
	if !stats.Finite(low) || !stats.Finite(high) {
		return ""
	}
	return fmt.Sprintf(" (95 %%: %s)", wording.Span(low, high))
}

func trusted(res reports.Result) (n int) {
	for _, t := range res.Trials {
		if t.Status == reports.OK || t.Status == reports.NotRestored {
			n++
		}
	}
	return n
}
