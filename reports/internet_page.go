package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/reports/figure"
	"anylab/reports/page"
	"anylab/reports/words"
)

// internetPage lays out a simulation of the Internet.
func (r *Report) internetPage() page.Page {
	i := r.Result.Internet
	p := page.Page{Title: r.title(), Verdict: r.Result.Verdict.badge(), Lead: r.internetLead(), Quote: r.Run.Summary}
	if len(r.Result.Verdicts) > 0 {
		p.Sections = append(p.Sections, r.internetExpectations())
	}
	p.Sections = append(p.Sections, i.usersSection(), i.newsSection(), i.catchmentSection(), i.worstSection())
	for _, f := range r.Result.Findings {
		p.Sections = append(p.Sections, page.Section{Notes: []string{f.Name + ": " + f.Detail}})
	}
	for _, f := range r.Figures {
		if strings.HasSuffix(f, ".svg") {
			p.Sections = append(p.Sections, page.Section{Picture: f})
		}
	}
	p.Sections = append(p.Sections, r.internetConditions())
	return p
}

// internetLead is the answer in a line.
func (r *Report) internetLead() string {
	w, ok := r.Result.Internet.worst()
	if !ok {
		return "no trial was simulated"
	}
	where := ""
	if len(r.Result.Internet.Cells) > 1 {
		where = "where it is worst (" + record.CellName(w.Cell) + ") "
	}
	text := fmt.Sprintf("simulated, not measured: %s%s of the clients are cut off, half of those for %s or longer, the last for %s",
		where, words.Share(float64(w.Affected)), inTime(w.Outage.Median), inTime(w.Outage.Max))
	if w.Alone != nil {
		text += fmt.Sprintf("; the Internet has settled after %s with anycast, after %s where the site is the only one", inTime(w.Settled.Max), inTime(w.Alone.Max))
	}
	return text
}

func inTime(n Number) string { return words.Milliseconds(float64(n)) }

// usersSection says how long clients were cut off, the worst cells first.
func (i *Internet) usersSection() page.Section {
	s := page.Section{Title: "How long clients are cut off (simulated)", Head: []string{"", "cut off", "median", "90 %", "99 %", "longest", "in loops", "for good"}, First: 12}
	cells := slices.Clone(i.Cells)
	slices.SortStableFunc(cells, func(a, b InternetCell) int {
		return int(1e6*float64(b.Affected)*float64(b.Outage.Median)) - int(1e6*float64(a.Affected)*float64(a.Outage.Median))
	})
	for _, c := range cells {
		name := record.CellName(c.Cell)
		if name == "" {
			name = i.Fault
		}
		row := page.Texts(name)
		s.Rows = append(s.Rows, append(row, page.Numbers(words.Share(float64(c.Affected)), inTime(c.Outage.Median), inTime(c.Outage.P90), inTime(c.Outage.P99), inTime(c.Outage.Max), words.Share(float64(c.Looped)), words.Share(float64(c.Lost)))...))
	}
	what := "clients are all ASes, which count alike"
	if i.Weighted {
		what = "clients are the ASes that were given a weight, by that"
	}
	s.Notes = []string{what + "; the times are of those that are cut off"}
	return s
}

// newsSection says how long it took until every AS had its last path.
func (i *Internet) newsSection() page.Section {
	s := page.Section{Title: "How the news spreads (simulated)", Head: []string{"", "half", "90 %", "99 %", "all", "messages", "of each AS", "paths tried"}}
	w, ok := i.worst()
	if !ok {
		return s
	}
	row := func(name string, t InternetTimes, messages, changes float64) {
		cells := page.Numbers(inTime(t.Median), inTime(t.P90), inTime(t.P99), inTime(t.Max), fmt.Sprintf("%.0f", messages), fmt.Sprintf("%.2f", messages/float64(i.drawn().ASes)), fmt.Sprintf("%.0f", changes))
		s.Rows = append(s.Rows, append(page.Texts(name), cells...))
	}
	spread := func(name string, t *InternetTimes, of *record.Spread) {
		if t != nil && of != nil {
			row(name, *t, float64(of.Messages), float64(of.Changes))
		}
	}
	spread("announced by all sites", w.Announced, i.First.Announced)
	row(i.fault(w), w.Settled, float64(w.Messages), float64(w.Changes))
	spread("withdrawn by the site alone (unicast)", w.Alone, i.First.Withdrawn)
	s.Notes = []string{fmt.Sprintf("until an AS had its last best path, of those whose path changed; the AS that tried most had %s, and the one that said most sent %s",
		words.Count(i.First.MostTried, "path"), words.Count(i.First.MostSent, "message"))}
	return s
}

// fault is what happens, in the cell.
func (i *Internet) fault(c InternetCell) string {
	if name := record.CellName(c.Cell); name != "" {
		return i.about(c).Fault + " (" + name + ")"
	}
	return i.Fault
}

// drawn is what was simulated in the cell whose shares are drawn, the worst.
func (i *Internet) drawn() *record.Internet {
	w, _ := i.worst()
	return i.about(w)
}

// ends names where packets end: sites, nobody, loops.
func (i *Internet) ends() []string {
	var names []string
	for _, s := range i.drawn().Sites {
		names = append(names, s.Name)
	}
	return append(names, "nobody", "loops")
}

// catchmentSection says who served how many before and after.
func (i *Internet) catchmentSection() page.Section {
	s := page.Section{Title: "Who serves the clients (simulated)", Head: []string{"", "under", "before", "after", "moved here", "moved away"}, First: 12}
	if i.First == nil {
		return s
	}
	for k, name := range i.ends() {
		here, away, under := 0.0, 0.0, ""
		for j := range i.First.Moved {
			if j != k {
				here, away = here+i.First.Moved[j][k], away+i.First.Moved[k][j]
			}
		}
		if sites := i.drawn().Sites; k < len(sites) {
			for _, as := range sites[k].Under {
				under += fmt.Sprintf(" AS%d", as)
			}
		}
		row := page.Texts(name, strings.TrimSpace(under))
		s.Rows = append(s.Rows, append(row, page.Numbers(words.Share(i.First.Before[k]), words.Share(i.First.After[k]), words.Share(here), words.Share(away))...))
	}
	if name := record.CellName(i.First.Cell); name != "" {
		s.Notes = []string{"of " + name}
	}
	return s
}

// worstSection names the clients that are cut off for longest, each where it is worst.
func (i *Internet) worstSection() page.Section {
	s := page.Section{Title: "The worst clients (simulated)", Head: []string{"client", "cut off for", ""}}
	type named struct {
		record.InternetWorst
		cell string
	}
	var all []named
	for _, c := range i.Cells {
		for _, w := range c.Worst {
			all = append(all, named{w, record.CellName(c.Cell)})
		}
	}
	slices.SortStableFunc(all, func(a, b named) int { return int(b.Outage/1000) - int(a.Outage/1000) })
	seen := map[uint32]bool{}
	all = slices.DeleteFunc(all, func(w named) bool {
		known := seen[w.AS]
		seen[w.AS] = true
		return known
	})
	for _, w := range all[:min(len(all), worstShown)] {
		s.Rows = append(s.Rows, []page.Cell{{Text: fmt.Sprintf("AS%d", w.AS)}, {Text: words.Duration(w.Outage), Kind: page.Number}, {Text: w.cell}})
	}
	return s
}

func (r *Report) internetConditions() page.Section {
	i := r.Result.Internet.drawn()
	s := page.Section{Title: "What was simulated", Rows: [][]page.Cell{
		page.Texts("graph", fmt.Sprintf("%s: %d ASes, %d links", i.Graph, i.ASes, i.Links)),
		page.Texts("fault", i.Fault),
		page.Texts("seed", fmt.Sprint(r.Run.Seed)),
	}}
	for _, p := range i.Rules {
		s.Rows = append(s.Rows, page.Texts("", p))
	}
	if w, ok := r.Result.Internet.worst(); ok && w.About != nil {
		s.Notes = []string{"of " + record.CellName(w.Cell) + "; the others are as their names say"}
	}
	return s
}

// internetFigures draws the shares over time, and the distribution over clients.
func (r *Report) internetFigures(dir string) ([]string, error) {
	i := r.Result.Internet
	w, ok := i.worst()
	if !ok {
		return nil, nil
	}
	in := figure.Internet{Title: r.Result.Run.Scenario + ": " + i.fault(w), Ends: i.ends(), Until: float64(w.Settled.Max)}
	for _, s := range i.First.Shares {
		in.Shares = append(in.Shares, figure.InternetShare{MS: millis(s.At), Of: s.Of})
	}
	add := func(name string, t InternetTimes, solid bool) {
		c := figure.InternetCurve{Name: name, Dashed: !solid}
		for _, v := range t.Curve {
			c.MS = append(c.MS, float64(v))
		}
		in.Curves = append(in.Curves, c)
	}
	add("cut off (anycast)", w.Outage, true)
	add("path not yet final (anycast)", w.Settled, false)
	if w.Alone != nil {
		add("path not yet final (unicast)", *w.Alone, false)
	}
	return figure.SaveInternet(dir, in)
}

// internetBench writes a line for each cell. No name is one of a lab's run.
func internetBench(w io.Writer, r *Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "scenario: %s\nanylab: %s\n", oneLine(r.Result.Run.Scenario), oneLine(r.Result.Run.Anylab))
	for _, c := range r.Result.Internet.Cells {
		fmt.Fprintf(&b, "Benchmark%s 1 %.0f outage-median-ns %.0f outage-max-ns %.0f settled-ns %.0f messages\n",
			benchName(r.Result.Run.Scenario, c.Cell), 1e6*float64(c.Outage.Median), 1e6*float64(c.Outage.Max), 1e6*float64(c.Settled.Max), float64(c.Messages))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// internetSuite is what JUnit is told.
func (r *Report) internetSuite() junitSuite {
	s := junitSuite{Name: r.Result.Run.Scenario, Time: r.Result.Run.Started.UTC().Format("2006-01-02T15:04:05")}
	c := junitCase{Class: s.Name, Name: "simulation", Out: r.internetLead()}
	if r.Result.Verdict == Inconclusive {
		c.Error = &junitMessage{"the simulation says not all: " + r.Result.Findings[0].Detail}
		s.Errors++
	}
	s.Cases = []junitCase{c}
	r.expectationCases(&s)
	return s
}
