package reports

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/reports/figure"
	"anylab/reports/page"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// answersLane shows who answered a group's requests, flows that shared a fate
// together.
func answersLane(w figure.Window, g figure.Group, sites []string) page.Lane {
	rows, flows := w.Rows(g), 0
	rows = rows[:min(len(rows), mostFates)]
	for _, row := range rows {
		flows += row.Flows
	}
	lane, top := page.Lane{Name: g.Probe.Name + ", " + words.Count(flows, "flow")}, 0.0
	for i, row := range rows {
		bottom := top + float64(row.Flows)/float64(flows)
		for _, b := range row.Bands {
			shade := slices.Index(sites, b.Node)
			switch {
			case b.Lost:
				shade = page.Missing
			case shade < 0:
				shade = len(sites)
			}
			lane.Stretches = append(lane.Stretches, page.Stretch{From: b.From, To: b.To, Top: top, Bottom: bottom, Shade: shade})
		}
		if i > 0 {
			lane.Says += "; "
		}
		lane.Says += saysRow(row)
		top = bottom
	}
	return lane
}

// mostTold is how many changes of who answers are told in words.
const mostTold = 6

func saysRow(row figure.Row) string {
	var parts []string
	for _, b := range row.Bands {
		text := "lost"
		if !b.Lost {
			text = "answered by " + b.Node
		}
		if b.Node == "" && !b.Lost {
			text = "answered"
		}
		parts = append(parts, fmt.Sprintf("%s to %s", text, words.Milliseconds(b.To)))
	}
	if more := len(parts) - mostTold; more > 0 {
		parts = append(parts[:mostTold], words.Count(more, "more change"))
	}
	return words.Count(row.Flows, "flow") + ": " + strings.Join(parts, ", ")
}

// chart draws one window.
func (x *exhibit) chart(window int, f timeline.Failover, sites []string) page.Chart {
	w := x.windows[window]
	c := page.Chart{Title: words.Sentence(w.Title), Axis: w.Axis, From: w.From, To: w.To, Colours: make([]string, len(sites)+1)}
	for _, l := range x.groups[window] {
		for _, s := range l.Stretches {
			if s.Shade >= 0 {
				c.Colours[s.Shade] = "answered by " + append(slices.Clone(sites), "an unknown site")[s.Shade]
			}
		}
	}
	faults := page.Lane{Name: "fault"}
	if w.Broken[0] < w.Broken[1] {
		faults.Stretches = []page.Stretch{{From: max(w.From, w.Broken[0]), To: min(w.To, w.Broken[1]), Top: 0.3, Bottom: 0.7, Shade: page.Broken}}
	}
	for _, s := range f.Faults {
		faults = steps(faults, s, w)
	}
	reached := page.Lane{Name: "stages"}
	for _, s := range w.Stages {
		says := s.Evidence
		if name := string(s.Name); !strings.HasPrefix(says, name+" ") { // "inject service-crash on a" says it itself
			says = name + ": " + says
		}
		reached.Moments = append(reached.Moments, moment(millis(s.At.Sub(w.Zero)), says))
	}
	c.Lanes = append(append([]page.Lane{faults}, x.groups[window]...), reached)
	for _, l := range lanes {
		if own := x.seen[window][l.name]; len(own.Moments) > 0 {
			own.Name = l.name
			c.Lanes = append(c.Lanes, own)
		}
	}
	return c
}

// steps adds the moments of a fault that fall in a window.
func steps(l page.Lane, s timeline.Steps, w figure.Window) page.Lane {
	what := s.Kind + " on " + strings.Join(s.On, "-")
	for _, step := range []struct {
		at   record.Time
		says string
	}{
		{s.Effective, what + " is in effect"}, {s.Verified, what + " was seen to be in effect"},
		{s.Healed, what + " is healed"}, {s.HealedVerified, what + " was seen to be healed"}, {s.Restarted, what + ": healed by a supervisor"},
	} {
		if at := millis(step.at.Sub(w.Zero)); step.at != 0 && at >= w.From && at <= w.To {
			l.Moments = append(l.Moments, moment(at, step.says))
		}
	}
	return l
}

// timelineSections show every trial: what happened, and what each client saw.
func timelineSections(s sheet) []page.Section {
	if len(s.exhibits) == 0 {
		return nil
	}
	sites := s.sites()
	typical := s.typical()
	title := page.Section{Title: "What happened in each trial", Text: []string{
		"Open a trial to see who answered, what was lost, and what the daemons did meanwhile. Each mark is something that was seen: point at it, tap it or step to it with the tab key to read it."}}
	if n := len(s.Result.Trials); n > len(s.exhibits) {
		title.Notes = []string{fmt.Sprintf("%d of %d trials are shown: those of cells that failed or are inconclusive before the others", len(s.exhibits), n)}
	}
	list := []page.Section{title}
	for _, x := range s.exhibits {
		list = append(list, s.timeline(x, sites, x.trial == typical))
	}
	return list
}

func (s sheet) timeline(x *exhibit, sites []string, open bool) page.Section {
	t, cell := s.Result.Trials[x.trial], record.CellName(s.Failovers[x.trial].Cell)
	outage := "no outage"
	switch {
	case t.Outage.High == nil:
		outage = outageText(t.Outage)
	case t.Outage.Value > 0:
		outage = words.Milliseconds(float64(t.Outage.Value)) + " outage"
	}
	name := fmt.Sprintf("%strial %d", words.In(s.Failovers[x.trial].Cell), t.Index+1)
	part := page.Section{Title: fmt.Sprintf("%s: %s, answered by %s", words.Sentence(name), outage, answersText(t)), Folded: true, Detail: true}
	part.Exhibit = page.Exhibit{Open: open, Badge: t.Status.badge(), Labels: []string{cell, t.Status.badge().Text}}
	for i := range x.windows {
		part.Charts = append(part.Charts, x.chart(i, s.Failovers[x.trial], sites))
	}
	part.Head = []string{"client", "asks", "outage", "the truth lies in", "interruption", "lost", "round trip", "answered by"}
	for _, c := range s.Failovers[x.trial].Clients {
		if c.Service != "" {
			part.Rows = append(part.Rows, seenByClient{c.Name, c.Service, []timeline.Failover{c.Failover}}.rows()...)
		}
	}
	for _, f := range t.Findings {
		part.Notes = append(part.Notes, fmt.Sprintf("%s: %s", f.Name, f.Detail))
	}
	return part
}

// typical is the trial that is shown at first: the conclusive one nearest to the
// median, or the first.
func (r *Report) typical() int {
	order := r.drawn()
	list := make([]figure.Trial, 0, len(order))
	for _, i := range order {
		list = append(list, figure.Trial{Failover: r.Failovers[i], Inconclusive: !r.Result.Trials[i].Status.judged()})
	}
	if len(order) == 0 {
		return math.MinInt
	}
	return order[max(0, figure.Typical(list))]
}
