package reports

import (
	"fmt"
	"slices"
	"time"

	"anylab/reports/page"
	"anylab/reports/words"
)

// PartInfo is one part of a run that was made in parts: on which machine it was
// made, and what is known of that while it was.
type PartInfo struct {
	Name         string  `json:"name"`
	Machine      string  `json:"machine,omitempty"` // by which its cells are told apart, where machines differ
	Host         string  `json:"host,omitempty"`
	About        string  `json:"about"` // kernel, processors, daemons
	Outcome      string  `json:"outcome"`
	Trials       int     `json:"trials"`
	Inconclusive int     `json:"inconclusive"`
	ClockMS      Number  `json:"clock_ms"` // the largest change of the wall clock against the monotonic one
	Busy         Number  `json:"busy"`     // which share of the processors others used, over its trials
	Silences     int     `json:"silences"` // known ones
	Outside      int     `json:"silences_outside"`
	ErrorMS      *Number `json:"error_max_ms,omitempty"` // of what they were measured as
}

// partInfos describes the parts; nil of a run that was made at once.
func (r *Report) partInfos() []PartInfo {
	if len(r.Run.Parts) == 0 {
		return nil
	}
	var list []PartInfo
	for _, p := range r.sources {
		list = append(list, p.info())
	}
	for _, t := range r.Result.Trials {
		if !t.Status.judged() {
			list[slices.Index(r.Run.Parts, t.Part)].Inconclusive++
		}
	}
	return list
}

func (p *source) info() PartInfo {
	i := PartInfo{Name: p.name, Machine: p.machine, Host: p.run.Host, Outcome: p.run.Outcome, Trials: len(p.history.Trials)}
	if p.dir != "" {
		i.About = machineOf(p.run)
	}
	var clock, foreign, all time.Duration
	for _, f := range p.history.Trials {
		clock = max(clock, f.Clock)
		for _, l := range f.Loads {
			foreign, all = foreign+l.Foreign, all+time.Duration(f.CPUs)*l.To.Sub(l.From)
		}
	}
	i.ClockMS, i.Busy = Number(millis(clock)), Number(ratio(foreign, all))
	if c := p.own.Calibration; c != nil {
		i.Silences, i.Outside, i.ErrorMS = len(c.Silences), c.Outside, &c.ErrorMS.Max
	}
	return i
}

// partSection has a row for each part.
func partSection(s sheet) []page.Section {
	list := page.Section{Title: "Parts", Head: []string{"part", "trials", "inconclusive", "silences", "max error", "clock", "others' load", "machine"}, Detail: len(s.Result.Parts) > fewTrials}
	for _, p := range s.Result.Parts {
		row := append(page.Texts(p.Name), page.Numbers(fmt.Sprint(p.Trials), fmt.Sprint(p.Inconclusive), fmt.Sprint(p.Silences),
			maybe(p.ErrorMS, "-"), words.Milliseconds(float64(p.ClockMS)), words.Share(float64(p.Busy)))...)
		about := p.About
		if p.Host != "" {
			about = p.Host + ": " + about
		}
		list.Rows = append(list.Rows, append(row, page.Texts(about)...))
	}
	if len(list.Rows) > 0 {
		list.Notes = []string{"each part was judged by its own clock, calibration and load; clock: by how much its wall clock was changed at most"}
	}
	return []page.Section{list}
}

// asShard takes back what a shard can't say: it is a part of what is to be judged.
// Whether its own record can be trusted stands.
func (r *Report) asShard() {
	s := r.Run.Shard
	if s == nil || len(r.Run.Parts) > 0 {
		return
	}
	res := &r.Result
	res.Verdicts, res.Claims = []Judgement{}, nil
	res.Findings = slices.DeleteFunc(res.Findings, func(f Finding) bool { return f.Name == tooFewTrials || f.Name == "phases-not-spread" })
	res.Verdict = Recorded
	if slices.ContainsFunc(res.Findings, Finding.EndsTrust) {
		res.Verdict = Inconclusive
	}
	res.Findings = append(res.Findings, Finding{"shard", Doubt,
		fmt.Sprintf("this is shard %v of a run, which judges nothing: anylab merge makes one run of all %d", s, s.Of)})
}

// processors are the doubts that come of sharing the machine's processors.
var processors = []string{"detection-under-load", "kernel-busy", "own-queue", "run-queue", "starved"}

// sideBySide says whether labs of one machine were in each other's way: they share
// its processors.
func (r *Report) sideBySide() {
	labs := slices.DeleteFunc(slices.Clone(r.sources), func(p *source) bool { return p.run.Validation == nil })
	if len(labs) < 2 {
		return
	}
	held, most := 0, time.Duration(0)
	for _, f := range r.Failovers {
		var by time.Duration
		for _, d := range f.Doubts {
			if slices.Contains(processors, d.Name) {
				by = max(by, d.For)
			}
		}
		if most = max(most, by); by > 0 {
			held++
		}
	}
	if float64(held) <= maxDoubtful*float64(len(r.Failovers)) {
		return
	}
	r.Result.Findings = append(r.Result.Findings, Finding{"labs-crowded", Note,
		fmt.Sprintf("%s waited for a processor, up to %s, while %d labs were up side by side: --labs 1 has narrower bounds", words.Of(held, len(r.Failovers), "trial"), words.Duration(most), len(labs))})
}
