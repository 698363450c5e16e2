package reports

import (
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/reports/page"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// cellReport is what a report has of one cell.
type cellReport struct {
	name     string // empty without a matrix
	explain  string
	topology record.Topology
	resolves bool // users find a service by DNS, each for himself
	trials   []Trial
	good     []timeline.Failover // of the conclusive trials
	summary  map[string]Summary  // by metric
	verdicts []Judgement
	watched  *record.Monitoring // by a Prometheus in the lab; nil: it is not
}

// parts returns those of the run's cells.
func (r *Report) cellReports() []cellReport {
	var list []cellReport
	at := map[string]int{}
	for i, c := range planned(r.Run, r.Failovers) {
		name := record.CellName(c.Values)
		at[name] = i
		made := min(c.Trials, len(r.Failovers))
		list = append(list, cellReport{name: name, explain: r.Result.Explain[i], summary: map[string]Summary{},
			trials: make([]Trial, 0, made), good: make([]timeline.Failover, 0, made)})
		if c.Experiment != nil {
			list[i].topology = c.Experiment.Topology
			list[i].resolves = resolves(*c.Experiment)
			list[i].watched = c.Experiment.Monitoring
		}
	}
	of := func(cell map[string]string) *cellReport {
		if i, ok := at[record.CellName(cell)]; ok {
			return &list[i]
		}
		return &cellReport{summary: map[string]Summary{}} // of a cell that was not planned
	}
	for i, f := range r.Failovers {
		t, p := r.Result.Trials[i], of(f.Cell)
		p.trials = append(p.trials, t)
		if t.Status.judged() {
			p.good = append(p.good, f)
		}
	}
	for _, s := range r.Result.Summary {
		of(s.Cell).summary[s.Metric] = s
	}
	for _, v := range r.Result.Verdicts {
		p := of(v.Cell)
		p.verdicts = append(p.verdicts, v)
	}
	return list
}

// failed says whether an expectation was judged and did not hold.
func (p cellReport) failed() bool {
	return slices.ContainsFunc(p.verdicts, Judgement.Failed)
}

// cellSections show what each cell came to.
func cellSections(s sheet) []page.Section {
	var list []page.Section
	for _, p := range s.cells {
		own := append([]page.Section{p.outcome()}, p.clients()...)
		own = slices.Concat(own, p.catchment(), p.floods(), p.ways())
		own = append(own, stageSection("after "+struck(p.good), shares(p.good, afterFault)),
			stageSection("after healing", shares(p.good, afterHealing)), p.streams(), p.expectations(s.Result.trusted()))
		own = append(own, p.pager()...)
		for i := range own {
			own[i].Detail = own[i].Detail || s.brief && !p.failed()
		}
		list = append(list, own...)
	}
	return list
}

// outcome has the times that users see, over the conclusive trials.
func (p cellReport) outcome() page.Section {
	s := page.Section{Text: []string{words.Sentence(strings.TrimPrefix(p.explain, p.name+": "))}, Head: []string{"", "median", "the truth lies in", "p95", "max"}}
	if p.name != "" {
		s.Title = p.name + ": " + words.Of(len(p.good), len(p.trials), "trial") + " conclusive"
	}
	for _, name := range []string{"interruption", "outage", "user_outage", "switch", "failback_outage", "failback_switch"} {
		m, ok := p.summary[name]
		if !ok || name == "user_outage" && !p.resolves {
			continue
		}
		bounds := ""
		if m.Censored == 0 {
			bounds = m.medianSpan()
		}
		s.Rows = append(s.Rows, append(page.Texts(strings.ReplaceAll(name, "_", " ")),
			page.Numbers(words.Milliseconds(float64(m.Median)), bounds, words.Milliseconds(float64(m.P95)), words.Milliseconds(float64(m.Max)))...))
	}
	return s
}

// medianSpan is between what the median is with all values at their low ends, and
// with all at their high ends: there the median of the truths lies.
func (s Summary) medianSpan() string {
	if s.Low == nil || s.High == nil {
		return words.Span(float64(s.Median), float64(s.Median))
	}
	return words.Span(float64(s.Low.Median), float64(s.High.Median))
}

// stageSection shows how long each stage took, and as what part of the whole.
// struck names the fault that the stages are of: with several it need not be the
// first, nor the same in every trial.
func struck(good []timeline.Failover) string {
	var names []string
	for _, f := range good {
		name := "the fault"
		if s := f.Broken.Struck; f.Broken.Later() {
			name = s.Kind + " on " + strings.Join(s.On, "-")
		}
		names = append(names, name)
	}
	slices.Sort(names)
	switch names = slices.Compact(names); len(names) {
	case 0:
		return "the fault"
	case 1:
		return names[0]
	}
	return "the fault with the longest outage"
}

func stageSection(when string, list []share) page.Section {
	s := page.Section{Head: []string{"stage " + when, "lasted (median)", "lasted (p95)", "share"}}
	for _, stage := range list {
		name := words.Noun(stage.stage)
		if stage.cause != "" {
			name += ": " + string(stage.cause)
		}
		row := append(page.Texts(name), page.Numbers(words.Milliseconds(stage.median), words.Milliseconds(stage.p95))...)
		s.Rows = append(s.Rows, append(row, page.Cell{Text: words.Share(stage.part), Kind: page.Bar, Part: stage.part}))
	}
	return s
}

// trusted is Inconclusive only where nothing that the run says can be trusted. Of
// one in which some expectation can't be decided the others hold, or don't.
func (res Result) trusted() Outcome {
	doubt := func(f Finding) bool { return f.Severity == Doubt }
	if res.Verdict == Inconclusive && !slices.ContainsFunc(res.Findings, doubt) {
		return Fail
	}
	return res.Verdict
}

// expectations are the cell's, with the doubts about its statistics.
func (p cellReport) expectations(run Outcome) page.Section {
	s := page.Section{Head: []string{"", "expectation", "value"}}
	for _, v := range p.verdicts {
		s.Rows = append(s.Rows, []page.Cell{mark(v, run), {Text: v.Expect, Kind: page.Code}, {Text: v.seen()}})
		switch {
		case v.Decides == "":
		case v.Low != "":
			s.Notes = append(s.Notes, v.Expect+" holds at one end and not at the other; it would take "+v.Decides)
		default:
			s.Notes = append(s.Notes, v.Expect+" can't be judged; it would take "+v.Decides)
		}
	}
	if run == Inconclusive && len(p.verdicts) > 0 {
		s.Notes = append(s.Notes, "these are not judged: the run is inconclusive")
	}
	s.Notes = append(s.Notes, relevant(p.summary["outage"].Warnings, p.verdicts)...)
	return s
}

// mark says whether an expectation held, in brackets where that counts for
// nothing.
func mark(v Judgement, run Outcome) page.Cell {
	c := page.Cell{Text: "FAILED", Kind: page.Badge, Tone: page.Bad}
	switch {
	case run == Inconclusive && v.OK:
		c.Text, c.Tone = "(ok)", page.Plain
	case run == Inconclusive && v.Value != notJudged:
		c.Text, c.Tone = "(not)", page.Plain
	case v.Decides != "":
		c.Text, c.Tone = "can't tell", page.Doubtful
	case v.OK:
		c.Text, c.Tone = "ok", page.Good
	case v.Value == notJudged:
		c.Text, c.Tone = "?", page.Doubtful
	}
	return c
}

// relevant keeps the doubts about what is shown: the median, p95, and any
// other quantile that an expectation names.
func relevant(warnings []string, verdicts []Judgement) []string {
	return slices.DeleteFunc(slices.Clone(warnings), func(w string) bool {
		stat, _, _ := strings.Cut(w, ":")
		if stat != "p90" && stat != "p99" {
			return false
		}
		return !slices.ContainsFunc(verdicts, func(v Judgement) bool { return strings.HasPrefix(v.Expect, stat+"(") })
	})
}

// resolves says whether users find a service by DNS, each for himself.
func resolves(x record.Experiment) bool {
	return slices.ContainsFunc(x.Services, func(s record.Service) bool { return s.DNS != nil })
}
