package reports

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"anylab/lab/record"
	"anylab/reports/words"
)

// suiteSchema names the form of a suite's result.json.
const suiteSchema = "anylab.suite/v1"

// Suite is the directory of a suite, read and judged.
type Suite struct {
	Record  record.Suite
	Reports []*Report // of the members; nil where there is no record
	Result  SuiteResult
}

// SuiteResult is a suite's result.json. Field names are a contract.
type SuiteResult struct {
	Schema  string         `json:"schema"`
	Suite   string         `json:"suite"`
	Summary string         `json:"summary"`
	Notes   []string       `json:"notes"`           // what it leaves out, and why
	Shard   *record.Shard  `json:"shard,omitempty"` // of a suite of which this is a part
	Started time.Time      `json:"started"`
	Ended   time.Time      `json:"ended,omitzero"`
	Outcome string         `json:"outcome"`
	Members []MemberResult `json:"members"`
	Verdict Outcome        `json:"verdict"`
}

// MemberResult is what one run of a suite came to.
type MemberResult struct {
	Scenario   string  `json:"scenario"`
	Dir        string  `json:"dir"`
	Verdict    Outcome `json:"verdict"`
	Err        string  `json:"err,omitempty"`  // why it could not be carried out
	Idle       bool    `json:"idle,omitempty"` // of a shard: it has no trial of this one
	Trials     int     `json:"trials"`         // planned
	Conclusive int     `json:"conclusive"`
	// Medians in milliseconds over all conclusive trials of the first cell;
	// absent where there is none.
	Outage   *Number  `json:"outage_ms,omitempty"`
	Switch   *Number  `json:"switch_ms,omitempty"`
	Failback *Number  `json:"failback_outage_ms,omitempty"`
	Failed   []string `json:"failed"` // expectations that did not hold
}

// What a member of a suite may come to besides the outcomes of a run.
const (
	Unavailable Outcome = "unavailable" // it could not be carried out
	NotRun      Outcome = "not run"
)

// LoadSuite reads the directory of a suite and judges its members with load.
func LoadSuite(dir string, load Loader) (*Suite, error) {
	rec, err := record.ReadSuite(dir)
	if err != nil {
		return nil, err
	}
	s := &Suite{Record: rec}
	res := SuiteResult{Schema: suiteSchema, Suite: rec.Named(), Summary: rec.Summary, Notes: rec.Notes, Shard: rec.Shard,
		Started: rec.Started, Ended: rec.Ended, Outcome: rec.Outcome, Members: []MemberResult{}}
	for _, m := range rec.Members {
		r, result := loadMember(dir, m, load)
		s.Reports = append(s.Reports, r)
		res.Members = append(res.Members, result)
	}
	if res.Notes == nil {
		res.Notes = []string{}
	}
	res.Verdict = suiteVerdict(res.Members, rec.KeepGoing)
	s.Result = res
	return s, nil
}

func loadMember(dir string, m record.SuiteMember, load Loader) (*Report, MemberResult) {
	result := MemberResult{Scenario: m.Scenario, Dir: m.Dir, Err: m.Err, Idle: m.Idle, Verdict: NotRun, Failed: []string{}}
	switch {
	case m.Err != "":
		result.Verdict = Unavailable
	case m.Idle:
		result.Verdict = Recorded
	}
	path := filepath.Join(dir, m.Dir)
	if _, err := os.Stat(filepath.Join(path, "run.json")); err != nil {
		return nil, result
	}
	r, err := load(path)
	if err != nil {
		result.Verdict, result.Err = Unavailable, strings.Join(append(nonEmpty(m.Err), err.Error()), "; ")
		return nil, result
	}
	if m.Err == "" {
		result.Verdict = r.Result.Verdict
	}
	result.fill(r)
	return r, result
}

func nonEmpty(s string) []string {
	return slices.DeleteFunc([]string{s}, func(s string) bool { return s == "" })
}

// fill adds what the member's own report says.
func (m *MemberResult) fill(r *Report) {
	cells := planned(r.Run, r.Failovers)
	for _, c := range cells {
		m.Trials += c.Trials
	}
	for _, t := range r.Result.Trials {
		if t.Status.judged() {
			m.Conclusive++
		}
	}
	for _, s := range r.Result.Summary {
		at := map[string]**Number{"outage": &m.Outage, "switch": &m.Switch, "failback_outage": &m.Failback}[s.Metric]
		if at != nil && *at == nil && record.CellName(s.Cell) == record.CellName(cells[0].Values) {
			*at = &s.Median
		}
	}
	for _, v := range r.Result.Verdicts {
		if v.Failed() {
			m.Failed = append(m.Failed, fmt.Sprintf("%s%s (%s)", words.In(v.Cell), v.Expect, v.Value))
		}
	}
}

// badness orders what members come to: the worst one is the suite's verdict.
var badness = []Outcome{Recorded, Pass, Inconclusive, NotRun, Unavailable, Fail}

// suiteVerdict is the worst of the members'. Those that could not be carried
// out do not count in a suite that was told to keep going, unless there is no
// other. What was not run leaves the suite inconclusive.
func suiteVerdict(members []MemberResult, keepGoing bool) Outcome {
	worst := Outcome("")
	for _, m := range members {
		if m.Verdict == Unavailable && keepGoing {
			continue
		}
		if worst == "" || slices.Index(badness, m.Verdict) > slices.Index(badness, worst) {
			worst = m.Verdict
		}
	}
	switch worst {
	case "":
		return Unavailable
	case NotRun:
		return Inconclusive
	}
	return worst
}

// ExitCode is 0 if all members passed, 1 if one failed, 3 if one could not be
// carried out, 4 if the measurement can't be trusted: in this order, the first
// of the last three that applies; 0 of a shard that was recorded.
func (s *Suite) ExitCode() int {
	code, ok := map[Outcome]int{Pass: 0, Recorded: 0, Fail: 1, Unavailable: 3}[s.Result.Verdict]
	if !ok {
		return 4
	}
	return code
}

// Write writes suite.md and result.json into dir, the suite's directory.
func (s *Suite) Write(dir string) error {
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{{"suite.md", s.Markdown}, {"result.json", s.JSON}} {
		var b bytes.Buffer
		if err := f.write(&b); err != nil {
			return fmt.Errorf("make %s: %w", f.name, err)
		}
		if err := record.ReplaceFile(filepath.Join(dir, f.name), b.Bytes()); err != nil {
			return fmt.Errorf("write the suite's report: %w", err)
		}
	}
	return nil
}

// JSON writes the result.
func (s *Suite) JSON(w io.Writer) error { return writeJSON(w, s.Result) }
