package labtest

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netns"

	"anylab/lab"
	"anylab/lab/record"
	"anylab/topologies"
)

func TestMain(m *testing.M) {
	Main(m, map[string]func([]string) int{"double": func(args []string) int {
		fmt.Print(args, lab.InSandbox())
		return 5
	}})
}

const one = `
name: one
nodes:
  r: {role: router, asn: 65000}
  a: {role: anycast, asn: 65001}
  c: {role: client}
links:
  - endpoints: [r, a]
  - endpoints: [r, c]
anycast: 192.0.2.100/32
`

func TestMainRunsChildren(t *testing.T) {
	cmd := exec.Command("/proc/self/exe", "double", "a", "b")
	out, _ := cmd.Output()
	if want := fmt.Sprint([]string{"a", "b"}, lab.InSandbox()); string(out) != want || cmd.ProcessState.ExitCode() != 5 {
		t.Errorf("got %q, %v; want %q, exit status 5", out, cmd.ProcessState, want)
	}
}

// recorder is a test that is only played.
type recorder struct {
	testing.TB
	cleanups []func()
	failures []string
	skipped  string
}

func (r *recorder) Helper()          {}
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}
func (r *recorder) Fatalf(format string, args ...any) { r.Errorf(format, args...) }
func (r *recorder) Skipf(format string, args ...any)  { r.skipped = fmt.Sprintf(format, args...) }

func (r *recorder) end() {
	for i := len(r.cleanups) - 1; i >= 0; i-- {
		r.cleanups[i]()
	}
}

// Each kind of leak must be seen, and none must be seen where there is none.
func TestLeaksAreSeen(t *testing.T) {
	Require(t, "netns")
	quiet := runtime.NumGoroutine()
	for what, leak := range map[string]func(t *testing.T) (undo func()){
		"":          func(*testing.T) func() { return func() {} },
		"namespace": leakNamespace,
		"process":   leakProcess,
		"file":      leakFile,
		"goroutine": leakGoroutine,
	} {
		t.Run("leak "+what, func(t *testing.T) {
			for runtime.NumGoroutine() > quiet+1 { // a goroutine that is still ending would hide one that comes
				time.Sleep(time.Millisecond)
			}
			r := &recorder{TB: t}
			checkLeaksFor(r, 50*time.Millisecond)
			undo := leak(t)
			r.end()
			undo()
			if what == "" && len(r.failures) > 0 {
				t.Errorf("nothing leaked, but: %q", r.failures)
			}
			if !strings.Contains(strings.Join(r.failures, "\n"), what) {
				t.Errorf("a leaked %s was not seen: %q", what, r.failures)
			}
		})
	}
}

func leakNamespace(t *testing.T) func() {
	l, err := lab.Open(context.Background(), topology(t), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}

func topology(t *testing.T) topologies.Topology {
	t.Helper()
	parsed, err := topologies.Parse("test.yaml", []byte(one))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func leakProcess(t *testing.T) func() {
	cmd := exec.Command("sleep", "300")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()         // says that it was killed
	}
}

func leakFile(t *testing.T) func() {
	own, err := netns.Get()
	if err != nil {
		t.Fatal(err)
	}
	return func() { own.Close() }
}

func leakGoroutine(*testing.T) func() {
	stop := make(chan struct{})
	go func() { <-stop }()
	return func() { close(stop) }
}

func TestOpen(t *testing.T) {
	l := Open(t, one)
	if n := len(l.Nodes()); n != 3 {
		t.Errorf("%d nodes, want 3", n)
	}
}

func TestRequire(t *testing.T) {
	for env, want := range map[string]string{"": "skipped", "bird,no-such-program": "failed", "bird": "skipped"} {
		t.Setenv(RequireEnv, env)
		r := &recorder{TB: t}
		Require(r, "no-such-program")
		switch {
		case want == "skipped" && r.skipped == "", want == "failed" && len(r.failures) == 0:
			t.Errorf("%s=%q: not %s", RequireEnv, env, want)
		}
	}
	r := &recorder{TB: t}
	Require(r, "sh")
	if r.skipped != "" || len(r.failures) > 0 {
		t.Errorf("sh: %q %q", r.skipped, r.failures)
	}
}

// What a kernel lacks is missed by its name, and so is what stands in for it.
func TestRequireOfTheKernel(t *testing.T) {
	Require(t, "netns")
	for _, c := range lab.Capabilities() {
		t.Setenv(RequireEnv, c.Name)
		r := &recorder{TB: t}
		Require(r, c.Name)
		if failed := len(r.failures) > 0; failed == c.OK || r.skipped != "" {
			t.Errorf("%+v, but required it says %q %q", c, r.failures, r.skipped)
		}
	}
}

func TestStandIns(t *testing.T) {
	fallbacks := Open(t, one).Fallbacks() // a bridge, where the kernel has no dummy
	for env, want := range map[string]int{"": 0, "netns,netem": 0, "netem,dummy": len(fallbacks)} {
		t.Setenv(RequireEnv, env)
		if got := standIns(fallbacks); len(got) != want {
			t.Errorf("%s=%q: %q of %q, want %d", RequireEnv, env, got, fallbacks, want)
		}
	}
	t.Setenv(RequireEnv, "netem")
	if got := standIns([]string{"links: a relay instead of netem", "anycast0: lo instead of dummy", "a: a route"}); len(got) != 1 {
		t.Errorf("got %q, want the relay", got)
	}
}

func TestEventsWait(t *testing.T) {
	var s Events
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for i := range 100 {
			s.Emit(record.Event{At: record.Time(i), Kind: record.KindTrial})
			s.Emit(record.Event{At: record.Time(i), Kind: record.KindExit})
		}
	}()
	got := s.Wait(t, time.Minute, func(e record.Event) bool { return e.At == 70 })
	if got.At != 70 || got.Kind != record.KindTrial {
		t.Errorf("got %v, want the first of the two", got)
	}
	<-ended
	if n := len(s.Of(record.KindExit)); n != 100 || len(s.All()) != 200 {
		t.Errorf("%d exits of %d events, want 100 of 200", n, len(s.All()))
	}
	r := &recorder{TB: t}
	s.Wait(r, time.Millisecond, func(record.Event) bool { return false })
	if len(r.failures) != 1 {
		t.Errorf("waiting in vain: %q", r.failures)
	}
}
