package run

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"anylab/lab/labtest"
	"anylab/lab/probe"
	"anylab/lab/record"
	"anylab/lab/service"
	"anylab/lab/speaker"
	"anylab/scenarios"
)

func TestMain(m *testing.M) {
	labtest.Main(m, map[string]func([]string) int{"prober": probe.Main, "service": service.Main, "speaker": speaker.Main})
}

// silent is a Progress for tests: what is done goes to the test's log.
type silent struct{ t *testing.T }

func (s silent) Step(what string)                   { s.t.Log(what) }
func (s silent) Trial(done, total int, what string) { s.t.Logf("trial %d/%d: %s", done, total, what) }

func compile(t *testing.T, name string, set ...string) *Plan {
	t.Helper()
	s, err := scenarios.Load(name, set...)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(s)
	if err != nil {
		t.Fatal(err)
	}
	p.Seed = 1
	return p
}

// execute carries a plan out and returns its run directory.
func execute(ctx context.Context, t *testing.T, p *Plan) (string, error) {
	t.Helper()
	labtest.Require(t, "netns")
	about := p.About(time.Now())
	dir, err := record.Create(filepath.Join(t.TempDir(), "run"), about)
	if err != nil {
		t.Fatal(err)
	}
	err = p.Execute(ctx, dir, about, silent{t})
	if cerr := dir.Close(); cerr != nil {
		t.Fatal(cerr)
	}
	return dir.Path(), err
}

func TestAFaultIsRecordedStepByStep(t *testing.T) {
	if labtest.Apart(t) {
		return
	}
	path, err := execute(t.Context(), t, compile(t, "service-crash", "trials=2", "faults.0.for=1s", "sustain=100ms"))
	if err != nil {
		t.Fatal(err)
	}
	run, err := record.ReadRun(path)
	if err != nil {
		t.Fatal(err)
	}
	if run.Outcome != "completed" || len(run.Cells) != 1 || run.Cells[0].Theory == nil {
		t.Errorf("run.json: outcome %q, cells %+v", run.Outcome, run.Cells)
	}
	var steps []string
	var last record.Time
	for e, err := range record.Events(path) {
		if err != nil {
			t.Fatal(err)
		}
		step := ""
		switch d := e.Data.(type) {
		case record.Trial:
			step = string(d.Phase)
		case record.Fault:
			step = string(d.Phase)
			if d.Err != "" {
				t.Errorf("%s: %s", d.Phase, d.Err)
			}
		default:
			continue
		}
		if e.At < last {
			t.Errorf("%s comes before the step that precedes it", step)
		}
		last = e.At
		steps = append(steps, step)
	}
	once := []string{"begin", "inject", "effective", "verified", "heal", "healed", "heal-verified", "end"}
	if want := append(once, once...); !equal(steps, want) {
		t.Errorf("steps %v, want %v", steps, want)
	}
	if lost := countLost(t, path); lost == 0 {
		t.Error("a crashed service lost no request")
	}
}

func equal(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func countLost(t *testing.T, path string) int {
	t.Helper()
	lost := 0
	for s, err := range record.Samples(path, "london-dns") {
		if err != nil {
			t.Fatal(err)
		}
		if s.Lost() {
			lost++
		}
	}
	return lost
}

func TestAnInterruptHealsAndLeavesAReadableRecord(t *testing.T) {
	if labtest.Apart(t) {
		return
	}
	ctx, interrupt := context.WithCancel(t.Context())
	p := compile(t, "service-crash", "trials=2", "faults.0.for=20s")
	time.AfterFunc(6*time.Second, interrupt) // long enough for the lab to settle, far shorter than the fault
	path, err := execute(ctx, t, p)
	if err == nil {
		t.Fatal("an interrupted run reported no error")
	}
	run, err := record.ReadRun(path)
	if err != nil {
		t.Fatal(err)
	}
	if run.Outcome != "interrupted" {
		t.Errorf("outcome %q", run.Outcome)
	}
	injected, healed := 0, 0
	for e, err := range record.Events(path) {
		if err != nil {
			t.Fatal(err)
		}
		if f, ok := e.Data.(record.Fault); ok {
			switch f.Phase {
			case record.FaultEffective:
				injected++
			case record.FaultHealVerified:
				healed++
			}
		}
	}
	if injected != healed {
		t.Errorf("%d faults injected, %d healed", injected, healed)
	}
}

func TestScheduleMakesEveryTrialOnceAndInterleavesCells(t *testing.T) {
	p := &Plan{cells: []cell{{}, {}, {}}}
	for i, trials := range []int{1, 5, 30} {
		p.cells[i].Trials = trials
	}
	visits := p.schedule(rand.New(rand.NewPCG(1, 0)))
	next := map[int]int{}
	for i, v := range visits {
		if v.number != i || v.trials == 0 || v.first != next[v.cell] {
			t.Errorf("visit %d: %+v, its cell has made %d trials", i, v, next[v.cell])
		}
		next[v.cell] += v.trials
	}
	for i, c := range p.cells {
		if next[i] != c.Trials {
			t.Errorf("cell %d makes %d trials, want %d", i, next[i], c.Trials)
		}
	}
	if len(visits) != 1+3+3 {
		t.Errorf("%d visits, want 7: the large cells are divided over the rounds", len(visits))
	}
}
