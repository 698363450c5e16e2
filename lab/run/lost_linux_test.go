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

	"anylab/lab/labtest"
	"anylab/lab/observe"
	"anylab/lab/record"
)

// meddle carries a plan out and does something to it, once, in the middle of
// the first trial. It returns the run directory and the run's error.
func meddle(t *testing.T, p *Plan, path string, do func(pid map[string]int, dir *record.Dir)) error {
	t.Helper()
	labtest.Require(t, "netns")
	about := p.About(time.Now())
	dir, err := record.Create(path, about)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	meddled := make(chan struct{})
	go func() {
		defer close(meddled)
		if pids := awaitFault(ctx, path); pids != nil {
			do(pids, dir)
		}
	}()
	began := time.Now()
	err = p.Execute(ctx, dir, about, silent{t})
	cancel()
	<-meddled
	if took := time.Since(began); took > 2*time.Minute {
		t.Errorf("the run ended after %v", took)
	}
	_ = dir.Close() // says what Execute said
	return err
}

// awaitFault waits for the first fault and returns the lab's processes by
// "name on node".
func awaitFault(ctx context.Context, path string) map[string]int {
	for ctx.Err() == nil {
		pids := map[string]int{}
		for e, err := range record.Events(path) {
			if err != nil {
				break // there is no record yet
			}
			switch d := e.Data.(type) {
			case record.Proc:
				if e.Kind == record.KindStart {
					pids[d.Name+" on "+e.Node] = d.PID
				}
			case record.Fault:
				return pids
			}
		}
		time.Sleep(50 * time.Millisecond) // until the record is flushed again
	}
	return nil
}

// findings returns the names of the findings in a run's record.
func findings(t *testing.T, path string) map[string]string {
	t.Helper()
	names := map[string]string{}
	for e, err := range record.Events(path) {
		if err != nil {
			t.Fatal(err)
		}
		if f, ok := e.Data.(record.Finding); ok {
			names[f.Name] = f.Detail
		}
	}
	return names
}

func TestADaemonThatDiesByItselfEndsTheRun(t *testing.T) {
	if labtest.Apart(t) {
		return
	}
	path := filepath.Join(t.TempDir(), "run")
	err := meddle(t, compile(t, "service-crash", "trials=3", "faults.0.for=20s"), path, func(pids map[string]int, _ *record.Dir) {
		if err := syscall.Kill(pids["gobgp on c"], syscall.SIGKILL); err != nil {
			t.Error(err)
		}
	})
	var lost *LostError
	if !errors.As(err, &lost) || !strings.Contains(lost.What, "gobgp on c ended by itself (signal: killed)") {
		t.Errorf("got %v, want to be told of gobgp on c", err)
	}
	if got := findings(t, path)["process-died"]; !strings.Contains(got, "gobgp on c") {
		t.Errorf("finding %q", got)
	}
	if run, err := record.ReadRun(path); err != nil || !strings.Contains(run.Outcome, "gobgp on c") {
		t.Errorf("run.json: outcome %q, error %v", run.Outcome, err)
	}
}

// What a fault kills is expected to die.
func TestFaultsAreNoLosses(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"daemon-kill", "power-loss", "daemon-restart"} {
		t.Run(name, func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			path, err := execute(t.Context(), t, compile(t, name, "trials=1", "sustain=100ms"))
			if err != nil {
				t.Error(err)
			}
			if detail, found := findings(t, path)["process-died"]; found {
				t.Error(detail)
			}
		})
	}
}

func TestAnObserverThatDiesEndsTheRun(t *testing.T) {
	var lost *LostError
	ctx, end := context.WithCancelCause(t.Context())
	var seen labtest.Events
	g := &guard{&seen, end}
	g.Emit(record.Event{Kind: record.KindFinding, Data: record.Finding{Name: "late-sender"}})
	g.Emit(record.Event{Kind: record.KindExit, Data: record.Proc{Name: "gobgp"}})
	if ctx.Err() != nil || because(ctx, context.Canceled, "") == nil {
		t.Fatal("an ordinary event ended the run")
	}
	g.Emit(record.Event{Kind: record.KindFinding, Data: record.Finding{Name: observe.Died, Detail: "observe carrier on a: broken"}})
	if err := because(ctx, context.Canceled, ""); !errors.As(err, &lost) || lost.What != "observe carrier on a: broken" {
		t.Errorf("got %v", err)
	}
	if err := because(ctx, os.ErrNotExist, ""); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v: what had failed before is lost", err)
	}
	if n := len(seen.All()); n != 3 {
		t.Errorf("%d events passed on, want 3", n)
	}
}

func TestARemovedDirectoryEndsTheRun(t *testing.T) {
	if labtest.Apart(t) {
		return
	}
	path := filepath.Join(t.TempDir(), "run")
	err := meddle(t, compile(t, "service-crash", "trials=3", "faults.0.for=20s"), path, func(map[string]int, *record.Dir) {
		if err := os.RemoveAll(path); err != nil {
			t.Error(err)
		}
	})
	if !errors.Is(err, record.ErrRemoved) {
		t.Errorf("got %v, want %v", err, record.ErrRemoved)
	}
}

// A disk that something else fills up takes no more of the record, while there is
// room for others.
func TestANearlyFullDiskEndsTheRun(t *testing.T) {
	if labtest.Apart(t) {
		return
	}
	labtest.Require(t, "netns")
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=1100m"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, 0) })
	path := filepath.Join(disk, "run")
	err := meddle(t, compile(t, "service-crash", "trials=3", "faults.0.for=60s"), path, func(map[string]int, *record.Dir) {
		f, err := os.Create(filepath.Join(disk, "others"))
		if err == nil {
			err = errors.Join(syscall.Fallocate(int(f.Fd()), 0, 0, 200<<20), f.Close())
		}
		if err != nil {
			t.Errorf("filling the disk: %v", err)
		}
	})
	if !errors.Is(err, record.ErrNoRoom) || !strings.Contains(err.Error(), "write the record") {
		t.Errorf("got %v, want %v", err, record.ErrNoRoom)
	}
	events, trials := 0, 0
	for e, err := range record.Events(path) {
		if err != nil {
			t.Fatalf("event %d: %v", events, err)
		}
		events++
		if e.Kind == record.KindTrial {
			trials++
		}
	}
	if events == 0 || trials == 0 {
		t.Errorf("%d events of %d trials can be read", events, trials)
	}
	if _, err := record.ReadRun(path); err != nil {
		t.Error(err)
	}
	if _, err := record.ProbeGroups(path); err != nil {
		t.Error(err)
	}
}
