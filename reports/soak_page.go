package reports

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"anylab/reports/page"
	"anylab/reports/words"
)

// Page lays the soak out.
func (s *Soak) Page() page.Page {
	p := page.Page{Title: "Soak of " + strings.TrimSuffix(s.Run.Scenario, "-soak"), Verdict: s.verdict().badge(), Lead: s.Lead()}
	p.Sections = append(p.Sections, s.violationSection(), s.faultSection(), s.growthSection(),
		page.Section{Title: "Once more", Text: []string{"The same faults in the same order: " + s.Command}})
	return p
}

// verdict is what the soak has come to.
func (s *Soak) verdict() Outcome {
	switch s.ExitCode() {
	case 0:
		return Pass
	case 1:
		return Fail
	}
	return Inconclusive
}

// Lead says in a line what it has come to.
func (s *Soak) Lead() string {
	text := fmt.Sprintf("%s, %s, %s", words.Count(s.Trials, "fault"), s.violated(), s.grown())
	if !s.Run.Ended.IsZero() {
		text += " in " + s.Run.Ended.Sub(s.Run.Started).Round(time.Second).String()
	}
	if o := s.Run.Outcome; o != "" && o != "completed" {
		text += " (ended early: " + o + ")"
	}
	return text
}

func (s *Soak) violated() string {
	text := "no violation"
	if s.Violated > 0 {
		text = words.Count(s.Violated, "fault") + " with a violation"
	}
	if s.Unclear > 0 {
		text += fmt.Sprintf(", %d unclear", s.Unclear)
	}
	return text
}

// ByKind says in few words how many faults of each kind there were.
func (s *Soak) ByKind() string {
	var list []string
	for _, f := range s.byName() {
		list = append(list, fmt.Sprintf("%s %d", f.Fault, f.Trials))
	}
	return strings.Join(list, ", ")
}

func (s *Soak) byName() []Soaked {
	return slices.SortedFunc(slices.Values(s.Faults), func(a, b Soaked) int { return strings.Compare(a.Fault, b.Fault) })
}

func (s *Soak) violationSection() page.Section {
	if len(s.Violations) == 0 {
		return page.Section{Title: "Violations", Text: []string{"After every fault service came back, everybody was served again by whom he was served before, nothing grew, and between faults nothing failed over."}}
	}
	list := page.Section{Title: "Violations", Head: []string{"fault", "what was broken", "invariant", "what was seen", "record"}}
	for _, v := range s.Violations {
		says := v.Says
		if v.Unclear != "" {
			says += " (unclear: " + v.Unclear + ")"
		}
		list.Rows = append(list.Rows, page.Texts(fmt.Sprint(v.Trial), v.Failure, v.Invariant, says, v.Record))
	}
	list.Notes = []string{"to make the same faults up to the first of these: " + s.Violations[0].Replay,
		"anylab report DIRECTORY/" + KeptRecord + " shows the record of a fault"}
	return list
}

// KeptRecord is how the record of a fault is called.
const KeptRecord = "trial-NNNN"

func (s *Soak) faultSection() page.Section {
	list := page.Section{Title: "Faults", Head: []string{"kind", "made", "violated", "longest interruption", "of"}}
	for _, f := range s.byName() {
		longest := "-"
		if f.Longest != nil {
			longest = words.Milliseconds(float64(*f.Longest))
		}
		list.Rows = append(list.Rows, page.Texts(f.Fault, fmt.Sprint(f.Trials), fmt.Sprint(f.Violated), longest, words.Count(len(slices.Collect(maps.Keys(f.On))), "place")))
	}
	return list
}

func (s *Soak) growthSection() page.Section {
	list := page.Section{Title: "Growth", Head: []string{"", "first", "last", "most"}, First: 12}
	for _, g := range s.Growth {
		what := g.What
		if g.Grown {
			what += " (grown)"
		}
		list.Rows = append(list.Rows, page.Texts(what, g.amount(g.First), g.amount(g.Last), g.amount(g.Most)))
	}
	list.Notes = []string{fmt.Sprintf("first: the most of the first %d looks, before each fault; grown: all of the last %d looks were above it by more than comes and goes", looks, looks)}
	return list
}
