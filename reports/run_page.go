package reports

import (
	"fmt"
	"io"
	"os"
	"slices"

	"anylab/reports/page"
	"anylab/reports/words"
)

// section makes parts of a run's page. What has nothing in it is left out.
type section func(s sheet) []page.Section

// sections are those of a run's page, in its order: what it comes to, then each
// cell, then what it was made of.
var sections = []section{
	claimSection, gridSections, comparisonSections, blindSection, cellSections, glossarySection, networkSection, floorSection,
	findingSection, figureSections, trialSections, timelineSections, rfc7747Sections, partSection, measurementSection, againSection, conditionSection, scenarioSection,
}

// sheet is what sections are made of.
type sheet struct {
	*Report
	cells []cellReport
	brief bool // there are so many cells that a summary shows the failed ones by themselves

	exhibits []*exhibit // for HTML alone
}

// fewCells is up to how many cells a summary shows each one, where a grid shows
// them all at a glance.
const fewCells = 12

// Page lays the report out.
func (r *Report) Page() page.Page { return r.page(nil) }

func (r *Report) page(exhibits []*exhibit) page.Page {
	if r.Result.Internet != nil {
		return r.internetPage()
	}
	if r.Result.Validation != nil {
		return r.validationPage(exhibits)
	}
	s := sheet{r, r.cellReports(), r.Result.Grid != nil && len(r.Result.Comparison) > fewCells, exhibits}
	p := page.Page{Title: r.title(), Verdict: r.Result.Verdict.badge(), Lead: r.lead(), Quote: r.Run.Summary, Choices: choices}
	for _, section := range sections {
		p.Sections = append(p.Sections, section(s)...)
	}
	return p
}

// choices are those of the labels of a trial.
var choices = []string{"cell", "verdict"}

// HTML writes a page that needs no other file: the figures are part of it.
func HTML(w io.Writer, r *Report) error {
	exhibits, err := r.exhibits()
	if err != nil {
		return err
	}
	return page.HTML(w, r.page(exhibits), os.DirFS(r.Dir))
}

// Markdown writes a report fit for a page of a project or a CI job's summary.
// Figures are linked relative to the run directory.
func Markdown(w io.Writer, r *Report) error { return page.Markdown(w, r.Page()) }

// Table writes a summary for a terminal that is as wide as it takes.
func Table(w io.Writer, r *Report) error { return Terminal(0)(w, r) }

// Terminal writes a summary for a terminal of so many columns, 0 for one that
// is as wide as it takes: the verdict first. Of a large grid it shows by itself
// only what did not come up to expectations.
func Terminal(columns int) Format {
	return func(w io.Writer, r *Report) error {
		p := r.Page()
		p.Sections = append(p.Sections, r.files())
		return page.Terminal(w, p, columns)
	}
}

// files says where everything else is.
func (r *Report) files() page.Section {
	return page.Section{Rows: [][]page.Cell{page.Texts("Files", r.Dir)}}
}

// badge shows an outcome.
func (o Outcome) badge() page.Cell {
	tone := page.Doubtful
	switch o {
	case Pass:
		tone = page.Good
	case Fail:
		tone = page.Bad
	}
	return page.Cell{Text: string(o), Kind: page.Badge, Tone: tone}
}

// headline says in a line what was run, and how much of it counts.
func (r *Report) headline() string { return r.title() + ": " + r.lead() }

func (r *Report) title() string { return r.Result.Run.Scenario + " on " + r.Result.Run.Topology }

func (r *Report) lead() string {
	good, want := 0, 0
	for _, t := range r.Result.Trials {
		if t.Status.judged() {
			good++
		}
	}
	for _, c := range planned(r.Run, r.Failovers) {
		want += c.Trials
	}
	text := words.Of(good, want, "trial") + " conclusive"
	if made := len(r.Result.Trials); want > made {
		text += fmt.Sprintf(", %d not made", want-made)
	}
	if o := r.Result.Run.Outcome; o != "completed" && o != "" {
		text += " (run ended early: " + o + ")"
	}
	if why := r.firstDoubt(); why != "" {
		text += "; " + why
	}
	return text
}

// firstDoubt names the first reason why the run is inconclusive, but for what the
// count of conclusive trials says.
func (r *Report) firstDoubt() string {
	if r.Result.Verdict != Inconclusive || r.Result.Validation != nil {
		return ""
	}
	counted := []string{"too-few-trials", "ended-early"}
	list := r.findings()
	for _, f := range list {
		if f.leavesOut() && !slices.Contains(counted, f.Name) {
			return f.Name + " (" + f.Where + ")"
		}
	}
	if slices.ContainsFunc(list, func(f found) bool { return f.leavesOut() }) {
		return ""
	}
	return "an expectation holds at one end of its bounds only"
}
