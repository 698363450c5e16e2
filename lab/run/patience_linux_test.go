package run

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"anylab/lab/fault"
	"anylab/lab/labtest"
	"anylab/lab/record"
)

func TestHeadwayGrantsPatienceAnew(t *testing.T) {
	h := newHeadway(10 * time.Second)
	start := h.deadline.Add(-10 * time.Second)
	for _, c := range []struct {
		after   time.Duration
		missing int
		want    bool
	}{
		{0, 9, false},
		{9 * time.Second, 8, false},
		{18 * time.Second, 8, false}, // nine seconds after the last headway
		{18 * time.Second, 7, false},
		{27 * time.Second, 8, false}, // worse is no headway
		{27 * time.Second, 7, false}, // nor is what was reached before
		{29 * time.Second, 7, true},
	} {
		if got := h.over(c.missing, start.Add(c.after)); got != c.want {
			t.Errorf("%d missing after %v: over %v, want %v", c.missing, c.after, got, c.want)
		}
	}
}

// Of a table nothing is heard while it loads: the patience is as long as that takes.
func TestPatienceCountsTables(t *testing.T) {
	of := func(routes string) time.Duration {
		return compile(t, "full-table", "topology.nodes.a.table="+routes, "topology.nodes.b.table="+routes).cells[0].patience()
	}
	few, many := of("1"), of("1000000")
	// The router hears both tables, and each route takes it 100 us of work.
	if more := many - few; more < 200*time.Second || more > time.Hour {
		t.Errorf("with tables of a million the patience is %v, with those of one route %v", many, few)
	}
}

// prepared is a fault that spoils the lab before it has settled.
type prepared struct {
	fault.Fault
	spoil func(ctx context.Context, w *fault.World) error
}

func (p prepared) Prepare(ctx context.Context, w *fault.World) error { return p.spoil(ctx, w) }

func spoilt(t *testing.T, spoil func(ctx context.Context, w *fault.World) error) *Plan {
	p := compile(t, "service-crash", "trials=1")
	p.patience = 2 * time.Second
	f := &p.cells[0].faults[0]
	f.Fault = prepared{f.Fault, spoil}
	return p
}

// Where nothing moves any more it is not waited for, however patient one is.
func TestASessionThatStaysDownIsNamed(t *testing.T) {
	if labtest.Apart(t) {
		return
	}
	p := spoilt(t, func(_ context.Context, w *fault.World) error {
		k, err := w.Link("upstream-c")
		if err != nil {
			return err
		}
		return k.SetDown("upstream") // a cable that was never plugged in
	})
	p.patience = time.Hour
	path, err := execute(t.Context(), t, p)
	var gate *GateError
	if !errors.As(err, &gate) {
		t.Fatalf("got %v, want a gate that was not met", err)
	}
	if !strings.Contains(err.Error(), "session upstream to c (") {
		t.Errorf("the session is not named: %v", err)
	}
	if run, err := record.ReadRun(path); err != nil || !strings.Contains(run.Outcome, "session upstream to c (") {
		t.Errorf("run.json: outcome %q, error %v", run.Outcome, err)
	}
}

func TestADaemonThatDiesAtStartIsNamedAtOnce(t *testing.T) {
	if labtest.Apart(t) {
		return
	}
	p := spoilt(t, func(_ context.Context, w *fault.World) error {
		victim := w.Speakers["b"].Procs()[0].(interface{ PID() int })
		return syscall.Kill(victim.PID(), syscall.SIGKILL) // nobody has announced it
	})
	p.patience = time.Hour
	_, err := execute(t.Context(), t, p)
	var lost *LostError
	if !errors.As(err, &lost) || !strings.Contains(err.Error(), "gobgp on b ended by itself (signal: killed)") {
		t.Errorf("got %v, want to be told of gobgp on b", err)
	}
}

// Where all sessions are up and nobody is served, it is routes that are missing.
func TestMissingRoutesAreNamed(t *testing.T) {
	if labtest.Apart(t) {
		return
	}
	path, err := execute(t.Context(), t, spoilt(t, func(ctx context.Context, w *fault.World) error {
		for _, node := range []string{"a", "b", "c"} {
			if err := w.Running[node][0].Drain(ctx); err != nil {
				return err
			}
		}
		return nil
	}))
	var gate *GateError
	if !errors.As(err, &gate) || !strings.Contains(err.Error(), "upstream has no route to 192.0.2.100/32") {
		t.Fatalf("got %v, want to be told of the missing route", err)
	}
	if strings.Contains(err.Error(), "no route back") {
		t.Errorf("sites have a way back: %v", err)
	}
	for _, node := range []string{"upstream", "a", "london"} {
		text, err := os.ReadFile(filepath.Join(path, "logs", node, "state-unsettled.txt"))
		if err != nil || !strings.Contains(string(text), "> ip route") {
			t.Errorf("what an operator would look at of %s: %v\n%s", node, err, text)
		}
	}
}
