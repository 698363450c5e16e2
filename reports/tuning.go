package reports

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"anylab/lab/record"
	"anylab/reports/figure"
	"anylab/reports/page"
	"anylab/reports/words"
)

// tuningSchema names the form of tune.json.
const tuningSchema = "anylab.tuning/v1"

// Tuning is tune.json: which setting meets a goal and fails over falsely the least.
type Tuning struct {
	Schema   string    `json:"schema"`
	Scenario string    `json:"scenario"`
	Goal     string    `json:"goal"`
	Command  string    `json:"command"` // that makes the same again
	Started  time.Time `json:"started"`
	Anylab   string    `json:"anylab"`
	Kernel   string    `json:"kernel"`
	CPUs     int       `json:"cpus"`
	CPU      string    `json:"cpu,omitempty"` // model name
	Site     string    `json:"site"`          // that is stressed
	Outcome  string    `json:"outcome"`       // completed, interrupted, or why it ended
	Lab      bool      `json:"lab"`           // a lab is to confirm it
	Found    bool      `json:"found"`         // a setting that meets the goal: the first of Settings
	Unsure   bool      `json:"unsure"`        // none is, and the first of Settings may well meet it
	Says     string    `json:"says"`          // the answer in a sentence
	Settings []Setting `json:"settings"`      // all that were tried, best first
	Paste    []Lines   `json:"paste"`         // of the daemons' configurations, for the first of Settings
	Notes    []string  `json:"notes"`

	goal record.Expectation
}

// Setting is a choice of timers with what came of it.
type Setting struct {
	Set       []string  `json:"set"`              // as --set takes it
	Vendor    string    `json:"vendor,omitempty"` // whose least it is
	Simulated Reached   `json:"simulated"`
	Lab       *Reached  `json:"lab,omitempty"`        // absent: not tried in a lab
	Run       string    `json:"run,omitempty"`        // the lab's run directory, relative to the tuning's
	Worst     float64   `json:"false_failovers_hour"` // computed, under the worst stress
	WorstOf   string    `json:"worst_stress,omitempty"`
	Stress    []Endured `json:"stress"`

	Ease []float64 `json:"ease,omitempty"` // how far up its range each timer is: the more, the more time it leaves
}

// Lines are those of one node's configuration that a setting decides.
type Lines struct {
	Node string `json:"node"`
	File string `json:"file"`
	Text string `json:"text"`
}

// NewTuning begins one.
func NewTuning(scenario string, goal record.Expectation) *Tuning {
	return &Tuning{Schema: tuningSchema, Scenario: scenario, Goal: goal.Text, Settings: []Setting{}, Paste: []Lines{}, Notes: []string{}, goal: goal}
}

// Name is what the setting is called.
func (s Setting) Name() string { return strings.Join(s.Set, ", ") }

// Endures adds what a stress came to, in place of what was known of it before.
func (s *Setting) Endures(e Endured) {
	s.Stress = append(slices.DeleteFunc(s.Stress, func(o Endured) bool { return o.Stress == e.Stress }), e)
	s.Worst, s.WorstOf = 0, ""
	for _, e := range s.Stress {
		if e.Computed != nil && *e.Computed > s.Worst {
			s.Worst, s.WorstOf = *e.Computed, e.Stress
		}
	}
}

// ease is how slow all its timers are together.
func (s Setting) ease() float64 {
	sum := 0.0
	for _, e := range s.Ease {
		sum += e
	}
	return sum
}

// slower says whether a timer of the setting is slower than another setting's, and none
// is faster.
func (s Setting) slower(than Setting) bool {
	if len(s.Ease) != len(than.Ease) {
		return false
	}
	for i, e := range s.Ease {
		if e < than.Ease[i] {
			return false
		}
	}
	return s.ease() > than.ease()
}

// Meets says whether the setting meets the goal, by the lab if it was tried there.
func (s Setting) Meets() bool {
	if s.Lab != nil {
		return s.Lab.Meets
	}
	return s.Simulated.Meets
}

// Best puts the settings in order: those that meet the goal, proven ones first, by how
// rarely they fail over falsely, and then the slower one, which leaves daemons more time;
// then the others, by how near they come.
func (t *Tuning) Best() {
	rank := func(s Setting) int {
		switch {
		case s.Vendor != "":
			return 4
		case s.Lab != nil && s.Lab.Meets:
			return 0
		case s.Lab != nil && !s.Lab.Fails:
			return 1
		case s.Lab == nil && s.Simulated.Meets:
			return 2
		}
		return 3
	}
	slices.SortStableFunc(t.Settings, func(a, b Setting) int {
		by := rank(a) - rank(b)
		if by == 0 && rank(a) <= 2 {
			by = cmp.Or(cmp.Compare(a.Worst, b.Worst), cmp.Compare(b.ease(), a.ease()))
		}
		return cmp.Or(by, cmp.Compare(a.Simulated.Value, b.Simulated.Value), cmp.Compare(a.Name(), b.Name()))
	})
	t.Found, t.Unsure = false, false
	if len(t.Settings) > 0 {
		first := rank(t.Settings[0])
		t.Found = first == 0 || first == 2 && !t.Lab
		t.Unsure = !t.Found && first <= 2
	}
	t.Says = t.says()
	if t.cutShort() {
		t.Says = fmt.Sprintf("cut short (%s), a better one may be left: %s", t.Outcome, t.Says)
	}
}

// cutShort says whether not all was tried that would have been.
func (t *Tuning) cutShort() bool { return t.Outcome != "" && t.Outcome != "completed" }

// says is the answer in a sentence.
func (t *Tuning) says() string {
	if len(t.Settings) == 0 {
		return "nothing was tried"
	}
	s := t.Settings[0]
	r, where := s.Simulated, "simulated"
	if s.Lab != nil {
		r, where = *s.Lab, "measured"
	}
	reached := fmt.Sprintf("%s %s, %s in %s", t.subject(), r, where, words.Count(r.Trials, "trial"))
	switch {
	case t.Unsure:
		return fmt.Sprintf("nothing is confirmed to meet %s; %s may: %s", t.Goal, s.Name(), reached)
	case !t.Found:
		return fmt.Sprintf("nothing meets %s; %s comes nearest: %s", t.Goal, s.Name(), reached)
	}
	return fmt.Sprintf("%s: %s, the upper end %s below the goal; false failovers under the worst stress: %s", s.Name(), reached,
		words.Milliseconds(t.goal.Value-float64(r.High)), perTime(s.Worst))
}

// subject is what the goal bounds.
func (t *Tuning) subject() string {
	if t.goal.Stat == "" {
		return t.goal.Subject()
	}
	return t.goal.Stat + "(" + t.goal.Subject() + ")"
}

// calendar is how people say how often something happens, with how many hours each has.
var calendar = []struct {
	hours float64
	name  string
}{{1. / 60, "a minute"}, {1, "an hour"}, {24, "a day"}, {730.5, "a month"}, {8766, "a year"}}

// perTime writes a rate as people say it.
func perTime(perHour float64) string {
	if perHour == 0 {
		return "none"
	}
	for _, p := range calendar {
		if n := perHour * p.hours; n >= 1 {
			return digits(n) + " " + p.name
		}
	}
	if years := 1 / (8766 * perHour); years < 1e6 {
		return "1 in " + digits(years) + " years"
	}
	return "less than 1 in a million years"
}

// digits writes a number with the two that count.
func digits(v float64) string {
	if v >= 100 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 2, 64)
}

// Slower is the setting whose timers are next slower than the answer's; nil if there is
// none.
func (t *Tuning) Slower() *Setting {
	if !t.Found {
		return nil
	}
	var next *Setting
	for i := range t.Settings[1:] {
		s := &t.Settings[i+1]
		if s.Vendor == "" && s.slower(t.Settings[0]) && (next == nil || s.ease() < next.ease()) {
			next = s
		}
	}
	return next
}

// tuningFile is the name of a tuning's record.
const tuningFile = "tune.json"

// IsTuning says whether the directory is a tuning's.
func IsTuning(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, tuningFile))
	return err == nil
}

// LoadTuning reads what a tuning has found. How its goal is read is the caller's to say.
func LoadTuning(dir string, parse func(text string) (record.Expectation, error)) (*Tuning, error) {
	file := filepath.Join(dir, tuningFile)
	text, err := record.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var t Tuning
	if err := record.Decode(file, text, &t); err != nil {
		return nil, err
	}
	if t.Schema != tuningSchema {
		return nil, fmt.Errorf("%s is no tuning (%s): its schema is %q", file, tuningSchema, t.Schema)
	}
	if t.goal, err = parse(t.Goal); err != nil {
		return nil, fmt.Errorf("%s is damaged: its goal: %w", file, err)
	}
	return &t, nil
}

// Save writes tune.json, the figure and the page, as report.md and report.html, into a
// directory.
func (t *Tuning) Save(dir string) error {
	if _, err := figure.SaveTuning(dir, t.figure()); err != nil {
		return err
	}
	for name, write := range map[string]func(f *os.File) error{
		tuningFile:    func(f *os.File) error { return writeJSON(f, t) },
		"report.md":   func(f *os.File) error { return page.Markdown(f, t.Page()) },
		"report.html": func(f *os.File) error { return page.HTML(f, t.Page(), os.DirFS(dir)) },
	} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			return fmt.Errorf("save the tuning: %w", err)
		}
		if err := cmp.Or(write(f), f.Close()); err != nil {
			return fmt.Errorf("save the tuning: %w", err)
		}
	}
	return nil
}
