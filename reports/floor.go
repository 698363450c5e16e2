package reports

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/reports/page"
	"anylab/reports/stats"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// Floored compares how long a daemon, as the router that moves the traffic,
// took from what it was told to the route in the kernel, with what is known of
// it. It is taken over all cells in which it is the router and is told alike.
type Floored struct {
	Known  record.Floor `json:"known"`
	N      int          `json:"n"`         // conclusive trials in which the installation was seen
	Median *Number      `json:"median_ms"` // of the installation
	CI95   *[2]Number   `json:"ci95,omitempty"`
	Agrees *bool        `json:"agrees" jsonschema:"oneof_type=boolean;null"` // null without such a trial, where the median's two ends disagree, or nothing is known of this version
	Off    []string     `json:"off"`                                         // cells whose own median is not in the range, with what the trials noted
}

// floorSlack is by how much a median may be off the known range, in
// milliseconds: stamps of packets and netlink messages on a machine that has
// something else to do.
const floorSlack = 2.0

// floors compares every floor that is known in a cell of the run.
func (res *Result) floors(all cells, failovers []timeline.Failover) {
	values := map[record.Floor]series{}
	var order []record.Floor
	off := map[record.Floor][]string{}
	for _, c := range all.list {
		if c.Floor == nil {
			continue
		}
		if !slices.Contains(order, *c.Floor) {
			order = append(order, *c.Floor)
		}
		own, notes := res.installations(c, failovers)
		values[*c.Floor] = append(values[*c.Floor], own...)
		if len(own) == 0 || c.Floor.Unknown != "" {
			continue
		}
		if median := own.statistic("median"); inRange(median, *c.Floor) == no {
			off[*c.Floor] = append(off[*c.Floor], strings.TrimSpace(words.In(c.Values)+words.Milliseconds(median.value)+notes))
		}
	}
	for _, known := range order {
		f := Floored{Known: known, N: len(values[known]), Off: append([]string{}, off[known]...)}
		if f.N > 0 {
			s := stats.Summarise(values[known].values(), 0)
			median := Number(s.Median)
			f.Median = &median
			if in := inRange(values[known].statistic("median"), known); in != undecided && known.Unknown == "" {
				agrees := in == yes
				f.Agrees = &agrees
			}
			f.CI95 = &[2]Number{Number(s.CI95[0]), Number(s.CI95[1])}
		}
		res.Floors = append(res.Floors, f)
	}
}

// inRange asks whether a median is in the known range, at both of its ends.
func inRange(median bounded, f record.Floor) verdict {
	least, most := f.Low-floorSlack, f.High+floorSlack
	switch {
	case median.low >= least && median.high <= most:
		return yes
	case median.high < least, median.low > most:
		return no
	}
	return undecided
}

// installations returns the cell's installation stages, in milliseconds, and
// names what was noted in its trials, the likely cause of a delay.
func (res *Result) installations(c *cell, failovers []timeline.Failover) (values series, notes string) {
	seen := map[string]bool{}
	for _, i := range c.trials {
		if !res.Trials[i].Status.judged() {
			continue
		}
		if r, ok := stage(timeline.Install)(&failovers[i]); ok && c.floored(failovers[i].Broken) {
			values = append(values, measured{bounded: r.widen(&failovers[i], passed, 1)})
		}
		for _, n := range res.Trials[i].Findings {
			seen[n.Name] = true
		}
	}
	if len(seen) > 0 {
		notes = " (noted: " + strings.Join(slices.Sorted(maps.Keys(seen)), ", ") + ")"
	}
	return values, notes
}

// floored says whether the installation is the floor's to explain: by routers
// with its daemon, which did not wait for something else first.
func (c *cell) floored(e timeline.Episode) bool {
	for _, s := range e.Stages {
		if s.Name == timeline.Install && s.Cause != "" || s.Name == timeline.Propagate && c.Floor.After != toldByWithdrawal {
			return false
		}
	}
	return !slices.ContainsFunc(e.Routers, func(r string) bool {
		n, ok := c.x.Topology.Node(r)
		return ok && n.Daemon != "" && n.Daemon != c.Floor.Daemon
	})
}

// toldByWithdrawal is what a router is told by others that were told first.
const toldByWithdrawal = "withdrawal"

// floors are those that something was measured of: people are told no others.
func (r *Report) floors() []Floored {
	return slices.DeleteFunc(slices.Clone(r.Result.Floors), func(f Floored) bool { return f.Median == nil })
}

// floorSection compares the floors. Those of a grid stand beside it, others come
// after the cells.
func floorSection(s sheet) []page.Section {
	if s.Result.Grid != nil {
		return nil
	}
	return []page.Section{s.floorTable()}
}

func (r *Report) floorTable() page.Section {
	s := page.Section{Title: "Floors: from what the router was told to its route in the kernel",
		Head: []string{"router", "told of", "known", "measured", "trials", "agrees?", "why, and cells that differ"}}
	for _, f := range r.floors() {
		s.Rows = append(s.Rows, f.cells())
	}
	return s
}

// cells are a row. Something must have been measured.
func (f Floored) cells() []page.Cell {
	agrees := page.Cell{Text: "ok", Kind: page.Badge, Tone: page.Good}
	known, remark := words.Span(f.Known.Low, f.Known.High), f.Known.Why
	switch {
	case f.Known.Unknown != "":
		known, agrees.Text, agrees.Tone, remark = "unknown", "not known", page.Doubtful, f.Known.Unknown
	case f.Agrees == nil:
		agrees.Text, agrees.Tone = "can't tell", page.Doubtful
	case !*f.Agrees:
		agrees.Text, agrees.Tone = "deviates", page.Doubtful
	}
	if len(f.Off) > 0 {
		remark += "; differs in " + strings.Join(f.Off, ", ")
	}
	row := append(page.Texts(f.Known.Daemon, f.Known.After),
		page.Numbers(known, words.Milliseconds(float64(*f.Median)), fmt.Sprint(f.N))...)
	return append(row, agrees, page.Cell{Text: remark})
}
