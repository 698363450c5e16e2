package reports

import (
	"fmt"

	"anylab/reports/words"
)

// conditions states what RFC 7747 section 6 wants of a report: rows of a name
// and its value.
func (r *Report) conditions() [][]string {
	run := r.Result.Run
	var rows [][]string
	add := func(name, format string, args ...any) {
		rows = append(rows, []string{name, fmt.Sprintf(format, args...)})
	}
	add("run", "%s, seed %d, anylab %s", run.ID, run.Seed, run.Anylab)
	add("machine", "%s, %s", run.Kernel, words.Count(run.CPUs, "processor"))
	for _, name := range sortedKeys(run.Daemons) {
		add("daemon", "%s %s", name, run.Daemons[name])
	}
	for _, g := range r.Groups {
		add("probe "+g.Name, "%s, %g requests a second over %s: one every %s, of one flow every %s; lost after %s",
			g.Kind, g.Rate, words.Count(g.Flows, "flow"), words.Milliseconds(1000/g.Rate), words.Duration(g.Interval()), words.Duration(g.Timeout))
	}
	for _, g := range r.Groups {
		add("accuracy "+g.Name, "%s (RFC 6413)", accuracy(g))
	}
	add("restored", "after %s without loss", words.Milliseconds(float64(run.SustainMS)))
	for _, f := range run.Fallbacks {
		add("fallback", "%s", f)
	}
	if text := r.calibrationText(); text != "" {
		add("calibration", "%s", text)
	}
	if text := r.timeText(); text != "" {
		add("time", "%s", text)
	}
	return rows
}
