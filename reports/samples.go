package reports

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/reports/stats"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// samplesSchema names the form of a baseline.
const samplesSchema = "anylab.baseline/v1"

// maxBaseline is how long a baseline may be.
const maxBaseline = 16 << 20

// Samples are a run's measurements without what led to them: all that a
// comparison needs. A baseline is a file of them.
type Samples struct {
	Schema string   `json:"schema"`
	Run    RunInfo  `json:"run"`
	Cells  []Cell   `json:"cells"`
	Doubts []string `json:"doubts,omitempty"` // about the whole run: what keeps it from being trusted

	Answers map[string]stats.Answer `json:"answers,omitempty"` // of a validation, by failure
}

// Cell has what was measured in one cell of a run.
type Cell struct {
	Cell         map[string]string   `json:"cell"`
	Trials       int                 `json:"trials"`        // conclusive ones
	Inconclusive int                 `json:"inconclusive"`  // left out
	Values       map[string][]Number `json:"values"`        // of each metric, in the order of trials; null: longer than was waited
	Low          map[string][]Number `json:"low,omitempty"` // their low ends, of the metrics that have others than the values
	High         map[string][]Number `json:"high,omitempty"`
}

// Sampled takes the samples out of a result.
func Sampled(res Result) Samples {
	s := Samples{Schema: samplesSchema, Run: res.Run, Answers: res.answers()}
	for _, f := range res.Findings {
		if f.Severity == Doubt && f.Name != tooFewTrials {
			s.Doubts = append(s.Doubts, f.Name+": "+f.Detail)
		}
	}
	place := map[string]int{}
	for _, t := range res.Trials {
		at, ok := place[record.CellName(t.Cell)]
		if !ok {
			at = len(s.Cells)
			place[record.CellName(t.Cell)] = at
			s.Cells = append(s.Cells, Cell{Cell: t.Cell, Values: map[string][]Number{}, Low: map[string][]Number{}, High: map[string][]Number{}})
		}
		c := &s.Cells[at]
		if !t.Status.judged() {
			c.Inconclusive++
			continue
		}
		c.Trials++
		for name, v := range t.Metrics {
			c.add(name, v, t.MetricsBounds)
		}
	}
	for _, c := range s.Cells {
		c.certain()
	}
	return s
}

// add appends a trial's metric, with its ends.
func (c *Cell) add(name string, v Number, bounds map[string]Bounds) {
	b, ok := bounds[name]
	if !ok {
		b = Bounds{v, v}
	}
	c.Values[name], c.Low[name], c.High[name] = append(c.Values[name], v), append(c.Low[name], b.Low), append(c.High[name], b.High)
}

// certain drops the ends of metrics where they are the values.
func (c Cell) certain() {
	for _, ends := range []map[string][]Number{c.Low, c.High} {
		maps.DeleteFunc(ends, func(name string, v []Number) bool { return slices.Equal(v, c.Values[name]) })
	}
}

// Useless says why nothing can be told by a comparison with the samples; "" where
// something can.
func (s Samples) Useless() string {
	if len(s.Doubts) > 0 {
		return strings.Join(s.Doubts, "; ")
	}
	doubtful := 0
	for _, c := range s.Cells {
		if c.Trials > 0 {
			return ""
		}
		doubtful += c.Inconclusive
	}
	return words.Of(0, doubtful, "trial") + " conclusive"
}

// ReadSamples reads a run directory, a result.json or a baseline. A run
// directory is judged anew by load, so that two are judged alike.
func ReadSamples(path string, load Loader) (Samples, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Samples{}, fmt.Errorf("read samples: %w", err)
	}
	if !info.IsDir() {
		return readSamplesFile(path)
	}
	if !isRun(path) {
		return Samples{}, NoRun(path)
	}
	if !record.IsRun(path) {
		return readSamplesFile(filepath.Join(path, "result.json"))
	}
	if a, err := record.ReadArchived(path); err != nil || a != nil {
		if err != nil {
			return Samples{}, fmt.Errorf("read %s: %w", path, err)
		}
		return readSamplesFile(filepath.Join(path, "result.json"))
	}
	r, err := load(path)
	if err != nil {
		return Samples{}, fmt.Errorf("read %s: %w", path, err)
	}
	if r.Result.Internet != nil {
		return Samples{}, fmt.Errorf("read %s: %w", path, errSimulated)
	}
	return Sampled(r.Result), nil
}

// NoRun says what a directory is that is no run's, and what reads it.
func NoRun(path string) error {
	switch {
	case IsSoak(path):
		return fmt.Errorf("%s is a soak, which measures nothing: anylab report shows what it came to, and each of its trial-N is a run", path)
	case IsTuning(path):
		return fmt.Errorf("%s is a tuning: anylab report shows what it found, and the directories in it are the lab's runs", path)
	case record.IsSuite(path):
		return fmt.Errorf("%s is a suite: its directories are runs", path)
	}
	switch info, err := os.Stat(path); {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%s: there is no such directory; want that of a run, as out/service-crash/latest", path)
	case err == nil && !info.IsDir():
		return fmt.Errorf("%s is a file; want the directory of a run, as out/service-crash/latest", path)
	}
	return fmt.Errorf("%s is not a run directory: it has no run.json", path)
}

// ReadResult reads result.json of a run directory.
func ReadResult(dir string) (res Result, err error) {
	path := filepath.Join(dir, "result.json")
	text, err := record.ReadFile(path)
	if err == nil {
		err = record.Decode(path, text, &res)
	}
	return res, err
}

// errSimulated keeps what was simulated from what was measured.
var errSimulated = errors.New("it was simulated, and can't be held against what was measured")

func readSamplesFile(path string) (Samples, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > maxBaseline && filepath.Base(path) != "result.json" {
		return Samples{}, fmt.Errorf("read samples: %s has %d bytes, which is too long for a baseline; the limit is %d", path, info.Size(), maxBaseline)
	}
	text, err := record.ReadFile(path)
	if err != nil {
		return Samples{}, fmt.Errorf("read samples: %w", err)
	}
	var form struct {
		Schema string `json:"schema"`
	}
	if err := record.Decode(path, text, &form); err != nil {
		if filepath.Ext(path) != ".json" && !bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
			err = fmt.Errorf("%s is neither a run nor a baseline: want the directory of a run, as out/service-crash/latest, its result.json, or a baseline, which anylab baseline save leaves", path)
		}
		return Samples{}, err
	}
	switch form.Schema {
	case samplesSchema:
		var s Samples
		if err := record.Decode(path, text, &s); err != nil {
			return Samples{}, err
		}
		return s, damaged(path, s.sound())
	case schema:
		var res Result
		if err := record.Decode(path, text, &res); err != nil {
			return Samples{}, err
		}
		if res.Internet != nil {
			return Samples{}, fmt.Errorf("read %s: %w", path, errSimulated)
		}
		if slices.ContainsFunc(res.Trials, func(t Trial) bool { return t.Metrics == nil }) {
			return Samples{}, fmt.Errorf("read %s: it is of an older anylab and has no metrics; remake it with anylab report", path)
		}
		s := Sampled(res)
		return s, damaged(path, cmp.Or(res.sound(), s.sound(), soundNumbers(text), res.summed()))
	}
	return Samples{}, fmt.Errorf("read %s: neither a result (%s) nor a baseline (%s), its schema is %q", path, schema, samplesSchema, form.Schema)
}

// damaged says of a file what is wrong with its content, if anything is.
func damaged(path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s is damaged: %w", path, err)
}

// numberList is a list of numbers over several lines.
var numberList = regexp.MustCompile(`\[[\s\d.,eE+-]*(?:null[\s\d.,eE+-]*)*\]`)

// Write writes a baseline: one line for each metric, so that a change of one
// is a change of one line.
func (s Samples) Write(w io.Writer) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(s); err != nil {
		return fmt.Errorf("write baseline: %w", err)
	}
	text := numberList.ReplaceAllFunc(b.Bytes(), func(list []byte) []byte {
		inner := bytes.Join(bytes.Fields(bytes.Trim(list, "[]")), []byte(" "))
		return append(append([]byte("["), inner...), ']')
	})
	_, err := w.Write(text)
	return err
}

// Save writes a baseline to a file, all of it or nothing.
func (s Samples) Save(path string) error {
	var b bytes.Buffer
	if err := s.Write(&b); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("save baseline: %w", err)
	}
	if err := record.ReplaceFile(path, b.Bytes()); err != nil {
		return fmt.Errorf("save baseline: %w", err)
	}
	return nil
}

// numbers returns those of the metrics that the trial has, and the ends of those that
// are not certain.
func numbers(f *timeline.Failover, list []metric) (values map[string]Number, bounds map[string]Bounds) {
	values, bounds = map[string]Number{}, map[string]Bounds{}
	for _, m := range list {
		r, ok := m.compared(f)
		if !ok {
			continue
		}
		values[m.name] = Number(r.value)
		if r.low != r.value || r.high != r.value {
			bounds[m.name] = Bounds{Number(r.low), Number(r.high)}
		}
	}
	return values, bounds
}
