package reports

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"

	"anylab/lab/record"
)

// Format writes a report in one form.
type Format func(w io.Writer, r *Report) error

// files lists the forms that every run directory gets, by file name, sorted.
var files = []struct {
	name   string
	format Format
}{
	{"bench.txt", Bench},
	{"junit.xml", JUnit},
	{"report.html", HTML},
	{"report.md", Markdown},
	{"result.json", JSON},
}

// Write draws the figures and writes every format into dir, the run directory
// or another one. What was there of an earlier report is replaced.
func (r *Report) Write(dir string) error {
	names, err := r.Plot(filepath.Join(dir, "figures"))
	if err != nil {
		return err
	}
	r.Figures = nil
	for _, n := range names {
		r.Figures = append(r.Figures, filepath.ToSlash(filepath.Join("figures", n)))
	}
	r.Dir = dir
	if err := r.keepCalibration(dir); err != nil {
		return fmt.Errorf("keep the calibration: %w", err)
	}
	for _, f := range files {
		var b bytes.Buffer
		if err := f.format(&b, r); err != nil {
			return fmt.Errorf("make %s: %w", f.name, err)
		}
		if err := record.ReplaceFile(filepath.Join(dir, f.name), b.Bytes()); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	return nil
}

// Verdict writes the verdict alone.
func Verdict(w io.Writer, r *Report) error {
	_, err := fmt.Fprintln(w, r.Result.Verdict)
	return err
}
