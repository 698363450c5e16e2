package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"anylab/lab/record"
)

var kills = flag.Int("kills", 4, "how many runs TestKilledRunsLeaveNothing kills")

// started is a run of anylab in the background, whose processes can be told
// from all others by their environment.
type started struct {
	*exec.Cmd
	mark   string
	out    string
	stderr *bytes.Buffer
}

// start begins a run in a directory of its own.
func start(t *testing.T, args ...string) *started {
	t.Helper()
	if !able() {
		t.Skip("this machine cannot build labs: see anylab doctor")
	}
	r := &started{out: t.TempDir(), mark: fmt.Sprintf("ANYLAB_TEST_MARK=%x", rand.Uint64()), stderr: new(bytes.Buffer)}
	r.Cmd = exec.Command("anylab", append([]string{"run", "--out", r.out, "--quiet", "--env", "ANYLAB_TEST_MARK"}, args...)...)
	r.Env = append(os.Environ(), r.mark)
	r.Stderr = r.stderr
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = r.Process.Kill() // if the test gave up on it
		_ = r.Wait()
	})
	return r
}

// processes lists those of the run, wherever they are, as the host sees them.
func (r *started) processes() []string {
	var list []string
	dirs, _ := filepath.Glob("/proc/[0-9]*") // fails for a bad pattern only
	for _, dir := range dirs {
		env, err := os.ReadFile(dir + "/environ")
		if err == nil && slices.Contains(strings.Split(string(env), "\x00"), r.mark) {
			list = append(list, dir)
		}
	}
	return list
}

// namespaces lists those that the run's processes are in, and ours are not.
func (r *started) namespaces() []string {
	var list []string
	for _, dir := range r.processes() {
		list = append(list, namespacesOf(dir)...)
	}
	slices.Sort(list)
	own := namespacesOf("/proc/self")
	return slices.DeleteFunc(slices.Compact(list), func(ns string) bool { return slices.Contains(own, ns) })
}

func namespacesOf(dir string) []string {
	var list []string
	for _, kind := range []string{"mnt", "net", "pid"} {
		if name, err := os.Readlink(dir + "/ns/" + kind); err == nil {
			list = append(list, name)
		}
	}
	return list
}

// inUse lists those of the namespaces that some process of the host is in that
// began before the end, in clock ticks. The kernel uses the numbers of
// namespaces again: a later process is in others of the same names.
func inUse(namespaces []string, end uint64) []string {
	var list []string
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		if began(dir) > end {
			continue
		}
		for _, ns := range namespacesOf(dir) {
			if slices.Contains(namespaces, ns) {
				list = append(list, ns+" of "+dir)
			}
		}
	}
	return list
}

// began returns when a process was started, in clock ticks since boot (proc(5),
// stat, field 22), 0 if that can't be told.
func began(dir string) uint64 {
	text, _ := os.ReadFile(dir + "/stat")
	_, rest, _ := strings.Cut(string(text), ") ") // field 3 and what follows
	fields := strings.Fields(rest)
	if len(fields) < 20 {
		return 0
	}
	ticks, _ := strconv.ParseUint(fields[19], 10, 64)
	return ticks
}

// host is what a run must leave as it was: mounts that keep a namespace alive,
// and interfaces.
func host(t *testing.T) string {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for line := range strings.Lines(string(mounts)) {
		if strings.Contains(line, "nsfs") || strings.Contains(line, "anylab") || strings.Contains(line, "/run/netns") {
			kept = append(kept, line)
		}
	}
	links, err := filepath.Glob("/sys/class/net/*")
	if err != nil {
		t.Fatal(err)
	}
	named, _ := filepath.Glob("/run/netns/*")
	return strings.Join(slices.Concat(kept, links, named), "\n")
}

// eventually waits for what nothing tells of.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not after a minute: %s", what)
		}
	}
}

// gone checks that nothing of the run is left, which has ended just now.
func (r *started) gone(t *testing.T, namespaces []string, before string) {
	t.Helper()
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		t.Fatal(err)
	}
	end := uint64(now.Nano()) / uint64(10*time.Millisecond) // a tick, for everybody but the kernel
	eventually(t, "no process of the run is left", func() bool { return len(r.processes()) == 0 })
	// A killed process is in its namespaces until it is reaped.
	eventually(t, "no process is in a namespace of the run", func() bool { return len(inUse(namespaces, end)) == 0 })
	if after := host(t); after != before {
		t.Errorf("the host has changed; before:\n%s\nafter:\n%s", before, after)
	}
}

// directory returns the run directory, "" if there is none yet.
func (r *started) directory() string {
	dirs, _ := filepath.Glob(filepath.Join(r.out, "*", "*", "run.json"))
	if len(dirs) == 0 {
		return ""
	}
	return filepath.Dir(dirs[0])
}

// phases returns the phases of the faults on record.
func (r *started) phases(t *testing.T) []record.FaultPhase {
	t.Helper()
	var list []record.FaultPhase
	if r.directory() == "" {
		return nil
	}
	for e, err := range record.Events(r.directory()) {
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err != nil {
			t.Fatal(err)
		}
		if f, ok := e.Data.(record.Fault); ok {
			list = append(list, f.Phase)
		}
	}
	return list
}

func (r *started) broken(t *testing.T) func() bool {
	return func() bool { return slices.Contains(r.phases(t), record.FaultEffective) }
}

// A run that is killed at any moment leaves nothing but a directory that can be
// read.
func TestKilledRunsLeaveNothing(t *testing.T) {
	t.Parallel()
	before := host(t)
	for i := range *kills {
		r := start(t, "service-crash", "--trials", "2")
		moment := time.Duration(rand.Int64N(int64(8 * time.Second)))
		if i == 0 { // once for sure in the middle of a trial
			eventually(t, "a fault is in effect", r.broken(t))
			if len(r.namespaces()) < 3 {
				t.Fatalf("the run has the namespaces %v: this test looks at the wrong processes", r.namespaces())
			}
			moment = 0
		}
		time.Sleep(moment)
		namespaces := r.namespaces()
		if err := r.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		_ = r.Wait() // killed
		r.gone(t, namespaces, before)
		if dir := r.directory(); dir != "" {
			report := exec.Command("anylab", "report", dir, "--quiet")
			out, err := report.CombinedOutput()
			if code := report.ProcessState.ExitCode(); code != exitPass && code != exitFail && code != exitInconclusive {
				t.Errorf("killed after %v: anylab report: %v: %s", moment, err, out)
			}
		}
	}
}

func TestInterruptMendsAndReports(t *testing.T) {
	t.Parallel()
	before := host(t)
	r := start(t, "service-crash", "--trials", "2", "--set", "faults.0.for=60s")
	eventually(t, "a fault is in effect", r.broken(t))
	namespaces := r.namespaces()
	if err := r.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = r.Wait()
	if code := r.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exit code %d, want %d: %s", code, exitInterrupted, r.stderr)
	}
	if !slices.Contains(r.phases(t), record.FaultHealVerified) {
		t.Errorf("the fault was not healed: %v", r.phases(t))
	}
	if run, err := record.ReadRun(r.directory()); err != nil || run.Outcome != "interrupted" {
		t.Errorf("outcome %q, error %v", run.Outcome, err)
	}
	if _, err := os.Stat(filepath.Join(r.directory(), "result.json")); err != nil {
		t.Error(err)
	}
	r.gone(t, namespaces, before)
}

// Two runs at a time have the same nodes and addresses, and don't meet.
func TestTwoRunsDoNotMeet(t *testing.T) {
	t.Parallel()
	args := []string{"service-crash-process-watch", "--trials", "2"}
	a, b := start(t, args...), start(t, args...)
	eventually(t, "a fault of each is in effect", func() bool { return a.broken(t)() && b.broken(t)() })
	if shared := slices.DeleteFunc(a.namespaces(), func(ns string) bool { return !slices.Contains(b.namespaces(), ns) }); len(shared) > 0 {
		t.Errorf("both runs are in %v", shared)
	}
	for _, r := range []*started{a, b} {
		_ = r.Wait()
		if code := r.ProcessState.ExitCode(); code != exitPass && code != exitInconclusive {
			t.Errorf("exit code %d: %s", code, r.stderr)
		}
		exited := r.ProcessState.Sys().(syscall.WaitStatus).Exited()
		if run, err := record.ReadRun(r.directory()); err != nil || run.Outcome != "completed" || !exited {
			t.Errorf("outcome %q, error %v", run.Outcome, err)
		}
	}
}

// Whoever sees a run end because its inner half was killed is told so, once.
func TestAKilledRunSaysSo(t *testing.T) {
	t.Parallel()
	r := start(t, "service-crash", "--trials", "1")
	eventually(t, "the lab is being built", func() bool { return r.directory() != "" })
	outer, main := strconv.Itoa(r.Process.Pid), ""
	for _, dir := range r.processes() {
		if pid := filepath.Base(dir); parentOf(parentOf(pid)) == outer {
			main = pid
		}
	}
	pid, err := strconv.Atoi(main)
	if err != nil {
		t.Fatalf("%q of %v: %v", main, r.processes(), err)
	}
	if err := unix.Kill(pid, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = r.Wait()
	if code := r.ProcessState.ExitCode(); code != killed || strings.Count(r.stderr.String(), "it was killed (SIGKILL)") != 1 {
		t.Errorf("exit code %d: %s", code, r.stderr)
	}
}

// parentOf returns the number of a process's parent (proc(5), stat, field 4).
func parentOf(pid string) string {
	text, _ := os.ReadFile("/proc/" + pid + "/stat")
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 2 {
		return ""
	}
	return fields[1]
}
