package reports

import (
	"fmt"
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/reports/page"
	"anylab/reports/words"
)

// conditionSection states what RFC 7747 section 6 wants of a report.
func conditionSection(s sheet) []page.Section {
	run, r := s.Result.Run, s.Report
	var rows [][]page.Cell
	add := func(name, format string, args ...any) {
		rows = append(rows, page.Texts(name, fmt.Sprintf(format, args...)))
	}
	add("run", "%s, seed %d, anylab %s", run.ID, run.Seed, run.Anylab)
	add("machine", "%s, %s", run.Kernel, words.Count(run.CPUs, "processor"))
	for _, name := range sortedKeys(run.Daemons) {
		add("daemon", "%s %s", name, run.Daemons[name])
	}
	for _, g := range r.Groups {
		add("probe "+g.Name, "%s%s, %g requests a second over %s: one every %s, of one flow every %s; lost after %s",
			g.Kind, asked(g), g.Rate, words.Count(g.Flows, "flow"), words.Milliseconds(1000/g.Rate), words.Duration(g.Interval()), words.Duration(g.Timeout))
	}
	for _, g := range r.Groups {
		add("accuracy "+g.Name, "%s (RFC 6413)", accuracy(g))
	}
	if c := r.Run.Calibration; c != nil && c.MostRate > 0 {
		add("datagrams", "this machine could ask and answer about %.0f a second", c.MostRate)
	}
	for _, l := range s.distant() {
		add("link "+l.Name, "%.0f km; %s there and %s back", l.Kilometres, words.Duration(l.Ends[0].Delay), words.Duration(l.Ends[1].Delay))
	}
	for _, p := range s.policies() {
		add("policy", "%s", p)
	}
	add("restored", "after %s without loss", words.Milliseconds(float64(run.SustainMS)))
	for _, f := range run.Fallbacks {
		add("fallback", "%s", f)
	}
	return []page.Section{{Title: "Conditions", Rows: rows, Detail: true}}
}

// distant lists the links whose delay was made of their length, over all cells.
func (s sheet) distant() []record.Link {
	var list []record.Link
	for _, c := range s.Run.Cells {
		if c.Experiment == nil {
			continue
		}
		for _, l := range c.Experiment.Topology.Links {
			known := func(k record.Link) bool { return k.Name == l.Name && k.Ends == l.Ends }
			if l.Kilometres > 0 && !slices.ContainsFunc(list, known) {
				list = append(list, l)
			}
		}
	}
	return list
}

// policies says what is done to routes on their way over links, over all cells.
func (s sheet) policies() []string {
	var list []string
	for _, c := range s.Run.Cells {
		if c.Experiment == nil {
			continue
		}
		for _, l := range c.Experiment.Topology.Links {
			for i, e := range l.Ends {
				said := fmt.Sprintf("routes from %s to %s: %s", e.Node, l.Ends[1-i].Node, e.Policy)
				if e.Policy != "" && !slices.Contains(list, said) {
					list = append(list, said)
				}
			}
		}
	}
	return list
}

// measurementSection says how good the measurement is, and what it took.
func measurementSection(s sheet) []page.Section {
	var rows [][]page.Cell
	for _, row := range [][2]string{{"calibration", s.calibrationText()}, {"time", s.timeText()}} {
		if row[1] != "" {
			rows = append(rows, page.Texts(row[0], row[1]))
		}
	}
	return []page.Section{{Title: "Measurement", Rows: rows}}
}

// againSection says how the same is measured again.
func againSection(s sheet) []page.Section {
	command, run := s.Run.Command, s.Result.Run
	if v := s.Run.Validation; v != nil && command == "" { // in a record of an older anylab
		command = v.Command
	}
	rows := [][]page.Cell{append(page.Texts("seed"), page.Cell{Text: fmt.Sprint(run.Seed), Kind: page.Code}),
		append(page.Texts("scenario, SHA-256"), page.Cell{Text: run.ScenarioSHA256, Kind: page.Code})}
	if command != "" {
		rows = slices.Insert(rows, 0, append(page.Texts("command"), page.Cell{Text: command, Kind: page.Code}))
	}
	return []page.Section{{Title: "To measure it again", Rows: rows, Detail: s.Run.Validation == nil}}
}

// scenarioSection lists the scenario as it was run.
func scenarioSection(s sheet) []page.Section {
	return []page.Section{{Title: "The scenario as it was run: topology, sessions, timers, load", Source: strings.TrimSpace(s.Run.ScenarioYAML), Detail: true}}
}

// asked names the address and port that the group's requests go to.
func asked(g record.ProbeGroup) string {
	if g.Target == "" {
		return ""
	}
	return " to " + g.Target
}
