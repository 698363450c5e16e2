package reports

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"anylab/reports/figure"
	"anylab/reports/page"
	"anylab/reports/stats"
	"anylab/reports/words"
)

// validationSections are those of a validation's page, in its order.
var validationSections = []section{
	validatedSection, decidesSection, openSection, untriedSection, limitsSection, againSection,
	networkSection, timelineSections, partSection, measurementSection, findingDetails, conditionSection, scenarioSection,
}

// validationPage lays a validation out: the answer first.
func (r *Report) validationPage(exhibits []*exhibit) page.Page {
	p := page.Page{Title: "Failover of " + r.Result.Run.Topology, Verdict: answerBadge(r.Result.Validation.Answer), Lead: r.lead(), Choices: choices}
	for _, section := range validationSections {
		p.Sections = append(p.Sections, section(sheet{Report: r, exhibits: exhibits})...)
	}
	return p
}

func answerBadge(a stats.Answer) page.Cell {
	tone := map[stats.Answer]page.Tone{stats.Proven: page.Good, stats.Refuted: page.Bad, stats.Undecided: page.Doubtful}[a]
	return page.Cell{Text: string(a), Kind: page.Badge, Tone: tone}
}

// validatedSection is the answer, with a row for each failure and client.
func validatedSection(s sheet) []page.Section {
	v := s.Result.Validation
	list := page.Section{Title: v.Says, Head: []string{"", "failure", "met in", "typical", "longest"}, Picture: s.figure(figure.ValidationName + ".svg")}
	stands := map[string]int{}
	for _, f := range v.Failures {
		stands[f.Like]++
	}
	for _, f := range v.Failures {
		name := f.Failure
		if n := stands[f.Failure]; n > 0 {
			name += fmt.Sprintf(" (and %d alike)", n)
		}
		for _, s := range f.seen() {
			list.Rows = append(list.Rows, s.row(name+s.by))
		}
	}
	list.Notes = append(requirements(v.Failures), "met in: so many of all trials; typical, longest: how long users were cut off, the median of the conclusive trials and the longest of them")
	return []page.Section{list}
}

// sighting is what several clients saw alike of a failure, with the times of whom it hit
// worst.
type sighting struct {
	Answered
	by string // ", for near": empty where it is all of them
}

// seen puts together the clients of which the same is said.
func (f Validated) seen() []sighting {
	var list []sighting
	for _, a := range f.Clients {
		at := slices.IndexFunc(list, func(s sighting) bool { return s.Answer == a.Answer && s.Says == a.Says })
		if at < 0 {
			list = append(list, sighting{a, ", for " + a.Client})
			continue
		}
		s := &list[at]
		s.by += ", " + a.Client
		s.Median, s.Max = worst(s.Median, a.Median), worst(s.Max, a.Max)
	}
	if len(list) == 1 {
		list[0].by = ""
	}
	return list
}

// worst is the greater of two, of which one may be missing.
func worst(a, b Number) Number {
	if math.IsNaN(float64(a)) {
		return b
	}
	return max(a, b)
}

func (a Answered) row(name string) []page.Cell {
	row := []page.Cell{answerBadge(a.Answer), {Text: name}}
	if a.Trials == 0 {
		return append(row, page.Numbers("no trial", "-", "-")...)
	}
	shown := func(ms Number) string {
		if math.IsNaN(float64(ms)) {
			return "-"
		}
		return words.Milliseconds(float64(ms))
	}
	return append(row, page.Numbers(fmt.Sprintf("%d of %d", a.Met, a.Trials), shown(a.Median), shown(a.Max))...)
}

// openSection says of each failure that is undecided what is known, and what it
// would take.
func openSection(s sheet) []page.Section {
	list := page.Section{Title: "Undecided", Head: []string{"when", "what is known, and what it would take"}}
	var known []string
	of := map[string][]string{} // by what is known
	for _, f := range s.Result.Validation.Failures {
		for _, s := range f.seen() {
			if s.Answer != stats.Undecided {
				continue
			}
			if of[s.Says] = append(of[s.Says], f.Failure+s.by); len(of[s.Says]) == 1 {
				known = append(known, s.Says)
			}
		}
	}
	for _, says := range known {
		list.Rows = append(list.Rows, page.Texts(strings.Join(of[says], "; "), says))
	}
	return []page.Section{list}
}

// requirements says which failures are asked what.
func requirements(list []Validated) []string {
	var texts []string
	of := map[string][]string{}
	for _, f := range list {
		if f.Answer == "" {
			continue
		}
		text := strings.Join(f.Require, ", ")
		if of[text] = append(of[text], f.Failure); len(of[text]) == 1 {
			texts = append(texts, text)
		}
	}
	for i, text := range texts {
		who := "in all failures"
		if len(texts) > 1 && len(of[text]) > 3 {
			who = fmt.Sprintf("in %d of them", len(of[text]))
		} else if len(texts) > 1 {
			who = "when " + strings.Join(of[text], ", or ")
		}
		texts[i] = "required: " + text + ", " + who
	}
	return texts
}

// decidesSection says of each failure that is refuted what decides it.
func decidesSection(s sheet) []page.Section {
	list := page.Section{Title: "What decides it, and what would have to be otherwise", Head: []string{"when", "what takes the time", "which setting would have to be what"}}
	last := ""
	for _, f := range s.Result.Validation.with(stats.Refuted) {
		setting := f.Setting
		if setting == "" {
			setting = "no setting that is known here"
		}
		if setting == last {
			setting = "the same"
		} else {
			last = setting
		}
		list.Rows = append(list.Rows, page.Texts(f.Failure, f.Decides, setting))
	}
	return []page.Section{list}
}

// untriedSection lists what was not tried, by the reasons. Of a site of which more
// than a few failures were not, it counts them.
func untriedSection(s sheet) []page.Section {
	list := page.Section{Title: "Not tried", Head: []string{"why", "failures"}}
	var reasons []string
	of := map[string][]Validated{}
	for _, f := range s.Result.Validation.Failures {
		if f.Answer != "" && len(f.of.Bound) > 0 {
			f.Not = "there is no second one: without it " + strings.Join(f.of.Bound, ", ") + " can't reach any site; of others it is asked"
		} else if f.Answer != "" || f.Like != "" {
			continue
		}
		if of[f.Not] = append(of[f.Not], f); len(of[f.Not]) == 1 {
			reasons = append(reasons, f.Not)
		}
	}
	for _, reason := range reasons {
		list.Rows = append(list.Rows, page.Texts(reason, strings.Join(namesOf(of[reason]), "; ")))
	}
	return []page.Section{list}
}

// fewOfASite is up to how many failures of one site are named.
const fewOfASite = 4

func namesOf(list []Validated) []string {
	bySite := map[string]int{}
	for _, f := range list {
		bySite[f.of.Site]++
	}
	var names []string
	for _, f := range list {
		name := f.Failure
		if n := bySite[f.of.Site]; f.of.Site != "" && n > fewOfASite {
			name = fmt.Sprintf("all %d of %s", n, f.of.Site)
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// limitsSection says what the answer does not say.
func limitsSection(s sheet) []page.Section {
	v := s.Result.Validation
	texts := []string{
		fmt.Sprintf("proven means: had fewer than %s of all cases met the requirement, trials as good as these would have come about with a probability of at most %s; refuted means the same of the opposite; each failure and client by itself",
			percent(v.Share), percent(1-v.Confidence)),
		"a trial counts against a proof unless its interval as a whole meets the requirement, and towards a refutation only if its interval as a whole violates it; an inconclusive one counts against a proof",
		"what was measured is this lab: these programs, timers and links, on one machine. What a real network adds (hardware, load, other routes, policies that are not in the topology) is not in it",
		"one thing fails at a time, while everything else is well; failures that follow each other, or come together, were not tried",
	}
	if slices.ContainsFunc(v.Failures, func(f Validated) bool { return f.Answer != "" && f.of.Planned }) {
		texts = append(texts, "what is done on purpose was done by the book, and by one site at a time")
	}
	return []page.Section{{Title: "What this does not say", Notes: texts}}
}

// findingDetails are the findings of so many trials: for whoever looks closer, and
// folded away else.
func findingDetails(s sheet) []page.Section {
	list := findingSection(s)
	for i := range list {
		list[i].Detail, list[i].Folded = true, true
	}
	return list
}

// validationFigure is what the figure shows.
func (r *Report) validationFigure() figure.Validation {
	v := r.Result.Validation
	in := figure.Validation{Title: v.Says}
	for _, f := range v.Failures {
		if f.Answer == "" {
			continue
		}
		row := figure.Validated{Name: f.Failure, Answer: f.Answer}
		for _, t := range f.trials {
			m, _ := metricOf("interruption")
			if ms, ok := m.of(&t.Failover); ok {
				row.Dots = append(row.Dots, t.dot(ms))
			}
		}
		for _, e := range f.of.Require {
			if e.Metric == "interruption" {
				row.Limits = append(row.Limits, figure.Limit{Expect: e.Text, MS: e.Value})
			}
		}
		in.Rows = append(in.Rows, row)
	}
	return in
}

// dot is the trial's. One whose end was not seen stands where the trial ended.
func (t tried) dot(ms bounded) figure.Dot {
	d := figure.Dot{MS: ms.value, Low: ms.low, Inconclusive: t.status == Doubtful, Open: t.status == NotRestored}
	if !stats.Finite(ms.value) {
		d.Low, d.Open = max(d.Low, millis(t.Interruption().Value)), true
	}
	return d
}
