package reports

import (
	"bytes"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"anylab/lab/record"
	"anylab/reports/stats"
	"anylab/reports/timeline"
)

const serviceCrash = "the service of a crashes"

var crashCell = map[string]string{record.CellLabel: serviceCrash}

// crashValidation asks of 80 % of all crashes that they are over within a second.
func crashValidation() *record.Validation {
	under := record.Expectation{Text: "interruption < 1s", Metric: "interruption", Op: "<", Value: 1000, Unit: record.Milliseconds}
	return &record.Validation{Share: 0.8, Confidence: 0.95, Command: "anylab validate service-crash --share=80% --seed=7", Failures: []record.Failure{
		{Label: serviceCrash, Kind: "service-crash", Part: "service", On: []string{"a"}, Site: "a", Require: []record.Expectation{under}, Why: "two failing checks, 100 ms apart"},
		{Label: "the service of b crashes", Kind: "service-crash", Part: "service", On: []string{"b"}, Site: "b", Not: "nobody uses it"},
		{Label: "the service of d crashes", Kind: "service-crash", Part: "service", On: []string{"d"}, Site: "d", Like: serviceCrash},
	}}
}

// validated is a run of so many good trials, and what becomes of them.
func validatedRun(n int, change func(i int, t *tale)) story {
	s := crashes(n)
	s.validation = crashValidation()
	for i := range s.trials {
		s.trials[i].cell = crashCell
		if change != nil {
			change(i, &s.trials[i])
		}
	}
	return s
}

func TestValidationAnswers(t *testing.T) {
	dead := func(_ int, t *tale) { t.dead, t.outage = true, 2000 }
	for name, c := range map[string]struct {
		story  story
		answer stats.Answer
		exit   int
		says   []string
	}{
		"all of 14 meet it": {validatedRun(14, nil), stats.Proven, 0,
			[]string{"Yes: when the service of a crashes, at least 80 % of all cases cut users off for less than 1 s", "14 of 14"}},
		"3 of 3 don't": {validatedRun(3, dead), stats.Refuted, 1,
			[]string{"No: when the service of a crashes, that cuts users off for longer than 1 s: the health check decides it.", "0 of 3", "two failing checks, 100 ms apart", "services.dns.health has an interval of 100 ms"}},
		"faults that strike a site which serves nobody any more show nothing": {validatedRun(14, func(_ int, t *tale) {
			*t = tale{elsewhere: true, cell: t.cell}
		}), stats.Undecided, 4, []string{"it is undecided when the service of a crashes", "untouched: "}},
		"one violation refutes nothing": {validatedRun(14, func(i int, t *tale) {
			if i == 5 {
				dead(i, t)
			}
		}), stats.Undecided, 4, []string{"Not known yet: it is undecided when the service of a crashes.", "that can't be proven any more: with --allow 1 it takes up to 24 trials"}},
		"an inconclusive trial counts against the proof": {validatedRun(14, func(i int, t *tale) { t.lossBefore = i == 3 }), stats.Undecided, 4,
			[]string{"met in 13 of 14 trials", "it would take trials that can be trusted", "(1 can't tell; the first because of loss-before: "}},
		"and never towards a refutation": {validatedRun(6, func(_ int, t *tale) { t.dead, t.outage, t.lossBefore = true, 2000, true }), stats.Undecided, 4,
			[]string{"met in 0 of 6 trials", "(6 can't tell; the first because of loss-before: "}},
		"ten are not enough": {validatedRun(10, nil), stats.Undecided, 4, []string{"met in 10 of 10 trials: at least 74 % of all cases; 4 more prove it if all meet it, 10 more refute it if all violate it"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := c.story.load(t)
			if got := r.Result.Validation.Answer; got != c.answer || r.ExitCode() != c.exit {
				t.Errorf("%s, exit code %d; want %s, %d", got, r.ExitCode(), c.answer, c.exit)
			}
			var b strings.Builder
			if err := Table(&b, r); err != nil {
				t.Fatal(err)
			}
			for _, want := range append(c.says, "nobody uses it", "anylab validate service-crash --share=80% --seed=7") {
				if !strings.Contains(b.String(), want) {
					t.Errorf("the page lacks %q:\n%s", want, b.String())
				}
			}
		})
	}
}

// An inconclusive trial is counted, but its times are not shown, as the note says.
func TestTimesAreThoseOfConclusiveTrials(t *testing.T) {
	r := validatedRun(14, func(i int, t *tale) {
		if i == 3 {
			t.dead, t.outage, t.lossBefore = true, 2000, true
		}
	}).load(t)
	if a := r.Result.Validation.Failures[0].Clients[0]; a.Trials != 14 || a.Met != 13 || !(a.Max < 1000) {
		t.Errorf("met in %d of %d, longest %v ms; want 13 of 14, and not the 2 s of the inconclusive one", a.Met, a.Trials, a.Max)
	}
	var b strings.Builder
	if err := Table(&b, r); err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(strings.Fields(b.String()), " "); !strings.Contains(text, "the median of the conclusive trials and the longest of them") {
		t.Errorf("the note doesn't say whose times they are:\n%s", b.String())
	}
}

// Clients who saw the same are one row, with the times of whom it hit worst.
func TestClientsWhoSawTheSameAreOneRow(t *testing.T) {
	near, far := Answered{Client: "near", Answer: stats.Proven, Says: "met", Median: 10, Max: Number(math.NaN())}, Answered{Client: "far", Answer: stats.Proven, Says: "met", Median: 20, Max: 30}
	if got := (Validated{Clients: []Answered{near, far}}).seen(); len(got) != 1 || got[0].by != "" || got[0].Median != 20 || got[0].Max != 30 {
		t.Errorf("the same: %+v", got)
	}
	far.Says = "met in fewer"
	if got := (Validated{Clients: []Answered{near, far}}).seen(); len(got) != 2 || got[0].by != ", for near" || got[1].by != ", for far" {
		t.Errorf("one saw something else: %+v", got)
	}
}

// What is known of several failures alike is said once.
func TestWhatIsKnownIsSaidOnce(t *testing.T) {
	r := &Report{Result: Result{Validation: &Validation{}}}
	for _, f := range []string{"a fails", "b fails", "c fails"} {
		says := map[bool]string{true: "met in 1 of 1 trial", false: "no trial was made"}[f == "b fails"]
		r.Result.Validation.Failures = append(r.Result.Validation.Failures, Validated{Failure: f, Clients: []Answered{{Answer: stats.Undecided, Says: says}}})
	}
	rows := openSection(sheet{Report: r})[0].Rows
	if len(rows) != 2 || rows[0][0].Text != "a fails; c fails" || rows[1][0].Text != "b fails" {
		t.Errorf("%+v", rows)
	}
}

// Of what did not end the figure shows how long it was watched.
func TestWhatDidNotEndIsDrawnWhereItWasLeft(t *testing.T) {
	out := timeline.Interval{Value: 932 * time.Millisecond, Open: true}
	f := tried{Failover: timeline.Failover{Interruptions: []timeline.Interruption{{Interval: out}}}, status: OK}
	if d := f.dot(bounded{value: math.Inf(1)}); !d.Open || d.Low != 932 {
		t.Errorf("%+v, want an open end at 932 ms", d)
	}
	if d := f.dot(bounded{value: 150, low: 149}); d.Open || d.MS != 150 {
		t.Errorf("%+v, want a dot at 150 ms", d)
	}
}

// What would have to be otherwise is said once of neighbors in the table.
func TestSettingsAreSaidOnce(t *testing.T) {
	r := &Report{Result: Result{Validation: &Validation{}}}
	for _, setting := range []string{"hold", "hold", "", "BFD", "hold"} {
		r.Result.Validation.Failures = append(r.Result.Validation.Failures, Validated{Answer: stats.Refuted, Setting: setting})
	}
	var got []string
	for _, row := range decidesSection(sheet{Report: r})[0].Rows {
		got = append(got, row[2].Text)
	}
	if want := []string{"hold", "the same", "no setting that is known here", "BFD", "hold"}; !slices.Equal(got, want) {
		t.Errorf("settings %q, want %q", got, want)
	}
}

// Of a proven failure only one phase of whose timer was struck nothing is proven.
func TestOnePhaseProvesNothing(t *testing.T) {
	s := validatedRun(14, func(_ int, t *tale) { t.detect, t.outage = 150, 152 })
	s.period = 100 * time.Millisecond
	r := s.load(t)
	if a := r.Result.Validation.Failures[0].Clients[0]; a.Answer != stats.Undecided || !a.OneSided {
		t.Errorf("%+v", a)
	}
}

func TestValidationForMachines(t *testing.T) {
	s := validatedRun(3, func(_ int, t *tale) { t.dead, t.outage = true, 2000 })
	dir := filepath.Join(t.TempDir(), "run")
	s.write(t, dir)
	r, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Write(dir); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(r.Figures, "figures/validation.png") {
		t.Errorf("figures: %v", r.Figures)
	}
	var b bytes.Buffer
	if err := JUnit(&b, r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`tests="3" failures="1" errors="0" skipped="2"`, `name="the service of a crashes"`, "refuted: london: violated in 3 of 3 trials", "does not apply: nobody uses it", "like: " + serviceCrash} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("junit lacks %q:\n%s", want, b.String())
		}
	}
	if list := r.Annotations(nil); len(list) != 1 || list[0].Level != "error" {
		t.Errorf("annotations: %+v", list)
	}
}

func TestValidationAgainstABaseline(t *testing.T) {
	sampled := func(s story) Samples { return Sampled(s.load(t).Result) }
	proven := sampled(validatedRun(14, nil))
	for name, c := range map[string]struct {
		head story
		want Direction
	}{
		"the same":                     {validatedRun(14, nil), Same},
		"refuted":                      {validatedRun(3, func(_ int, t *tale) { t.dead, t.outage = true, 2000 }), Regression},
		"proven that became undecided": {validatedRun(13, nil), Unknown},
		"slower, and proven still":     {validatedRun(14, func(_ int, t *tale) { t.detect, t.outage = t.detect+300, t.outage+300 }), Regression},
	} {
		if got := Compare(proven, sampled(c.head), Thresholds{Only: []string{"outage"}, MS: map[string]float64{"": 10}}); got.Verdict != c.want {
			t.Errorf("%s: %s, want %s; %v", name, got.Verdict, c.want, got.Notes)
		}
	}
}

// With a budget the time goes first to trials of all, then to what ends soonest.
func TestBudgetGoesWhereItDecidesMost(t *testing.T) {
	made := func(name string, trials int, took time.Duration) record.Made {
		return record.Made{Cell: map[string]string{record.CellLabel: name}, Trials: trials, Took: took}
	}
	c := NewChooser(record.Validation{Share: 0.8, Confidence: 0.95, Budget: time.Hour})
	cells := []record.Made{made("slow", 0, 10*time.Second), made("quick", 0, time.Second)}
	if got := c.affordable([]int{0, 1}, cells, time.Minute); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("at first %v, want a trial of both", got)
	}
	if got := c.affordable([]int{0, 1}, cells, 20*time.Second); !slices.Equal(got, []int{1}) {
		t.Errorf("with too little time for both %v, want the quick one", got)
	}
	cells[0].TooSlow = true
	if got := c.affordable([]int{0, 1}, cells, 21*time.Second); !slices.Equal(got, []int{1}) {
		t.Errorf("with 21 seconds left %v, want the quick one: 14 seconds prove it", got)
	}
	if got := c.affordable([]int{0}, cells, 21*time.Second); !slices.Equal(got, []int{0}) {
		t.Errorf("with 21 seconds left %v, want the slow one: two trials refute it", got)
	}
	cells[0].Trials, cells[1].Trials = 1, 1
	c.seen["slow"], c.seen["quick"] = progress{more: 13}, progress{more: 13}
	if got := c.affordable([]int{0, 1}, cells, time.Minute); !slices.Equal(got, []int{1}) {
		t.Errorf("with a minute left %v, want the quick one, which comes to an end", got)
	}
	c.seen["slow"] = progress{more: 1} // its first trial violated the requirement
	if got := c.affordable([]int{0, 1}, cells, time.Minute); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("with a minute left %v, want both, for the slow one is refuted soon", got)
	}
	if got := c.affordable([]int{0, 1}, cells, time.Second/2); len(got) > 0 {
		t.Errorf("with no time left %v", got)
	}
	c.seen["slow"], c.seen["quick"] = progress{more: 1}, progress{more: 1, vain: true}
	if got := c.affordable([]int{0, 1}, cells, 10*time.Second); !slices.Equal(got, []int{0}) {
		t.Errorf("with ten seconds left %v, want the slow one: no end of the quick one is in sight", got)
	}
}

func TestChooserClosesWhatIsDecided(t *testing.T) {
	for name, c := range map[string]struct {
		story story
		fast  bool
		want  int
	}{
		"proven":       {validatedRun(14, nil), false, 0},
		"open":         {validatedRun(8, nil), false, 1},
		"refuted":      {validatedRun(2, func(_ int, t *tale) { t.dead, t.outage = true, 2000 }), false, 0},
		"all in doubt": {validatedRun(3, func(_ int, t *tale) { t.lossBefore = true }), false, 0},
		"some doubt":   {validatedRun(3, func(i int, t *tale) { t.lossBefore = i > 0 }), false, 1},
		"fail fast":    {validatedRun(2, func(_ int, t *tale) { t.dead, t.outage = true, 2000 }), true, 0},
	} {
		dir := filepath.Join(t.TempDir(), "run")
		v := *crashValidation()
		v.FailFast = c.fast
		whole := func() error { // until then there is nothing to look at
			c.story.write(t, dir)
			return nil
		}
		if name == "open" {
			c.story.write(t, dir) // eight trials can decide nothing: nobody looks
		}
		next, err := NewChooser(v).Next(dir, []record.Made{{Cell: crashCell, Trials: len(c.story.trials)}}, whole)
		if err != nil || len(next) != c.want {
			t.Errorf("%s: %v, %v; want %d", name, next, err, c.want)
		}
	}
}
