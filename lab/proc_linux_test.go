package lab_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/labtest"
	"anylab/lab/record"
	"anylab/topologies"
)

// openOne opens a small lab whose events are kept, and returns a node of it.
func openOne(t *testing.T) (*lab.Node, *labtest.Events) {
	t.Helper()
	events := new(labtest.Events)
	l := labtest.OpenTopology(t, star(1), lab.Options{Sink: events})
	return node(t, l, "a0"), events
}

func start(ctx context.Context, t *testing.T, n *lab.Node, args ...string) *lab.Proc {
	t.Helper()
	p, err := n.Start(ctx, "proc", exec.Command(args[0], args[1:]...))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func await(t *testing.T, p *lab.Proc) {
	t.Helper()
	select {
	case <-p.Done():
	case <-time.After(soon):
		t.Fatalf("process %d has not ended", p.PID())
	}
}

// What a process writes to a relative path lands beside its logs, not where
// this program happens to run; a directory that stayed empty goes with the lab.
func TestProcHasADirectoryOfItsOwn(t *testing.T) {
	l := labtest.OpenTopology(t, star(1), lab.Options{})
	n := node(t, l, "a0")
	for name, script := range map[string]string{"writer": "echo trace > mine.log", "idler": "true"} {
		p, err := n.Start(t.Context(), name, exec.Command("sh", "-c", script))
		if err != nil {
			t.Fatal(err)
		}
		await(t, p)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(n.LogDir(), "cwd/writer/mine.log")); err != nil || string(text) != "trace\n" {
		t.Errorf("the file has %q, %v", text, err)
	}
	if _, err := os.Stat(filepath.Join(n.LogDir(), "cwd/idler")); !os.IsNotExist(err) {
		t.Errorf("the empty directory: %v", err)
	}
	if _, err := os.Stat("mine.log"); !os.IsNotExist(err) {
		t.Errorf("the file in the test's own directory: %v", err)
	}
}

func TestProcRunsInItsNode(t *testing.T) {
	n, events := openOne(t)
	before := record.Now()
	p := start(context.Background(), t, n, "sh", "-c", "readlink /proc/self/ns/net; cat /proc/net/dev; exit 4")
	await(t, p)
	if p.Status() != "exit status 4" || p.Name() != "proc" || p.Node() != "a0" {
		t.Errorf("%s on %s: %s", p.Name(), p.Node(), p.Status())
	}
	if p.Exited() < before || p.Exited() > record.Now() {
		t.Errorf("exited at %d, not between %d and now", p.Exited(), before)
	}
	log, err := os.ReadFile(filepath.Join(n.LogDir(), "proc.log"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{namespaceOf(t, n), "eth0:", topologies.AnycastDev + ":"} {
		if !strings.Contains(string(log), want) {
			t.Errorf("the log lacks %q:\n%s", want, log)
		}
	}
	want := []record.Event{
		{Kind: record.KindStart, Node: "a0", Data: record.Proc{Name: "proc", PID: p.PID()}},
		{At: p.Exited(), Kind: record.KindExit, Node: "a0", Data: record.Proc{Name: "proc", PID: p.PID(), Status: "exit status 4", Unexpected: true}},
	}
	got := events.All()
	if len(got) > 0 {
		want[0].At = got[0].At
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func namespaceOf(t *testing.T, n *lab.Node) string {
	t.Helper()
	var stat unix.Stat_t
	if err := unix.Stat("/run/netns/"+n.Name, &stat); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("net:[%d]", stat.Ino)
}

func TestProcLogIsAppended(t *testing.T) {
	n, _ := openOne(t)
	for range 3 {
		await(t, start(context.Background(), t, n, "echo", "line"))
	}
	log, err := os.ReadFile(filepath.Join(n.LogDir(), "proc.log"))
	if err != nil || string(log) != "line\nline\nline\n" {
		t.Errorf("log %q, %v", log, err)
	}
}

func TestProcDiesWithContext(t *testing.T) {
	n, events := openOne(t)
	ctx, cancel := context.WithCancel(context.Background())
	p := start(ctx, t, n, "sleep", "300")
	cancel()
	await(t, p)
	if p.Status() != "signal: killed" {
		t.Errorf("status %q", p.Status())
	}
	events.Wait(t, soon, func(e record.Event) bool { return e.Kind == record.KindExit })
	if err := p.Signal(unix.SIGTERM); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("signal to a process that is gone: %v", err)
	}
	if _, err := n.Start(ctx, "late", exec.Command("true")); !errors.Is(err, context.Canceled) {
		t.Errorf("start after the end: %v", err)
	}
}

func TestProcGroupEndsWithItsLeader(t *testing.T) {
	n, _ := openOne(t)
	p := start(context.Background(), t, n, "sh", "-c", "sleep 300 & echo $! ; sleep 300")
	var helper int
	log := filepath.Join(n.LogDir(), "proc.log")
	poll(t, func() bool {
		text, _ := os.ReadFile(log)
		_, err := fmt.Sscanln(string(text), &helper)
		return err == nil
	})
	if err := p.Signal(unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	await(t, p)
	poll(t, func() bool { return errors.Is(unix.Kill(helper, 0), unix.ESRCH) })
}

func TestProcFrozenIsStopped(t *testing.T) {
	n, _ := openOne(t)
	p := start(context.Background(), t, n, "sleep", "300")
	if err := p.Signal(unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	poll(t, func() bool { return state(p.PID()) == "T" })
	for range 2 { // the second time it is gone
		if err := p.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	}
	if p.Status() != "signal: terminated" {
		t.Errorf("status %q", p.Status())
	}
}

func TestProcStubbornIsKilled(t *testing.T) {
	n, _ := openOne(t)
	p := start(context.Background(), t, n, "sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done")
	log := filepath.Join(n.LogDir(), "proc.log")
	poll(t, func() bool { text, _ := os.ReadFile(log); return len(text) > 0 })
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if err := p.Stop(ctx); err != nil {
		t.Error(err)
	}
	if p.Status() != "signal: killed" {
		t.Errorf("status %q", p.Status())
	}
}

func TestProcThatCannotStart(t *testing.T) {
	n, events := openOne(t)
	if _, err := n.Start(context.Background(), "x", exec.Command("/no/such/program")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if got := events.All(); len(got) > 0 {
		t.Errorf("events of a process that never was: %v", got)
	}
}

// Closing a lab ends its processes; the leak check of the helper would tell.
func TestCloseEndsProcesses(t *testing.T) {
	n, _ := openOne(t)
	for range 5 {
		start(context.Background(), t, n, "sleep", "300")
	}
}

// state is the letter that proc(5) gives: T for stopped.
func state(pid int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(text), ") ")
	letter, _, _ := strings.Cut(rest, " ")
	return letter
}

// poll waits for what nothing announces.
func poll(t *testing.T, met func() bool) {
	t.Helper()
	for deadline := time.Now().Add(soon); !met(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain")
		}
	}
}
