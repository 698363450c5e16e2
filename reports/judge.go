package reports

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"anylab/lab/record"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// schema names the form of result.json.
const schema = "anylab.result/v1"

// maxDoubtful is the share of planned trials that may be inconclusive, or
// missing, before the run is.
const maxDoubtful = 0.2

// judge turns the failovers of a run into its result. It is pure.
func judge(run record.Run, failovers []timeline.Failover) Result {
	res := Result{
		Schema: schema, Run: about(run),
		Summary: []Summary{}, Verdicts: []Judgement{}, Findings: []Finding{}, Explain: []string{},
	}
	res.Run.Time = runTime(run, failovers)
	cells := divide(run, failovers)
	res.Trials = newTrials(run, cells, failovers)
	doubtful := res.endedEarly(run.Outcome)
	res.warned(run.Warnings)
	doubtful = res.unrecorded(run.Outcome, cells.list) || doubtful
	for _, c := range cells.list {
		res.unannounced(c, failovers)
		doubtful = res.judgeCell(c, res.conclusive(c, failovers)) || doubtful
	}
	res.Comparison = compare(cells.planned(), res.Summary)
	res.floors(cells, failovers)
	res.LeftOut = run.LeftOut
	res.Grid = newGrid(res, cells.planned())
	res.Verdict = Pass
	switch {
	case doubtful:
		res.Verdict = Inconclusive
	case slices.ContainsFunc(res.Verdicts, Judgement.Failed):
		res.Verdict = Fail
	case slices.ContainsFunc(res.Verdicts, func(v Judgement) bool { return !v.OK }):
		res.Verdict = Inconclusive
	}
	return res
}

// newTrials judges the trials side by side: none says anything of another.
func newTrials(run record.Run, all cells, failovers []timeline.Failover) []Trial {
	trials := make([]Trial, len(failovers))
	var judging errgroup.Group
	judging.SetLimit(runtime.NumCPU())
	for first := 0; first < len(trials); first += together {
		judging.Go(func() error {
			for i := first; i < min(first+together, len(trials)); i++ {
				f := &failovers[i]
				c := all.of(f.Cell)
				t := newTrial(f, c.Theory, examine(evidence{*f, c.Theory, c.x, run.Simulated != nil}))
				t.Takeover = c.Takeover
				t.Clients = newClients(f)
				trials[i] = t
			}
			return nil
		})
	}
	_ = judging.Wait() // none fails
	return trials
}

// together is how many trials are worth a turn of a processor.
const together = 64

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

// logsCut notes which programs printed more than is kept.
func (res *Result) logsCut(list []record.CutLog) {
	for _, l := range list {
		written := record.Size(l.Written)
		if l.Written == 0 {
			written = "more than " + record.Size(l.Kept)
		}
		res.Findings = append(res.Findings, Finding{"log-cut", Note,
			fmt.Sprintf("%s were printed to logs/%s, of which the head and the tail are kept", written, l.Log)})
	}
}

// warned notes what check said of the user's own files, but for what the findings
// of a trial say.
func (res *Result) warned(list []string) {
	for _, warning := range list {
		_, remark, _ := strings.Cut(warning, ": ") // after the node
		told := func(f Finding) bool { return strings.Contains(f.Detail, remark) }
		if !slices.ContainsFunc(res.Trials, func(t Trial) bool { return slices.ContainsFunc(t.Findings, told) }) {
			res.Findings = append(res.Findings, Finding{"warning", Note, warning})
		}
	}
}

// unrecorded says whether a run that was carried out to its end lacks trials, or
// has some that nobody planned.
func (res *Result) unrecorded(outcome string, cells []*cell) (doubtful bool) {
	for _, c := range cells {
		if outcome == "completed" && len(c.trials) != c.Trials {
			res.Findings = append(res.Findings, Finding{"trials-missing", Doubt,
				fmt.Sprintf("%s%s on record; %d were made", words.In(c.Values), words.Count(len(c.trials), "trial"), c.Trials)})
			doubtful = true
		}
	}
	return doubtful
}

// judgeCell adds one cell's statistics and verdicts over its conclusive trials.
// It says whether too many of its trials are inconclusive.
func (res *Result) judgeCell(c *cell, good []timeline.Failover) (doubtful bool) {
	name := c.Values
	if name == nil {
		name = map[string]string{}
	}
	for _, m := range withClients(good...) {
		if sum, ok := summarise(m, good); ok {
			sum.Cell = name
			res.Summary = append(res.Summary, sum)
		}
	}
	res.Claims = append(res.Claims, claims(c.x, name, good)...)
	for _, e := range c.x.Expect {
		v := evaluate(e, good)
		v.Cell = name
		res.Verdicts = append(res.Verdicts, v)
	}
	res.stopped(c.Cell)
	if len(good) > 0 {
		res.Explain = append(res.Explain, explain(c.Values, good, c.Theory, resolves(c.x)))
	} else {
		res.Explain = append(res.Explain, res.nothingToExplain(c))
	}
	if detail := medianTheory(good, c.Theory); detail != "" {
		res.Findings = append(res.Findings, Finding{"outside-theory", Note, words.In(c.Values) + detail})
	}
	if detail := distributionTheory(good, c.Theory); detail != "" {
		res.Findings = append(res.Findings, Finding{"distribution", Note, words.In(c.Values) + detail})
	}
	if detail := phasesNotSpread(good, millis(c.Period)); detail != "" {
		res.Findings = append(res.Findings, Finding{"phases-not-spread", Doubt, words.In(c.Values) + detail})
		doubtful = true
	}
	bad := c.Trials - len(good)
	if c.Trials == 0 {
		return doubtful
	}
	if len(good) > 0 && float64(bad) <= maxDoubtful*float64(c.Trials) {
		return doubtful
	}
	res.Findings = append(res.Findings, Finding{tooFewTrials, Doubt,
		words.In(c.Values) + words.Of(len(good), c.Trials, "trial") + " conclusive"})
	return true
}

// agrees says whether a median detection, in milliseconds, is within theory.
func agrees(median bounded, theory record.Bounds) bool {
	return median.high >= theory.Low && median.low <= theory.High+millis(theorySlack)
}

// detection is the metric that theory is about: of the first fault.
func detection() metric {
	return metric{"detection", noticed, func(f *timeline.Failover) (bounded, bool) {
		r, ok := stage(timeline.Detect)(f)
		return r, ok && !f.Broken.Later()
	}}
}

// medianTheory compares the median detection with theory.
func medianTheory(good []timeline.Failover, theory *record.Bounds) string {
	all := collect(detection(), good)
	if theory == nil || len(all) == 0 {
		return ""
	}
	median := all.statistic("median")
	if agrees(median, *theory) {
		return ""
	}
	return fmt.Sprintf("the median detection is %s, theory says %s (%s)", words.Milliseconds(median.value), words.Span(theory.Low, theory.High), theory.Why)
}

func summarise(m metric, good []timeline.Failover) (Summary, bool) {
	all := collect(m, good)
	if len(all) == 0 {
		return Summary{}, false
	}
	s := all.summarise()
	sum := Summary{
		Metric: m.name, Unit: string(m.unit()), N: s.N, Censored: s.Censored,
		Min: Number(s.Min), Median: Number(s.Median), P90: Number(s.P90), P95: Number(s.P95), P99: Number(s.P99), Max: Number(s.Max),
		CI95: [2]Number{Number(s.CI95[0]), Number(s.CI95[1])}, Warnings: append([]string{}, s.Warnings...),
	}
	sum.Low, sum.High = all.ends()
	if s.N < len(good) {
		sum.Warnings = append(sum.Warnings, "seen in "+words.Of(s.N, len(good), "trial"))
	}
	return sum, true
}

func about(run record.Run) RunInfo {
	x := *run.Experiment
	info := RunInfo{
		ID: run.ID, Scenario: run.Named(), Simulated: run.Simulated != nil, ScenarioSHA256: run.ScenarioSHA256, Topology: x.Topology.Name,
		Seed: run.Seed, Started: run.Started, Ended: run.Ended, Outcome: run.Outcome,
		Anylab: run.Anylab, Kernel: run.Kernel, CPUs: run.CPUs, CPU: run.CPU, Host: run.Host,
		Experiment: run.ExperimentSHA, Shard: run.Shard,
		Daemons: run.Daemons, Fallbacks: run.Fallbacks,
		SustainMS: Number(millis(x.Sustain)), LimitMS: Number(millis(x.Limit)),
	}
	if info.Daemons == nil {
		info.Daemons = map[string]string{}
	}
	if info.Fallbacks == nil {
		info.Fallbacks = []string{}
	}
	return info
}

// tooFewTrials doubts that a cell says anything, where others may.
const tooFewTrials = "too-few-trials"
