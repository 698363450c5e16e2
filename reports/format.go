package reports

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"

	"anylab/lab/record"
	"anylab/reports/page"
)

// Format writes a report in one form.
type Format func(w io.Writer, r *Report) error

// files lists the forms that every run directory gets, by file name, sorted.
var files = []struct {
	name   string
	format Format
	shows  bool // the figures, which are drawn before
}{
	{"bench.txt", Bench, false},
	{"junit.xml", JUnit, false},
	{"metrics.prom", Prometheus, false},
	{"report.html", HTML, true},
	{"report.md", Markdown, true},
	{"result.json", JSON, false},
}

// Write draws the figures and writes every format into dir, the run directory
// or another one. What was there of an earlier report is replaced.
func (r *Report) Write(dir string) error {
	drafts := make([]*record.Draft, len(files))
	defer func() {
		for _, d := range drafts {
			if d != nil {
				d.Drop()
			}
		}
	}()
	var making errgroup.Group
	all := func(shows bool) {
		for i, f := range files {
			if f.shows != shows {
				continue
			}
			making.Go(func() (err error) {
				if drafts[i], err = r.drafted(filepath.Join(dir, f.name), f.format); err != nil {
					return fmt.Errorf("make %s: %w", f.name, err)
				}
				return nil
			})
		}
	}
	all(false)
	making.Go(func() error {
		err := r.draw(dir)
		if err == nil {
			all(true)
		}
		return err
	})
	if err := making.Wait(); err != nil {
		return err
	}
	for _, d := range drafts {
		if err := d.Keep(); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	return nil
}

// drafted is a file of the format.
func (r *Report) drafted(path string, format Format) (*record.Draft, error) {
	d, err := record.NewDraft(path)
	if err != nil {
		return nil, err
	}
	w := bufio.NewWriterSize(d, 1<<16)
	return d, errors.Join(format(w, r), w.Flush())
}

// draw makes what a report shows beside its text.
func (r *Report) draw(dir string) error {
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
	return nil
}

// Document is what is told about several runs: a comparison, or a trend.
type Document interface{ Page() page.Page }

// Forms are the ways to write a document, by name, sorted. A table is for a terminal
// of so many columns, 0 for one that is as wide as it takes.
var Forms = []struct {
	Name  string
	Write func(w io.Writer, d Document, columns int) error
}{
	{"csv", func(w io.Writer, d Document, _ int) error { return page.CSV(w, d.Page()) }},
	{"html", func(w io.Writer, d Document, _ int) error { return page.HTML(w, d.Page(), nil) }},
	{"json", func(w io.Writer, d Document, _ int) error { return writeJSON(w, d) }},
	{"markdown", func(w io.Writer, d Document, _ int) error { return page.Markdown(w, d.Page()) }},
	{"table", func(w io.Writer, d Document, columns int) error { return page.Terminal(w, d.Page(), columns) }},
}

// Write writes a document in the form of a name.
func Write(w io.Writer, form string, d Document, columns int) error {
	var names []string
	for _, f := range Forms {
		if f.Name == form {
			return f.Write(w, d, columns)
		}
		names = append(names, f.Name)
	}
	return fmt.Errorf("format %q is not one of %s", form, strings.Join(names, ", "))
}

// JSON writes result.json.
func JSON(w io.Writer, r *Report) error { return r.Result.write(w) }

// write does what writeJSON does, and makes the trials, which are most of it, side by
// side: whole, there would be three of it at a time.
func (res Result) write(w io.Writer) error {
	if len(res.Trials) == 0 {
		return writeJSON(w, res)
	}
	parts := make([]bytes.Buffer, (len(res.Trials)+together-1)/together)
	var making errgroup.Group
	making.SetLimit(runtime.NumCPU())
	for i := range parts {
		first := i * together
		making.Go(func() error {
			return trialsJSON(&parts[i], res.Trials[first:min(first+together, len(res.Trials))])
		})
	}
	if err := making.Wait(); err != nil {
		return err
	}
	res.Trials = []Trial{}
	var rest bytes.Buffer
	if err := writeJSON(&rest, res); err != nil {
		return err
	}
	const key = "\n  \"trials\": ["
	before, after, _ := bytes.Cut(rest.Bytes(), []byte(key))
	list := [][]byte{before, []byte(key)}
	for i := range parts {
		list = append(list, parts[i].Bytes())
		if i < len(parts)-1 {
			list = append(list, []byte(","))
		}
	}
	list = append(list, []byte("\n  "), after)
	for _, text := range list {
		if _, err := w.Write(text); err != nil {
			return err
		}
	}
	return nil
}

// trialsJSON writes some of the trials, with commas between them.
func trialsJSON(text *bytes.Buffer, trials []Trial) error {
	const indent = "    "
	e := json.NewEncoder(text)
	e.SetEscapeHTML(false)
	e.SetIndent(indent, "  ")
	for i := range trials {
		if i > 0 {
			text.WriteByte(',')
		}
		text.WriteString("\n" + indent)
		if err := e.Encode(&trials[i]); err != nil {
			return err
		}
		text.Truncate(text.Len() - 1) // the end of the line
	}
	return nil
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// Verdict writes the verdict alone.
func Verdict(w io.Writer, r *Report) error {
	_, err := fmt.Fprintln(w, r.Result.Verdict)
	return err
}
