package reports

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"anylab/lab/record"
	"anylab/reports/stats"
	"anylab/reports/timeline"
	"anylab/scenarios"
)

// schema names the form of result.json.
const schema = "anylab.result/v1"

// maxDoubtful is the share of planned trials that may be inconclusive, or
// missing, before the run is.
const maxDoubtful = 0.2

// judge turns the failovers of a run into its result. It is pure.
func judge(run record.Run, s scenarios.Scenario, failovers []timeline.Failover) Result {
	res := Result{
		Schema: schema, Run: about(run, s), Calibration: calibration(run.Calibration),
		Trials: []Trial{}, Summary: []Summary{}, Verdicts: []Judgement{}, Findings: []Finding{}, Explain: []string{},
	}
	cut := len(failovers) - 1
	for i, f := range failovers {
		theory := theory(run.Cells, f.Cell)
		findings := examine(f, theory)
		if run.Outcome == "interrupted" && i == cut {
			findings = append(findings, Finding{"interrupted", Doubt, "the run was interrupted during or after this trial"})
		}
		res.Trials = append(res.Trials, newTrial(f, theory, findings))
	}
	doubtful := false
	for _, c := range planned(run, failovers) {
		doubtful = res.judgeCell(c, s, failovers) || doubtful
	}
	res.Verdict = Pass
	switch {
	case doubtful:
		res.Verdict = Inconclusive
	case slices.ContainsFunc(res.Verdicts, func(v Judgement) bool { return !v.OK }):
		res.Verdict = Fail
	}
	return res
}

// planned returns the cells of the run. A record without any has those that
// its trials name.
func planned(run record.Run, failovers []timeline.Failover) []record.Cell {
	if len(run.Cells) > 0 {
		return run.Cells
	}
	var cells []record.Cell
	for _, f := range failovers {
		at := slices.IndexFunc(cells, func(c record.Cell) bool { return maps.Equal(c.Values, f.Cell) })
		if at < 0 {
			at = len(cells)
			cells = append(cells, record.Cell{Values: f.Cell})
		}
		cells[at].Trials++
	}
	return cells
}

func theory(cells []record.Cell, cell map[string]string) *record.Bounds {
	for _, c := range cells {
		if maps.Equal(c.Values, cell) {
			return c.Theory
		}
	}
	return nil
}

// judgeCell adds one cell's statistics and verdicts. It says whether too many
// of its trials are inconclusive.
func (res *Result) judgeCell(c record.Cell, s scenarios.Scenario, failovers []timeline.Failover) (doubtful bool) {
	var good []timeline.Failover
	for i, f := range failovers {
		if maps.Equal(f.Cell, c.Values) && res.Trials[i].Status != Doubtful {
			good = append(good, f)
		}
	}
	name := c.Values
	if name == nil {
		name = map[string]string{}
	}
	for _, m := range metrics {
		if sum, ok := summarise(m, good); ok {
			sum.Cell = name
			res.Summary = append(res.Summary, sum)
		}
	}
	for _, e := range s.Expect {
		v := evaluate(e, good)
		v.Cell = name
		res.Verdicts = append(res.Verdicts, v)
	}
	res.Explain = append(res.Explain, explain(c.Values, good))
	if detail := medianTheory(good, c.Theory); detail != "" {
		res.Findings = append(res.Findings, Finding{"outside-theory", Note, in(c.Values) + detail})
	}
	bad := c.Trials - len(good)
	if len(good) > 0 && float64(bad) <= maxDoubtful*float64(c.Trials) {
		return false
	}
	res.Findings = append(res.Findings, Finding{"too-few-trials", Doubt,
		fmt.Sprintf("%s%d of %d trials are conclusive", in(c.Values), len(good), c.Trials)})
	return true
}

// in names the cell at the begin of a sentence.
func in(cell map[string]string) string {
	if len(cell) == 0 {
		return ""
	}
	return cellName(cell) + ": "
}

// medianTheory compares the median detection with theory.
func medianTheory(good []timeline.Failover, theory *record.Bounds) string {
	values, _ := collect(metric{"detection", stage(timeline.Detect)}, good)
	if theory == nil || len(values) == 0 {
		return ""
	}
	median := stats.Summarise(values, 0).Median
	if median >= theory.Low && median <= theory.High+millis(theorySlack) {
		return ""
	}
	return fmt.Sprintf("the median detection is %s, theory says %s to %s (%s)", inMS(median), inMS(theory.Low), inMS(theory.High), theory.Why)
}

// collect returns a metric's values, and how many more are only known to be
// larger than was waited for.
func collect(m metric, failovers []timeline.Failover) (values []float64, censored int) {
	for _, f := range failovers {
		switch v, ok := m.value(f); {
		case !ok:
		case math.IsInf(v, 1):
			censored++
		default:
			values = append(values, v)
		}
	}
	return values, censored
}

func summarise(m metric, good []timeline.Failover) (Summary, bool) {
	values, censored := collect(m, good)
	if len(values)+censored == 0 {
		return Summary{}, false
	}
	s := stats.Summarise(values, censored)
	sum := Summary{
		Metric: m.name, Unit: string(scenarios.Metrics[m.name]), N: s.N, Censored: censored,
		Min: Number(s.Min), Median: Number(s.Median), P90: Number(s.P90), P95: Number(s.P95), P99: Number(s.P99), Max: Number(s.Max),
		CI95: [2]Number{Number(s.CI95[0]), Number(s.CI95[1])}, Warnings: append([]string{}, s.Warnings...),
	}
	if s.N < len(good) {
		sum.Warnings = append(sum.Warnings, fmt.Sprintf("seen in %d of %d trials", s.N, len(good)))
	}
	return sum, true
}

// notJudged stands for the value where no trial is conclusive.
const notJudged = "no conclusive trial"

// evaluate judges an expectation over the conclusive trials of a cell. What
// was not seen in any of them can't be said to hold.
func evaluate(e scenarios.Expectation, good []timeline.Failover) Judgement {
	at := slices.IndexFunc(metrics, func(m metric) bool { return m.name == e.Metric })
	v := Judgement{Expect: e.Text, Value: "not observed"}
	if len(good) == 0 {
		v.Value = notJudged
	}
	if at < 0 || len(good) == 0 {
		return v
	}
	values, censored := collect(metrics[at], good)
	v.N = len(values) + censored
	if v.N == 0 {
		return v
	}
	for range censored {
		values = append(values, math.Inf(1))
	}
	worst := values[0]
	if e.Stat != "" {
		worst = statistic(e.Stat, values, censored)
	} else {
		for _, x := range values {
			if !holds(x, e.Op, e.Value) && holds(worst, e.Op, e.Value) || distance(x, e) > distance(worst, e) && !holds(x, e.Op, e.Value) {
				worst = x
			}
		}
	}
	v.OK = holds(worst, e.Op, e.Value)
	v.Value = display(worst, scenarios.Metrics[e.Metric])
	return v
}

// distance is how far a value is from the expectation's.
func distance(v float64, e scenarios.Expectation) float64 { return math.Abs(v - e.Value) }

// statistic computes one of scenarios.Stats; the last censored values are +Inf.
func statistic(name string, values []float64, censored int) float64 {
	s := stats.Summarise(values[:len(values)-censored], censored)
	switch name {
	case "min":
		return s.Min
	case "median":
		return s.Median
	case "p90":
		return s.P90
	case "p95":
		return s.P95
	case "p99":
		return s.P99
	case "max":
		return s.Max
	case "mean":
		sum := 0.0
		for _, v := range values {
			sum += v
		}
		return sum / float64(len(values))
	}
	return math.NaN() // no comparison holds
}

func holds(v float64, op string, limit float64) bool {
	switch op {
	case "<":
		return v < limit
	case "<=":
		return v <= limit
	case "==":
		return v == limit
	case "!=":
		return v != limit
	case ">=":
		return v >= limit
	case ">":
		return v > limit
	}
	return false
}

// display writes a metric's value for people, and for scripts: one word.
func display(v float64, unit scenarios.Unit) string {
	if unit == scenarios.Milliseconds {
		return strings.ReplaceAll(inMS(v), " ", "")
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// inMS writes a time in milliseconds with the digits that are worth reading.
func inMS(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "unlimited"
	case math.IsNaN(v):
		return "unknown"
	case math.Abs(v) >= 10000:
		return strconv.FormatFloat(v/1000, 'f', 1, 64) + " s"
	case math.Abs(v) >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64) + " ms"
	case math.Abs(v) >= 1:
		return strconv.FormatFloat(v, 'f', 1, 64) + " ms"
	case v == 0:
		return "0 ms"
	}
	return strconv.FormatFloat(v, 'f', 2, 64) + " ms"
}

func about(run record.Run, s scenarios.Scenario) RunInfo {
	info := RunInfo{
		ID: run.ID, Scenario: run.Scenario, ScenarioSHA256: run.ScenarioSHA256, Topology: s.Topology.Name,
		Seed: run.Seed, Started: run.Started, Ended: run.Ended, Outcome: run.Outcome,
		Anylab: run.Anylab, Kernel: run.Kernel, CPUs: run.CPUs,
		Daemons: run.Daemons, Fallbacks: run.Fallbacks,
		SustainMS: Number(millis(s.Sustain)), LimitMS: Number(millis(s.Limit)),
	}
	if info.Daemons == nil {
		info.Daemons = map[string]string{}
	}
	if info.Fallbacks == nil {
		info.Fallbacks = []string{}
	}
	return info
}

// calibration adds the error of the probes to what was recorded.
func calibration(c *record.Calibration) *Calibration {
	if c == nil {
		return nil
	}
	out := &Calibration{TrueMS: c.TrueMS, MeasuredMS: c.MeasuredMS}
	var errs []float64
	for i := range min(len(c.TrueMS), len(c.MeasuredMS)) {
		errs = append(errs, math.Abs(c.MeasuredMS[i]-c.TrueMS[i]))
	}
	s := stats.Summarise(errs, 0)
	out.ErrorMS.Median, out.ErrorMS.Max = Number(s.Median), Number(s.Max)
	return out
}
