package reports

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"anylab/reports/page"
	"anylab/reports/stats"
	"anylab/reports/words"
)

// Silences writes what became of the known silences of each length, for a
// terminal of so many columns, 0 for one that is as wide as it takes.
func Silences(columns int) Format {
	return func(w io.Writer, r *Report) error {
		findings := page.Section{}
		for _, f := range r.Result.Findings {
			findings.Notes = append(findings.Notes, fmt.Sprintf("%s %s: %s", f.Severity, f.Name, f.Detail))
		}
		return page.Terminal(w, page.Page{Title: "calibration", Verdict: r.Result.Verdict.badge(), Lead: r.calibrationText(),
			Sections: []page.Section{r.silenceTable(), findings, r.files()}}, columns)
	}
}

// silenceTable has a row for each length, shortest first. Errors are those of
// the conclusive silences.
func (r *Report) silenceTable() page.Section {
	s := page.Section{Head: []string{"silence", "n", "conclusive", "within bounds", "median error", "p99 error", "max error", "bounds allow"}}
	if r.Result.Calibration == nil {
		return s
	}
	of := map[Number][]Silence{}
	for _, silence := range r.Result.Calibration.Silences {
		of[silence.AskedMS] = append(of[silence.AskedMS], silence)
	}
	for _, length := range slices.Sorted(maps.Keys(of)) {
		s.Rows = append(s.Rows, page.Numbers(silenceRow(length, of[length])...))
	}
	return s
}

func silenceRow(length Number, silences []Silence) []string {
	var errs []float64
	within, bound := 0, 0.0
	for _, s := range silences {
		if s.Status == Doubtful {
			continue
		}
		if s.Within {
			within++
		}
		errs, bound = append(errs, math.Abs(float64(s.ErrorMS))), max(bound, s.bound())
	}
	row := []string{words.Milliseconds(float64(length)), fmt.Sprint(len(silences)), fmt.Sprint(len(errs)), fmt.Sprint(within)}
	if len(errs) == 0 {
		return append(row, "-", "-", "-", "-")
	}
	sum, limit := stats.Summarise(errs, 0), Number(bound)
	return append(row, words.Milliseconds(sum.Median), words.Milliseconds(sum.P99), words.Milliseconds(sum.Max), maybe(&limit, "any"))
}
