package reports

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"anylab/lab/record"
)

// soakSchema names the form of soak.json, and soakFile the file.
const (
	soakSchema = "anylab.soak/v1"
	soakFile   = "soak.json"
)

// Soak is what a soak has come to so far: soak.json. It takes no more room after a month
// than after an hour. Field names are a contract.
type Soak struct {
	Schema     string      `json:"schema"`
	Run        RunInfo     `json:"run"`
	Command    string      `json:"command"` // that makes the same faults in the same order
	Trials     int         `json:"trials"`
	Violated   int         `json:"violated"`   // trials in which an invariant did not hold
	Unclear    int         `json:"unclear"`    // trials in which one did not hold on a machine that was too busy to tell
	Faults     []Soaked    `json:"faults"`     // by kind
	Violations []Violation `json:"violations"` // the first ones
	Growth     []Growth    `json:"growth"`     // of what must not grow, by name

	keep  int                 // so many records of violations are kept
	homes map[string][]string // by probe group: who may answer while nothing is broken
}

// Soaked is what the faults of one kind have come to.
type Soaked struct {
	Fault    string         `json:"fault"`
	Trials   int            `json:"trials"`
	Violated int            `json:"violated"`
	On       map[string]int `json:"on"`                      // trials by what was broken
	Longest  *Number        `json:"longest_interruption_ms"` // of any client; null where none was measured
}

// Violation is one invariant that did not hold.
type Violation struct {
	Trial     int       `json:"trial"` // from 1
	Failure   string    `json:"failure"`
	Invariant string    `json:"invariant"`
	Says      string    `json:"says"`
	Unclear   string    `json:"unclear,omitempty"` // the doubt about the machine; empty: there is none
	Record    string    `json:"record,omitempty"`  // the run directory below the soak's that has the trial; empty: it is not kept
	Replay    string    `json:"replay"`            // the command that makes the same faults up to this one
	Ended     time.Time `json:"ended"`
}

// KeptViolations is how many records of violations a soak keeps, and how many it lists.
const (
	KeptViolations   = 20
	listedViolations = 200
)

// NewSoak begins one. run is its run.json.
func NewSoak(run record.Run) *Soak {
	info := about(run)
	return &Soak{Schema: soakSchema, Run: info, Command: run.Command, Faults: []Soaked{}, Violations: []Violation{}, Growth: []Growth{},
		keep: KeptViolations, homes: map[string][]string{}}
}

// Take judges a trial by its record, and returns what did not hold, and whether its record
// is to be kept.
func (s *Soak) Take(t record.SoakTrial) (found []Violation, keep bool, err error) {
	r, err := Load(t.Stretch)
	if err != nil {
		return nil, true, err
	}
	seen := soakSeen{SoakTrial: t, r: r}
	for _, i := range invariants {
		says, doubt, err := i.broken(s, seen)
		if err != nil {
			return nil, true, err
		}
		for _, text := range says {
			found = append(found, s.violation(t, i.name, text, doubt))
		}
	}
	s.count(seen, found)
	return found, s.note(found), nil
}

func (s *Soak) violation(t record.SoakTrial, name, says, doubt string) Violation {
	return Violation{Trial: t.Number, Failure: t.Failure.Label, Invariant: name, Says: says, Unclear: doubt, Ended: t.Ended,
		Record: filepath.Base(t.Stretch), Replay: fmt.Sprintf("%s --trials=%d", howMany.ReplaceAllString(s.Command, ""), t.Number)}
}

// count adds the trial to those of its kind.
func (s *Soak) count(seen soakSeen, found []Violation) {
	s.Trials++
	at := slices.IndexFunc(s.Faults, func(f Soaked) bool { return f.Fault == seen.Failure.Kind })
	if at < 0 {
		at = len(s.Faults)
		s.Faults = append(s.Faults, Soaked{Fault: seen.Failure.Kind, On: map[string]int{}})
	}
	f := &s.Faults[at]
	f.Trials++
	f.On[seen.Failure.Label]++
	if slices.ContainsFunc(found, func(v Violation) bool { return v.Unclear == "" }) {
		f.Violated++
		s.Violated++
	} else if len(found) > 0 {
		s.Unclear++
	}
	for _, t := range seen.r.Result.Trials {
		if ms := t.Interruption.Value; f.Longest == nil || ms > *f.Longest {
			f.Longest = &ms
		}
	}
}

// note lists what was found, and says whether its record is kept: of the first ones.
func (s *Soak) note(found []Violation) (keep bool) {
	if len(found) == 0 {
		return false
	}
	if keep = s.keep > 0; keep {
		s.keep--
	}
	for i := range found {
		if !keep {
			found[i].Record = ""
		}
	}
	s.Violations = append(s.Violations, found[:min(len(found), max(0, listedViolations-len(s.Violations)))]...)
	return keep
}

// ExitCode is 1 if an invariant did not hold, 4 if none can be said to have held, else 0.
func (s *Soak) ExitCode() int {
	switch {
	case s.Violated > 0:
		return 1
	case s.Trials == 0 || s.Unclear > 0:
		return 4
	}
	return 0
}

// End notes what the soak has ended with.
func (s *Soak) End(outcome string) { s.Run.Ended, s.Run.Outcome = time.Now().UTC(), outcome }

// howMany is what a command says of the number of faults.
var howMany = regexp.MustCompile(` --trials=[0-9]+`)

// IsSoak says whether the directory is a soak's.
func IsSoak(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, soakFile))
	return err == nil
}

// LoadSoak reads what a soak has come to.
func LoadSoak(dir string) (*Soak, error) {
	file := filepath.Join(dir, soakFile)
	text, err := record.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var s Soak
	if err := record.Decode(file, text, &s); err != nil {
		return nil, err
	}
	if s.Schema != soakSchema {
		return nil, fmt.Errorf("%s is no soak (%s): its schema is %q", file, soakSchema, s.Schema)
	}
	return &s, nil
}

// Save writes soak.json into the directory, so that a soak that is killed has left it.
func (s *Soak) Save(dir string) error {
	var b bytes.Buffer
	if err := writeJSON(&b, s); err != nil {
		return err
	}
	return record.ReplaceFile(filepath.Join(dir, soakFile), b.Bytes())
}

// Write writes soak.json and the pages into the directory.
func (s *Soak) Write(dir string) error {
	if err := s.Save(dir); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	for form, name := range map[string]string{"html": "report.html", "markdown": "report.md"} {
		var b bytes.Buffer
		if err := Write(&b, form, s, 0); err != nil {
			return fmt.Errorf("make %s: %w", name, err)
		}
		if err := record.ReplaceFile(filepath.Join(dir, name), b.Bytes()); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	return nil
}
