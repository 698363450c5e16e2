package reports

import (
	"fmt"
	"math"
	"slices"

	"anylab/lab/record"
	"anylab/reports/page"
	"anylab/reports/stats"
	"anylab/reports/words"
)

// Agreement says how far a simulation agrees with what was measured.
type Agreement struct {
	Lab       RunInfo    `json:"lab"`
	Simulated RunInfo    `json:"simulated"`
	Rows      []Agreeing `json:"rows"`
	Agrees    bool       `json:"agrees"` // in enough of the rows
	Notes     []string   `json:"notes"`
}

// Agreeing is one metric of one cell.
type Agreeing struct {
	Cell     map[string]string `json:"cell,omitempty"`
	Metric   string            `json:"metric"`
	LabMS    Number            `json:"lab_ms"` // median
	CI95MS   [2]Number         `json:"lab_ci95_ms"`
	SimMS    Number            `json:"simulated_ms"`
	Trials   [2]int            `json:"trials"` // of the lab, of the simulation
	D        float64           `json:"d"`      // Kolmogorov-Smirnov
	P        float64           `json:"p"`
	Agrees   bool              `json:"agrees"` // the simulation's median does
	WholeToo bool              `json:"distribution_agrees"`
}

// agreeing is how far a simulated median may be off the lab's, where its confidence
// interval is narrower, and the least share of rows that must agree.
const (
	agreeingMS    = 3.0
	agreeingShare = 0.9
	agreeingLeast = 6    // of which a median has a confidence interval of 95 %
	distinct      = 0.05 // a distribution is another one from this probability on
)

// simulatedMetrics are those that users see.
var simulatedMetrics = []string{"interruption", "outage", "switch", "failback"}

// Agree compares a simulation with a lab's run of the same scenario, whichever comes
// first. ok is false if they are not one of each.
func Agree(a, b Samples) (_ Agreement, ok bool, err error) {
	if a.Run.Simulated == b.Run.Simulated {
		return Agreement{}, false, nil
	}
	if a.Run.Simulated {
		a, b = b, a
	}
	if a.Run.Experiment != b.Run.Experiment {
		return Agreement{}, true, fmt.Errorf("the simulation is of another experiment: experiment_sha256 %.12s and %.12s", a.Run.Experiment, b.Run.Experiment)
	}
	g := Agreement{Lab: a.Run, Simulated: b.Run, Rows: []Agreeing{}, Notes: []string{}}
	for _, c := range a.Cells {
		i := slices.IndexFunc(b.Cells, func(o Cell) bool { return record.CellName(o.Cell) == record.CellName(c.Cell) })
		if i < 0 {
			g.Notes = append(g.Notes, words.In(c.Cell)+"not simulated")
			continue
		}
		for _, metric := range simulatedMetrics {
			if row, ok := agree(c, b.Cells[i], metric); ok {
				g.Rows = append(g.Rows, row)
			}
		}
	}
	good := len(g.Rows) - len(slices.DeleteFunc(slices.Clone(g.Rows), func(r Agreeing) bool { return r.Agrees }))
	g.Agrees = len(g.Rows) > 0 && float64(good) >= agreeingShare*float64(len(g.Rows))
	g.Notes = append(g.Notes, fmt.Sprintf("medians agree within the lab's 95 %% confidence interval or %g ms in %s; %.0f %% are asked for", agreeingMS, words.Of(good, len(g.Rows), "row"), 100*agreeingShare))
	return g, true, nil
}

func agree(lab, sim Cell, metric string) (Agreeing, bool) {
	measured, imagined := finite(lab.Values[metric]), finite(sim.Values[metric])
	if len(measured) == 0 || len(imagined) == 0 {
		return Agreeing{}, false
	}
	m := stats.Summarise(measured, len(lab.Values[metric])-len(measured))
	s := stats.Summarise(imagined, len(sim.Values[metric])-len(imagined))
	row := Agreeing{Cell: lab.Cell, Metric: metric, LabMS: Number(m.Median), SimMS: Number(s.Median),
		CI95MS: [2]Number{Number(m.CI95[0]), Number(m.CI95[1])}, Trials: [2]int{m.N, s.N}}
	row.Agrees = s.Median == m.Median || math.Abs(s.Median-m.Median) <= agreeingMS || m.N >= agreeingLeast && s.Median >= m.CI95[0] && s.Median <= m.CI95[1]
	row.D, row.P = stats.Kolmogorov(less(measured, agreeingMS), less(measured, -agreeingMS), empirical(imagined))
	row.WholeToo = row.P >= distinct
	return row, true
}

// finite are the values that were seen.
func finite(list []Number) []float64 {
	var values []float64
	for _, v := range list {
		if stats.Finite(float64(v)) {
			values = append(values, float64(v))
		}
	}
	return values
}

func less(values []float64, by float64) []float64 {
	list := slices.Clone(values)
	for i := range list {
		list[i] -= by
	}
	return list
}

// empirical is the distribution function of values.
func empirical(values []float64) func(float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return func(x float64) float64 {
		n, _ := slices.BinarySearch(sorted, math.Nextafter(x, math.Inf(1)))
		return float64(n) / float64(len(sorted))
	}
}

// ExitCode is 0 if the simulation agrees, else 1.
func (g Agreement) ExitCode() int {
	if g.Agrees {
		return 0
	}
	return 1
}

// Page lays it out.
func (g Agreement) Page() page.Page {
	verdict := page.Cell{Text: "agrees", Kind: page.Badge, Tone: page.Good}
	if !g.Agrees {
		verdict = page.Cell{Text: "does not agree", Kind: page.Badge, Tone: page.Bad}
	}
	p := page.Page{Title: g.Simulated.Scenario, Verdict: verdict,
		Lead: fmt.Sprintf("simulated %s, measured %s (%s)", g.Simulated.ID, g.Lab.ID, g.Lab.Anylab)}
	s := page.Section{Head: []string{"cell", "metric", "measured", "95 % CI", "simulated", "trials", "p", "median", "distribution"}, Notes: g.Notes}
	for _, r := range g.Rows {
		cells := page.Texts(record.CellName(r.Cell), r.Metric)
		interval := "-" // of too few trials
		if stats.Finite(float64(r.CI95MS[0])) {
			interval = words.Span(float64(r.CI95MS[0]), float64(r.CI95MS[1]))
		}
		cells = append(cells, page.Numbers(words.Milliseconds(float64(r.LabMS)), interval,
			words.Milliseconds(float64(r.SimMS)), fmt.Sprintf("%d, %d", r.Trials[0], r.Trials[1]), fmt.Sprintf("%.2f", r.P))...)
		s.Rows = append(s.Rows, append(cells, agreed(r.Agrees), agreed(r.WholeToo)))
	}
	p.Sections = []page.Section{s}
	return p
}

func agreed(ok bool) page.Cell {
	if ok {
		return page.Cell{Text: "agrees", Kind: page.Badge, Tone: page.Good}
	}
	return page.Cell{Text: "differs", Kind: page.Badge, Tone: page.Bad}
}
