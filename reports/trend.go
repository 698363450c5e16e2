package reports

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"anylab/lab/record"
	"anylab/reports/figure"
	"anylab/reports/page"
	"anylab/reports/stats"
	"anylab/reports/words"
)

// trendSchema names the form of a trend.
const trendSchema = "anylab.trend/v1"

// Trend is the history of one metric over the runs of one scenario.
type Trend struct {
	Schema   string   `json:"schema"`
	Scenario string   `json:"scenario"`
	Metric   string   `json:"metric"`
	Unit     string   `json:"unit"`
	Cells    []Course `json:"cells"`
	Notes    []string `json:"notes"`
}

// Course is the metric's course in one cell.
type Course struct {
	Cell    map[string]string `json:"cell"`
	Runs    []Moment          `json:"runs"` // by their start
	Changes []Step            `json:"changes"`
}

// Moment is one run.
type Moment struct {
	ID      string    `json:"id"`
	Started time.Time `json:"started"`
	Anylab  string    `json:"anylab"`
	Side
	Doubtful bool `json:"doubtful,omitempty"` // too few conclusive trials: shown, but no change is looked for in it

	run RunInfo

	low, high float64 // the median with all values at that end of their bounds
}

// Step is a change of level, or of spread, between two runs.
type Step struct {
	Run    string   `json:"run"` // the first one after the change
	Before Number   `json:"before"`
	After  Number   `json:"after"`            // medians of the runs' medians up to the next change
	Other  []string `json:"other,omitempty"`  // what else is different from the run before: a version, the machine
	Unsure bool     `json:"unsure,omitempty"` // within the bounds of what was measured there may be none

	at int
}

// History reads all runs below the paths, by their start: run directories,
// result.json files and baselines, or directories that have some.
func History(paths []string, load Loader) ([]Samples, error) {
	var list []Samples
	for _, path := range paths {
		found, err := runsBelow(path)
		if err != nil {
			return nil, err
		}
		read, err := readEach(found, load)
		if err != nil {
			return nil, err
		}
		for i, s := range read {
			if s.Run.Shard == nil || found[i] == path { // a part of one is none of its own
				list = append(list, s)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Samples) int { return a.Run.Started.Compare(b.Run.Started) })
	return slices.CompactFunc(list, func(a, b Samples) bool { return a.Run.ID == b.Run.ID && a.Run.Started.Equal(b.Run.Started) }), nil
}

// readEach reads as many runs at a time as there are processors. What it says to be wrong is
// what is wrong with the first one.
func readEach(paths []string, load Loader) ([]Samples, error) {
	list, errs := make([]Samples, len(paths)), make([]error, len(paths))
	var all errgroup.Group
	all.SetLimit(runtime.NumCPU())
	for i, p := range paths {
		all.Go(func() error {
			list[i], errs[i] = ReadSamples(p, load)
			return nil
		})
	}
	_ = all.Wait() // each has an error of its own
	return list, cmp.Or(errs...)
}

// runsBelow finds the runs of a directory, at most two levels down
// (out/scenario/time), or returns the path itself.
func runsBelow(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	switch {
	case !info.IsDir() || isRun(path):
		return []string{path}, nil
	case IsSoak(path) || IsTuning(path):
		return nil, NoRun(path)
	}
	var found []string
	for _, pattern := range []string{"*", "*/*"} {
		matches, err := filepath.Glob(filepath.Join(path, pattern))
		if err != nil {
			return nil, fmt.Errorf("read history: %w", err)
		}
		for _, m := range matches {
			if isRun(m) || isBaseline(m) {
				found = append(found, m)
			}
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("read history: there is no run in %s", path)
	}
	return found, nil
}

func isRun(path string) bool {
	for _, name := range []string{"run.json", "result.json"} {
		if _, err := os.Stat(filepath.Join(path, name)); err == nil {
			return true
		}
	}
	return false
}

// isBaseline says whether a file of a directory is one: it begins by saying so.
func isBaseline(path string) bool {
	if filepath.Ext(path) != ".json" {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 100)
	n, _ := f.Read(head)
	return bytes.Contains(head[:n], []byte(samplesSchema))
}

// MakeTrend orders the runs' medians of a metric and finds the changes. Runs
// of different machines or scenarios are refused unless allowed, as they are
// for comparisons.
func MakeTrend(runs []Samples, metric string, acrossMachines, acrossScenarios bool) (Trend, error) {
	t := Trend{Schema: trendSchema, Metric: metric, Unit: "ms", Cells: []Course{}, Notes: []string{}}
	if unit, _ := record.UnitOf(metric); unit != record.Milliseconds {
		return t, fmt.Errorf("%s is no time", metric)
	}
	if len(runs) == 0 {
		return t, errors.New("there are no runs")
	}
	t.Scenario = runs[0].Run.Scenario
	for _, r := range runs[1:] {
		if err := Comparable(runs[0], r, acrossMachines, acrossScenarios); err != nil {
			return t, fmt.Errorf("%s and %s: %w", runs[0].Run.ID, r.Run.ID, err)
		}
	}
	for _, c := range cellsOf(runs) {
		if course := courseOf(runs, c, metric); course.seen() {
			t.Cells = append(t.Cells, course)
		}
	}
	if len(t.Cells) == 0 {
		t.Notes = append(t.Notes, "no run has conclusive trials with "+metric)
	}
	for _, c := range t.Cells {
		if n := len(c.medians()); n < leastRuns {
			t.Notes = append(t.Notes, fmt.Sprintf("%s%s with enough conclusive trials; a change shows in %d or more", words.In(c.Cell), words.Count(n, "run"), leastRuns))
		}
	}
	return t, nil
}

// leastRuns is how many runs have enough orders (4 + 4: 2 of 70) for a change
// to be rare.
const leastRuns = 8

// cellsOf lists the cells of all runs, in the order in which they come up.
func cellsOf(runs []Samples) []map[string]string {
	var cells []map[string]string
	known := map[string]bool{}
	for _, r := range runs {
		for _, c := range r.Cells {
			if name := record.CellName(c.Cell); !known[name] {
				known[name] = true
				cells = append(cells, c.Cell)
			}
		}
	}
	return cells
}

func courseOf(runs []Samples, values map[string]string, metric string) Course {
	course := Course{Cell: values, Changes: []Step{}}
	for _, r := range runs {
		c, _ := r.cell(values)
		side, _ := c.side(metric)
		m := Moment{ID: r.Run.ID, Started: r.Run.Started, Anylab: r.Run.Anylab, Side: side, run: r.Run}
		one := Samples{Cells: []Cell{c}}
		low, _ := one.at(lowEnd).Cells[0].side(metric)
		high, _ := one.at(highEnd).Cells[0].side(metric)
		m.low, m.high = float64(low.Median), float64(high.Median)
		row := Change{Base: side, Head: side}
		m.Doubtful = tooFew(c, c, row) != "" || !stats.Finite(float64(side.Median))
		course.Runs = append(course.Runs, m)
	}
	course.findChanges()
	return course
}

func (c Course) seen() bool {
	return slices.ContainsFunc(c.Runs, func(m Moment) bool { return m.N > 0 })
}

// medians are those in which a change is looked for.
func (c Course) medians() []float64 {
	var values []float64
	for _, m := range c.Runs {
		if !m.Doubtful {
			values = append(values, float64(m.Median))
		}
	}
	return values
}

func (c *Course) findChanges() {
	var index []int // of the runs that count
	for i, m := range c.Runs {
		if !m.Doubtful {
			index = append(index, i)
		}
	}
	values := c.medians()
	points := stats.ChangePoints(values)
	for i, p := range points {
		from, to := 0, len(values)
		if i > 0 {
			from = points[i-1]
		}
		if i+1 < len(points) {
			to = points[i+1]
		}
		c.Changes = append(c.Changes, Step{
			Unsure: c.unsure(index[from:p], index[p:to]),
			Run:    c.Runs[index[p]].ID,
			Before: Number(stats.Summarise(values[from:p], 0).Median),
			After:  Number(stats.Summarise(values[p:to], 0).Median),
			Other:  others(c.Runs[index[p-1]].run, c.Runs[index[p]].run),
			at:     index[p],
		})
	}
}

// unsure says whether the level before a change and that after it may be the
// same: at the ends of the bounds that are nearest to each other they are not
// apart any more.
func (c Course) unsure(before, after []int) bool {
	level := func(runs []int, of func(Moment) float64) float64 {
		var values []float64
		for _, i := range runs {
			values = append(values, of(c.Runs[i]))
		}
		return stats.Summarise(values, 0).Median
	}
	value := func(m Moment) float64 { return float64(m.Median) }
	low := func(m Moment) float64 { return m.low }
	high := func(m Moment) float64 { return m.high }
	if level(after, value) >= level(before, value) {
		return level(after, low) < level(before, high)
	}
	return level(after, high) > level(before, low)
}

// others lists what changed together with the level.
func others(before, after RunInfo) []string {
	var list []string
	if before.Anylab != after.Anylab {
		list = append(list, fmt.Sprintf("anylab %s to %s", before.Anylab, after.Anylab))
	}
	for _, name := range sortedKeys(after.Daemons) {
		if was := before.Daemons[name]; was != after.Daemons[name] {
			list = append(list, fmt.Sprintf("%s %s to %s", name, was, after.Daemons[name]))
		}
	}
	if d := differentMachines(before, after); d != "" {
		list = append(list, "another machine: "+d)
	}
	if d := differentExperiments(before, after); d != "" {
		list = append(list, "another scenario: "+d)
	}
	return list
}

// Plot draws the trend into dir and returns the files' names.
func (t Trend) Plot(dir string) ([]string, error) {
	h := figure.History{Scenario: t.Scenario, Metric: t.Metric, Least: leastRuns}
	for _, c := range t.Cells {
		s := figure.Series{Cell: record.CellName(c.Cell)}
		for _, m := range c.Runs {
			s.Points = append(s.Points, figure.Point{Label: m.Started.UTC().Format("Jan 2"), Median: float64(m.Median),
				Low: float64(m.CI95[0]), High: float64(m.CI95[1]), Doubtful: m.Doubtful})
		}
		for _, step := range c.Changes {
			s.Changes = append(s.Changes, figure.Change{At: step.at, Label: words.Milliseconds(float64(step.Before)) + " to " + words.Milliseconds(float64(step.After))})
		}
		h.Series = append(h.Series, s)
	}
	return figure.SaveTrend(dir, h)
}

// Page lays the trend out.
func (t Trend) Page() page.Page {
	p := page.Page{Title: t.Metric + " of " + t.Scenario}
	for _, c := range t.Cells {
		p.Sections = append(p.Sections, c.section())
	}
	p.Sections = append(p.Sections, page.Section{Notes: t.Notes})
	return p
}

func (c Course) section() page.Section {
	s := page.Section{Title: record.CellName(c.Cell), Head: []string{"run", "anylab", "median", ""}}
	for i, m := range c.Runs {
		s.Rows = append(s.Rows, page.Texts(m.ID, m.Anylab, Change{Unit: "ms"}.side(m.Side), c.remark(i)))
	}
	for _, step := range c.Changes {
		note := fmt.Sprintf("change with %s: %s to %s", step.Run, words.Milliseconds(float64(step.Before)), words.Milliseconds(float64(step.After)))
		if len(step.Other) > 0 {
			note += "; also changed: " + strings.Join(step.Other, ", ")
		}
		if step.Unsure {
			note += "; can't tell: within the bounds of what was measured there may be none"
		}
		s.Notes = append(s.Notes, note)
	}
	switch {
	case len(c.Changes) > 0:
	case len(c.medians()) < leastRuns:
		s.Notes = []string{"too few runs for a change to show"}
	default:
		s.Notes = []string{"no change"}
	}
	return s
}

// remark says what is special about a run.
func (c Course) remark(i int) string {
	m := c.Runs[i]
	switch {
	case m.Doubtful && math.IsInf(float64(m.Median), 1):
		return "left out: mostly not restored"
	case m.Doubtful:
		return "left out: too few conclusive trials"
	case slices.ContainsFunc(c.Changes, func(s Step) bool { return s.at == i }):
		return "< change"
	}
	return ""
}
