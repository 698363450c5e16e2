package reports

import (
	"cmp"
	"slices"

	"anylab/lab/record"
	"anylab/reports/stats"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// Validation says of every failure of a network whether it is proven that enough
// of its cases meet the requirements.
type Validation struct {
	Answer     stats.Answer `json:"answer"` // refuted if one is; proven if all are that were tried
	Says       string       `json:"says"`   // in one sentence
	Share      float64      `json:"share"`
	Confidence float64      `json:"confidence"`
	Allowed    int          `json:"allowed"`
	Failures   []Validated  `json:"failures"`
}

// Validated is what the trials of one failure come to.
type Validated struct {
	Failure string       `json:"failure"`
	Require []string     `json:"require"`
	Answer  stats.Answer `json:"answer,omitempty"` // of the client with the worst one; empty: not tried
	Not     string       `json:"not,omitempty"`    // why it is not tried
	Like    string       `json:"like,omitempty"`   // the failure that stands for it
	Clients []Answered   `json:"clients"`
	Decides string       `json:"decides,omitempty"` // of one that is refuted: what takes the time
	Setting string       `json:"setting,omitempty"` // and what would have to be otherwise

	of     record.Failure
	cell   *cell
	trials []tried
	blame  string // what decides it, in few words
}

// tried is one trial that counts.
type tried struct {
	timeline.Failover
	status Status
	doubt  string // why it is inconclusive; empty: it is not
}

// Answered is a failure as one client saw it.
type Answered struct {
	Client   string       `json:"client"`
	Says     string       `json:"says"` // how the answer came about
	Answer   stats.Answer `json:"answer"`
	Trials   int          `json:"trials"`
	Met      int          `json:"met"`
	Violated int          `json:"violated"`  // what is neither lies on both sides, or is inconclusive
	More     int          `json:"more"`      // undecided: how many trials more prove it if all of them meet it; 0: none do
	ToRefute int          `json:"to_refute"` // likewise: refute it if all of them violate it
	Least    Number       `json:"least"`     // the share that meets it, at least, by all trials
	Most     Number       `json:"most"`
	Median   Number       `json:"interruption_median_ms"`
	Max      Number       `json:"interruption_max_ms"`
	OneSided bool         `json:"one_phase,omitempty"` // no proof, for all faults struck one phase of a timer
}

// wanted is what a run asks of a proof.
func wanted(v record.Validation) stats.Standard {
	return stats.NewStandard(v.Share, v.Confidence, v.Allowed)
}

// Trials is how many trials of a failure its longest proof takes.
func Trials(v record.Validation) int { return wanted(v).Longest() }

// LeastTrials is how many refute it where none meets the requirement.
func LeastTrials(v record.Validation) int { return wanted(v).Quickest() }

// validate answers for every failure of the run.
func (r *Report) validate() {
	v := r.Run.Validation
	if v == nil {
		return
	}
	known, s := divide(r.Run, r.Failovers), wanted(*v)
	res := Validation{Share: v.Share, Confidence: v.Confidence, Allowed: v.Allowed, Failures: []Validated{}}
	for _, f := range v.Failures {
		row := Validated{Failure: f.Label, Require: []string{}, Not: f.Not, Like: f.Like, Clients: []Answered{}, of: f,
			cell: known.of(map[string]string{record.CellLabel: f.Label})}
		for _, e := range f.Require {
			row.Require = append(row.Require, e.Text)
		}
		r.answer(&row, s)
		res.Failures = append(res.Failures, row)
	}
	res.Answer, res.Says = res.answer(), res.says()
	r.Result.Validation = &res
	r.Result.Verdict = map[stats.Answer]Outcome{stats.Proven: Pass, stats.Refuted: Fail, stats.Undecided: Inconclusive}[res.Answer]
	if r.Result.Verdict == Pass && slices.ContainsFunc(r.Result.Findings, Finding.EndsTrust) {
		r.Result.Verdict = Inconclusive
	}
}

// EndsTrust says whether the finding, which is the run's, leaves no proof standing:
// what is missing may be what would have failed.
func (f Finding) EndsTrust() bool {
	return slices.Contains([]string{"ended-early", "record-cut-short", "trials-missing"}, f.Name)
}

// leastIdle is how many trials that touch nobody show that nobody depends on what
// is on no site: whether traffic passes it is not known before.
const leastIdle = 2

// answer answers for one failure.
func (r *Report) answer(v *Validated, s stats.Standard) {
	if !v.of.Tried() {
		return
	}
	for _, i := range v.cell.trials {
		if t := r.Result.Trials[i]; !slices.ContainsFunc(t.Findings, func(f Finding) bool { return f.Name == "interrupted" }) {
			v.trials = append(v.trials, v.trial(r.Failovers[i], t))
		}
	}
	if v.of.Site == "" && len(v.trials) >= leastIdle && !slices.ContainsFunc(v.trials, tried.disturbs) {
		v.Not = "nobody depends on it: it touched no one in " + words.Of(len(v.trials), len(v.trials), "trial")
		return
	}
	v.Answer = stats.Proven
	for _, client := range clientsOfRun(v.cell.x) {
		if slices.Contains(v.of.Bound, client) {
			continue
		}
		a := v.asked(client, s)
		v.Clients = append(v.Clients, a)
		v.Answer = worse(v.Answer, a.Answer)
	}
	if v.Answer == stats.Refuted {
		v.blame, v.Decides, v.Setting = v.decider()
	}
}

// trial is one as it counts. One that struck a site which by then served nobody is no
// case of the failure: the lab has come to rest elsewhere than it had settled.
func (v Validated) trial(f timeline.Failover, t Trial) tried {
	if t.Status != Untouched || v.of.Site == "" {
		return tried{f, t.Status, t.doubt()}
	}
	i := slices.IndexFunc(t.Findings, func(f Finding) bool { return f.Name == untouchedFinding })
	return tried{f, Doubtful, untouchedFinding + ": " + t.Findings[i].Detail}
}

// disturbs says whether anybody was touched, or it is not known.
func (t tried) disturbs() bool {
	return t.status == Doubtful || moved(t.Failover) || affects(t.Failover)
}

// clientsOfRun lists who asks.
func clientsOfRun(x record.Experiment) []string {
	var list []string
	for _, p := range x.Probes {
		if !slices.Contains(list, p.From) {
			list = append(list, p.From)
		}
	}
	return list
}

// asked answers for one client.
func (v Validated) asked(client string, s stats.Standard) Answered {
	var shown []stats.Shown
	var good []timeline.Failover
	for _, t := range v.trials {
		shown = append(shown, t.shows(v.of.Require, client))
		if t.status != Doubtful {
			good = append(good, t.Failover)
		}
	}
	p := s.Judge(shown)
	a := Answered{Client: client, Answer: p.Answer, Trials: p.N, Met: p.Met, Violated: p.Violated, More: p.More, ToRefute: p.ToRefute, Least: Number(p.Least), Most: Number(p.Most)}
	m, _ := metricOf(record.OfClient("interruption", client))
	sum := collect(m, good).summarise()
	a.Median, a.Max = Number(sum.Median), Number(sum.Max)
	if a.Answer == stats.Proven && phasesNotSpread(good, millis(v.cell.Period)) != "" {
		a.Answer, a.OneSided = stats.Undecided, true
	}
	a.Says = a.state(s, v.doubts(shown))
	return a
}

// doubt is the first that makes the trial inconclusive.
func (t Trial) doubt() string {
	for _, f := range t.Findings {
		if f.Severity == Doubt {
			return f.Name + ": " + f.Detail
		}
	}
	return ""
}

// doubts is what stands behind the first trial that is unclear: the worst, where
// several do.
func (v Validated) doubts(shown []stats.Shown) string {
	at := slices.Index(shown, stats.Unclear)
	switch {
	case at < 0:
		return ""
	case v.trials[at].doubt != "":
		return v.trials[at].doubt
	}
	list := v.trials[at].Doubts
	if len(list) == 0 {
		return ""
	}
	worst := slices.MaxFunc(list, func(a, b timeline.Doubt) int { return cmp.Compare(a.For, b.For) })
	return worst.Name + ": " + worst.What
}

// shows is what a trial shows a client of the requirements: that all are met, also
// at the far ends of what they read; that one is not, even at the near end; or
// neither. An inconclusive trial shows neither, and one that touched nobody that
// they are met.
func (t tried) shows(require []record.Expectation, client string) stats.Shown {
	switch t.status {
	case Doubtful:
		return stats.Unclear
	case Untouched:
		return stats.Met
	}
	worst := stats.Met
	for _, e := range require {
		if e.Of != "" && e.Of != client {
			continue
		}
		shown := stats.Unclear
		m, _ := metricOf(record.OfClient(e.Metric, client))
		if r, ok := m.of(&t.Failover); ok {
			shown = map[verdict]stats.Shown{yes: stats.Met, no: stats.Violated, undecided: stats.Unclear}[within(r, e)]
		}
		worst = max(worst, shown)
	}
	return worst
}

// worse returns the answer that is the whole's.
func worse(a, b stats.Answer) stats.Answer {
	for _, answer := range []stats.Answer{stats.Refuted, stats.Undecided} {
		if a == answer || b == answer {
			return answer
		}
	}
	return stats.Proven
}

// with lists the failures that have the answer.
func (v Validation) with(a stats.Answer) []Validated {
	return slices.DeleteFunc(slices.Clone(v.Failures), func(f Validated) bool { return f.Answer != a })
}

// answer is the whole's. Where nothing was tried, nothing is known.
func (v Validation) answer() stats.Answer {
	switch {
	case len(v.with(stats.Refuted)) > 0:
		return stats.Refuted
	case len(v.with(stats.Undecided)) > 0, len(v.with(stats.Proven)) == 0:
		return stats.Undecided
	}
	return stats.Proven
}
