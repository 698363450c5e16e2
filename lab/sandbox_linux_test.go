package lab_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/labtest"
)

// soon bounds what happens at once on an idle machine.
const soon = 20 * time.Second

func child(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	labtest.Require(t, "netns")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exec.Command(self, args...)
}

func TestSandboxExitCode(t *testing.T) {
	for arg, want := range map[string]int{"0": 0, "3": 3, "130": 130, "-9": 137, "-15": 143} {
		t.Run(arg, func(t *testing.T) {
			cmd := child(t, "sandbox-exit", arg)
			_ = cmd.Run()
			if got := cmd.ProcessState.ExitCode(); got != want {
				t.Errorf("exit code %d, want %d", got, want)
			}
		})
	}
}

func TestSandboxIsPrivate(t *testing.T) {
	cmd := child(t, "sandbox-where")
	if err := os.WriteFile("/run/host-file", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.Remove("/run/host-file"); err != nil {
			t.Error(err)
		}
	})
	out, err := cmd.CombinedOutput()
	if want := "inside true uid 0 run 0 links [lo] <nil>\n"; err != nil || string(out) != want {
		t.Errorf("got %q, %v; want %q", out, err, want)
	}
}

// A sandbox within a sandbox must not be mistaken for it, whatever is in the
// environment.
func TestSandboxIgnoresForgedRole(t *testing.T) {
	for _, role := range []string{"init", "main", "inside", "x"} {
		cmd := child(t, "sandbox-where")
		cmd.Env = append(os.Environ(), "ANYLAB_SANDBOX="+role)
		out, err := cmd.CombinedOutput()
		if want := "inside true uid 0 run 0 links [lo] <nil>\n"; err != nil || string(out) != want {
			t.Errorf("role %s: got %q, %v; want %q", role, out, err, want)
		}
	}
}

// In a terminal Ctrl-C reaches every process of the foreground group. Main
// must see it once all the same, and any signal sent to the outer process
// just once too.
func TestSandboxForwardsSignalsOnce(t *testing.T) {
	cmd := child(t, "sandbox-signals")
	terminal, out := startOnTerminal(t, cmd)
	lines := bufio.NewScanner(out)
	expect(t, lines, "ready")
	if _, err := terminal.Write([]byte{3}); err != nil { // Ctrl-C
		t.Fatal(err)
	}
	expect(t, lines, "interrupt")
	for _, s := range []syscall.Signal{unix.SIGHUP, unix.SIGQUIT, unix.SIGINT, unix.SIGTERM} {
		if err := cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		expect(t, lines, s.String()) // a second copy of the last one would come first
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// startOnTerminal starts cmd as the foreground of a new terminal, its output
// in a pipe.
func startOnTerminal(t *testing.T, cmd *exec.Cmd) (terminal *os.File, out io.Reader) {
	t.Helper()
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals: %v", err)
	}
	t.Cleanup(func() { terminal.Close() })
	if err := unix.IoctlSetPointerInt(int(terminal.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(terminal.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals: %v", err)
	}
	defer slave.Close()
	cmd.Stdin = slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	out, err = cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	return terminal, out
}

func expect(t *testing.T, lines *bufio.Scanner, want string) {
	t.Helper()
	if !lines.Scan() || lines.Text() != want {
		t.Fatalf("got %q, want %q", lines.Text(), want)
	}
}

// Whichever of the three processes is killed, at whatever moment, nothing is
// left of the world inside.
func TestSandboxKilledLeavesNothing(t *testing.T) {
	before := takeHost(t)
	for i := range 30 {
		cmd := child(t, "sandbox-lab")
		cmd.Stdout = io.Discard
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(rand.N([]time.Duration{5, 30, 150}[i%3] * time.Millisecond)) // the moment is what is tried
		family := familyOf(cmd.Process.Pid)
		victim := family[rand.N(len(family))]
		_ = unix.Kill(victim, unix.SIGKILL) // it may have ended of another's death
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		awaitHost(t, before)
	}
}

// A sandbox that is killed once it is complete, by each way in turn.
func TestSandboxMembersKilled(t *testing.T) {
	for member, want := range map[string]int{"outer": -1, "init": 137, "main": 137} {
		t.Run(member, func(t *testing.T) {
			before := takeHost(t)
			cmd := child(t, "sandbox-lab")
			out, err := cmd.StdoutPipe()
			if err == nil {
				err = cmd.Start()
			}
			if err != nil {
				t.Fatal(err)
			}
			expect(t, bufio.NewScanner(out), "ready")
			family := familyOf(cmd.Process.Pid)
			victim := family[slices.Index([]string{"outer", "init", "main"}, member)]
			if err := unix.Kill(victim, unix.SIGKILL); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			if got := cmd.ProcessState.ExitCode(); got != want {
				t.Errorf("exit code %d, want %d", got, want)
			}
			awaitHost(t, before)
		})
	}
}

// familyOf returns the process and its first descendants, as far as there are
// any: the outer process, PID 1, main.
func familyOf(pid int) []int {
	var family []int
	for ; pid != 0 && len(family) < 3; pid = childOf(pid) {
		family = append(family, pid)
	}
	return family
}

// An outer process that died before its parent-death signal was arranged will
// never send one: PID 1 has to notice by itself.
func TestSandboxWithoutOuterEnds(t *testing.T) {
	cmd := child(t, "sandbox-where")
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	theirs := os.NewFile(uintptr(fds[1]), "sandbox")
	defer theirs.Close()
	if err := unix.Close(fds[0]); err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(os.Environ(), "ANYLAB_SANDBOX=init")
	cmd.ExtraFiles = []*os.File{theirs}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWNET}
	out, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != 137 || len(out) > 0 {
		t.Errorf("exit code %d, output %q; want 137 and none", code, out)
	}
}

// childOf looks for a child that any thread of pid has forked.
func childOf(pid int) int {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		var next int
		text, _ := os.ReadFile(list)
		if _, err := fmt.Sscan(string(text), &next); err == nil {
			return next
		}
	}
	return 0
}

// host is what a sandbox could leave on the machine.
type host struct{ Processes, Namespaces, Mounts, Links []string }

func takeHost(t *testing.T) host {
	t.Helper()
	labtest.Require(t, "netns")
	links, err := linkNames()
	if err != nil {
		t.Fatal(err)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	h := host{Mounts: strings.Split(string(mounts), "\n"), Links: links}
	h.Processes, _ = filepath.Glob("/proc/[0-9]*")
	spaces, _ := filepath.Glob("/proc/[0-9]*/ns/*")
	for _, s := range spaces {
		if name, err := os.Readlink(s); err == nil {
			h.Namespaces = append(h.Namespaces, name)
		}
	}
	slices.Sort(h.Namespaces)
	h.Namespaces = slices.Compact(h.Namespaces)
	return h
}

// awaitHost polls: the kernel ends a PID namespace in its own time when the
// process that would wait for it was killed.
func awaitHost(t *testing.T, before host) {
	t.Helper()
	deadline := time.Now().Add(soon)
	for {
		diff := cmp.Diff(before, takeHost(t))
		if diff == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("left on the host (-before +after):\n%s", diff)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func linkNames() ([]string, error) {
	links, err := lab.Dump(netlink.LinkList)
	var names []string
	for _, l := range links {
		names = append(names, l.Attrs().Name)
	}
	return names, err
}

// Orphans go to PID 1, which must wait for them, and must not take the exits
// that os/exec waits for.
func TestSandboxReapsOrphans(t *testing.T) {
	labtest.Require(t, "netns")
	var orphans []string
	for range 50 {
		out, err := exec.Command("sh", "-c", "sleep 0.01 >/dev/null & echo $!; exit 7").Output()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 7 {
			t.Fatalf("os/exec lost an exit: %v", err)
		}
		orphans = append(orphans, string(bytes.TrimSpace(out)))
	}
	deadline := time.Now().Add(soon)
	for _, pid := range orphans {
		for {
			if _, err := os.Stat("/proc/" + pid); os.IsNotExist(err) {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("process %s was not reaped", pid)
			}
			time.Sleep(time.Millisecond)
		}
	}
}

// nobody is a user without any privilege.
const nobody = 65534

func TestSandboxRootless(t *testing.T) {
	cmd := child(t, "sandbox-lab")
	if outerUID(t) == 0 {
		becomeNobody(t, cmd)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	expect(t, bufio.NewScanner(out), "ready")
	if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// Where root is the only user, a guest's program that would become another one goes on.
func TestAGuestBecomesNobodyElse(t *testing.T) {
	cmd := child(t, "sandbox-guest")
	if outerUID(t) == 0 {
		becomeNobody(t, cmd)
	}
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "<nil> <nil> <nil> 0\n" {
		t.Errorf("%v: %s", err, out)
	}
}

// A machine that forbids namespaces is told from other failures, with the
// remedy.
func TestSandboxUnavailable(t *testing.T) {
	cmd := child(t, "sandbox-full")
	if outerUID(t) != 0 {
		t.Skip("the limit would be that of the tests themselves")
	}
	becomeNobody(t, cmd)
	out, err := cmd.CombinedOutput()
	want := "exit status 99: no namespace left: start sandbox: fork/exec /proc/self/exe: no space left on device " +
		"(fix: raise the limits in /proc/sys/user/max_*_namespaces)\n"
	if err != nil || string(out) != want {
		t.Errorf("got %q, %v; want %q", out, err, want)
	}
}

// outerUID is the user on the host that root stands for in here.
func outerUID(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		t.Fatal(err)
	}
	var inside, outside int
	if _, err := fmt.Sscan(string(text), &inside, &outside); err != nil {
		t.Fatal(err)
	}
	return outside
}

// becomeNobody runs a copy of the program, since nobody can't reach the one
// that go test has built.
func becomeNobody(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	dir, err := os.MkdirTemp("/run", "rootless")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	program, err := os.ReadFile(cmd.Path)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Path = filepath.Join(dir, "test")
	if err := os.WriteFile(cmd.Path, program, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
}
