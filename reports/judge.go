package reports

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"anylab/lab/record"
	"anylab/reports/stats"
	"anylab/reports/timeline"
	"anylab/reports/words"
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
		Schema: schema, Run: about(run, s),
		Trials: []Trial{}, Summary: []Summary{}, Verdicts: []Judgement{}, Findings: []Finding{}, Explain: []string{},
	}
	res.Run.Time = runTime(run, failovers)
	cut := len(failovers) - 1
	own := map[string]scenarios.Scenario{}
	for i, f := range failovers {
		name := record.CellName(f.Cell)
		if _, ok := own[name]; !ok {
			own[name] = expected(s, f.Cell)
		}
		theory := theory(run.Cells, f.Cell)
		findings := unrecorded(examine(f, theory), f, own[name])
		if run.Outcome == "interrupted" && i == cut {
			findings = append(findings, Finding{"interrupted", Doubt, "the run was interrupted during or after this trial"})
		}
		res.Trials = append(res.Trials, newTrial(f, theory, findings))
	}
	doubtful := res.endedEarly(run.Outcome)
	for _, c := range planned(run, failovers) {
		doubtful = res.judgeCell(c, s, failovers) || doubtful
	}
	res.Comparison = compare(planned(run, failovers), res.Summary)
	res.floors(planned(run, failovers), failovers)
	res.LeftOut = run.LeftOut
	res.Grid = newGrid(res, planned(run, failovers))
	res.Verdict = Pass
	switch {
	case doubtful:
		res.Verdict = Inconclusive
	case slices.ContainsFunc(res.Verdicts, func(v Judgement) bool { return !v.OK }):
		res.Verdict = Fail
	}
	return res
}

// endedEarly says whether an error ended the run. What was measured until then
// may be sound, but what led to the error may have been at work in it, and the
// trials that are missing may be those that would have failed.
func (res *Result) endedEarly(outcome string) bool {
	if slices.Contains([]string{"", "completed", "interrupted"}, outcome) {
		return false
	}
	res.Findings = append(res.Findings, Finding{"ended-early", Doubt, outcome})
	return true
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
	own := expected(s, c.Values)
	res.Claims = append(res.Claims, claims(own, name, good)...)
	for _, e := range own.Expect {
		v := evaluate(e, good)
		v.Cell = name
		res.Verdicts = append(res.Verdicts, v)
	}
	res.stopped(c)
	res.Explain = append(res.Explain, explain(c.Values, good, c.Theory))
	if detail := medianTheory(good, c.Theory); detail != "" {
		res.Findings = append(res.Findings, Finding{"outside-theory", Note, words.In(c.Values) + detail})
	}
	if detail := distributionTheory(good, c.Theory); detail != "" {
		res.Findings = append(res.Findings, Finding{"distribution", Note, words.In(c.Values) + detail})
	}
	bad := c.Trials - len(good)
	if len(good) > 0 && float64(bad) <= maxDoubtful*float64(c.Trials) {
		return false
	}
	res.Findings = append(res.Findings, Finding{"too-few-trials", Doubt,
		words.In(c.Values) + words.Of(len(good), c.Trials, "trial") + " conclusive"})
	return true
}

// agrees says whether a median detection, in milliseconds, is within theory.
func agrees(median float64, theory record.Bounds) bool {
	return median >= theory.Low && median <= theory.High+millis(theorySlack)
}

// medianTheory compares the median detection with theory.
func medianTheory(good []timeline.Failover, theory *record.Bounds) string {
	values, _ := collect(metric{"detection", stage(timeline.Detect)}, good)
	if theory == nil || len(values) == 0 {
		return ""
	}
	median := stats.Summarise(values, 0).Median
	if agrees(median, *theory) {
		return ""
	}
	return fmt.Sprintf("the median detection is %s, theory says %s (%s)", words.Milliseconds(median), words.Span(theory.Low, theory.High), theory.Why)
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
		sum.Warnings = append(sum.Warnings, "seen in "+words.Of(s.N, len(good), "trial"))
	}
	return sum, true
}

func about(run record.Run, s scenarios.Scenario) RunInfo {
	info := RunInfo{
		ID: run.ID, Scenario: run.Scenario, ScenarioSHA256: run.ScenarioSHA256, Topology: s.Topology.Name,
		Seed: run.Seed, Started: run.Started, Ended: run.Ended, Outcome: run.Outcome,
		Anylab: run.Anylab, Kernel: run.Kernel, CPUs: run.CPUs, CPU: run.CPU, Host: run.Host,
		Experiment: experiment(s),
		Daemons:    run.Daemons, Fallbacks: run.Fallbacks,
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
