package reports

import (
	"fmt"
	"slices"
	"strings"

	"anylab/reports/page"
	"anylab/reports/words"
)

// found is one finding with the trials that have it. Its detail is that of the
// first of them.
type found struct {
	Finding
	Where string

	trials []string // their numbers
	same   bool     // all have the same detail
}

// findingSection lists what was found, and where.
func findingSection(s sheet) []page.Section {
	list := page.Section{Title: "Findings", Head: []string{"", "finding", "where", "what was seen"}}
	for _, f := range s.findings() {
		severity := page.Cell{Text: string(f.Severity), Kind: page.Badge}
		if f.Severity == Doubt {
			severity.Tone = page.Doubtful
		}
		list.Rows = append(list.Rows, append([]page.Cell{severity}, page.Texts(f.Name, f.Where, f.Detail)...))
	}
	return []page.Section{list}
}

// findings lists those of the run, then those of the trials, each name once in
// each cell.
func (r *Report) findings() []found {
	var list []found
	for _, f := range r.Result.Findings {
		list = append(list, found{Finding: f, Where: "the run"})
	}
	at := map[string]int{}
	for _, t := range r.Result.Trials {
		for _, f := range t.said() {
			name := words.In(t.Cell) + f.Name
			if _, ok := at[name]; !ok {
				at[name] = len(list)
				list = append(list, found{Finding: f, same: true})
			}
			first := &list[at[name]]
			first.same = first.same && f.Detail == first.Detail
			first.trials = append(first.trials, fmt.Sprint(t.Index+1))
			first.Where = words.In(t.Cell) + first.where()
		}
	}
	return list
}

// said is what was found about the trial, and what widened its bounds.
func (t Trial) said() []Finding {
	list := slices.Clone(t.Findings)
	for _, d := range t.Doubts {
		list = append(list, Finding{d.Name, widens, d.text()})
	}
	return list
}

// widens is shown in place of a severity: the finding widened bounds.
const widens Severity = "bounds"

// fewWhere is up to how many trials a finding names.
const fewWhere = 5

// where names the trials: the one that the detail is of, and apart from it
// those that differ.
func (f found) where() string {
	switch n := len(f.trials); {
	case f.same && n > fewWhere:
		return words.Count(n, "trial") + ", first " + f.trials[0]
	case f.same:
		return "trial " + strings.Join(f.trials, ", ")
	case n > fewWhere:
		return fmt.Sprintf("trial %s, also %d others", f.trials[0], n-1)
	}
	return fmt.Sprintf("trial %s, also %s", f.trials[0], strings.Join(f.trials[1:], ", "))
}
