package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// sandboxEnv tells a re-executed process which part it plays. Whatever is
// started by main inherits roleInside. carriedEnv tells it that a file was carried
// along.
const (
	sandboxEnv = "ANYLAB_SANDBOX"
	carriedEnv = "ANYLAB_CARRIED"
	roleInit   = "init"
	roleMain   = "main"
	roleInside = "inside"
)

// forwarded are the signals that ask a program to end.
var forwarded = []os.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM}

// Sandbox runs main in PID, mount, network, IPC and UTS namespaces of its own
// (and a user namespace, for whoever isn't root) and returns its exit code,
// or 128 plus the signal that killed it. The error is an Unavailable where
// this machine forbids that.
//
// The program is executed again, twice, with the same arguments: as PID 1 of
// the new world, which furnishes it and reaps orphans, and as PID 1's child,
// in which Sandbox calls main. PID 1 is a process of its own because a wait
// for any child would otherwise steal the exits that os/exec waits for. When
// either of the three dies, for whatever reason, the kernel ends the world.
func Sandbox(main func() int) (int, error) { return SandboxBeside(main, nil, nil) }

// SandboxBeside is Sandbox with something that goes on beside it, outside: beside
// has a line to main, which has its other end from Beside, and is waited for. The
// line has ended when main has. An open file is carried along, unless it is nil: main
// has it from Carried.
func SandboxBeside(main func() int, beside func(line *os.File), carry *os.File) (int, error) {
	switch role() {
	case roleInit:
		return runInit()
	case roleMain:
		if err := keepDescriptors(); err != nil {
			return 0, err
		}
		if err := os.Setenv(sandboxEnv, roleInside); err != nil {
			return 0, fmt.Errorf("say that this is inside: %w", err)
		}
		return main(), nil
	}
	if err := Limits(); err != nil {
		return 0, err
	}
	return runOuter(beside, carry)
}

// Beside is main's end of the line to what goes on beside it.
func Beside() *os.File { return os.NewFile(besideFD, "beside") }

// Carried is the open file that main was given, nil if it was given none.
func Carried() *os.File { return carried(besideFD + 1) }

func carried(fd uintptr) *os.File {
	if os.Getenv(carriedEnv) == "" {
		return nil
	}
	return os.NewFile(fd, "carried")
}

// keepDescriptors keeps the files that whoever started this program had open
// from all processes of a lab.
func keepDescriptors() error {
	if err := unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC); err != nil {
		return explainMount(fmt.Errorf("keep open files to this program: %w", err))
	}
	return nil
}

// InSandbox reports whether this process is inside, as main or below it.
func InSandbox() bool { return os.Getenv(sandboxEnv) == roleInside }

// Outer reports, before Sandbox is called, whether it will run main in another
// process: whatever is opened before is of this one's.
func Outer() bool { return role() == "" }

// Outside reports whether this process is none of the sandbox's.
func Outside() bool { return os.Getenv(sandboxEnv) == "" }

// role guards against a variable set by hand: main would then run in the
// host's network.
func role() string {
	r := os.Getenv(sandboxEnv)
	switch {
	case r == roleInit && os.Getpid() == 1:
		return r
	case r == roleMain && os.Getppid() == 1 && sameProgram("/proc/1/exe", "/proc/self/exe"):
		return r
	}
	return ""
}

func sameProgram(a, b string) bool {
	sa, errA := os.Stat(a)
	sb, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(sa, sb)
}

func runOuter(beside func(line *os.File), carry *os.File) (int, error) {
	// A parent-death signal is sent when the thread that forked ends, not the
	// process (prctl(2)), so this thread has to outlive the inner world.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	signals := make(chan os.Signal, 16)
	for _, s := range forwarded {
		if !signal.Ignored(s) { // as under nohup
			signal.Notify(signals, s)
		}
	}
	defer signal.Stop(signals)

	ours, theirs, err := socketPair("beside")
	if err != nil {
		return 0, err
	}
	defer ours.Close()
	cmd, line, err := startInner(os.Geteuid() != 0, theirs, carry)
	if errors.Is(err, unix.EPERM) && os.Geteuid() == 0 {
		cmd, line, err = startInner(true, theirs, carry) // root without CAP_SYS_ADMIN, as in a container
	}
	theirs.Close()
	if err != nil {
		return 0, diagnose(err)
	}
	defer line.Close()
	if beside != nil {
		var outside sync.WaitGroup
		outside.Go(func() { beside(ours) })
		defer outside.Wait()
	}
	return follow(cmd, line, signals)
}

// socketPair returns two ends that are connected.
func socketPair(name string) (ours, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make socket pair: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), name), os.NewFile(uintptr(fds[1]), name), nil
}

// follow passes signals on until the inner world has ended. They wait until
// main has been started, so that main's way of ending is what counts.
func follow(cmd *exec.Cmd, line *os.File, signals <-chan os.Signal) (int, error) {
	failure := readReport(line)
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // its error is the exit code, which follows
		close(ended)
	}()
	for {
		select {
		case s := <-signals:
			_ = cmd.Process.Signal(s) // it may just have ended
		case <-ended:
			return exitCode(cmd.ProcessState.Sys().(syscall.WaitStatus)), failure
		}
	}
}

// startInner starts PID 1. The file is one end of a socket pair: PID 1 sees
// by it whether the outer process still lives, and reports a failure on it.
func startInner(userNamespace bool, beside, carry *os.File) (*exec.Cmd, *os.File, error) {
	ours, theirs, err := socketPair("sandbox")
	if err != nil {
		return nil, nil, err
	}
	defer theirs.Close()
	cmd := &exec.Cmd{
		Path:        "/proc/self/exe",
		Args:        os.Args,
		Env:         append(os.Environ(), sandboxEnv+"="+roleInit),
		Stdin:       os.Stdin,
		Stdout:      os.Stdout,
		Stderr:      os.Stderr,
		ExtraFiles:  []*os.File{theirs, beside},
		SysProcAttr: innerAttributes(userNamespace),
	}
	if carry != nil {
		cmd.ExtraFiles = append(cmd.ExtraFiles, carry)
		cmd.Env = append(cmd.Env, carriedEnv+"=1")
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("start sandbox: %w", err), ours.Close())
	}
	return cmd, ours, nil
}

func innerAttributes(userNamespace bool) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS |
			unix.CLONE_NEWCGROUP,
		Pdeathsig: unix.SIGKILL,
		// A terminal sends Ctrl-C to all of its foreground process group.
		// In a session of its own the inner world gets it from us alone, and
		// may still read and write the terminal: job control only binds
		// processes whose controlling terminal it is.
		Setsid: true,
	}
	if userNamespace {
		attr.Cloneflags |= unix.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	}
	return attr
}

// readReport waits until main was started, or returns why it wasn't. If
// PID 1 was killed before either, the exit code says so.
func readReport(line *os.File) error {
	text, err := io.ReadAll(line)
	if err != nil || len(text) == 0 {
		return err
	}
	var u Unavailable
	if err := json.Unmarshal(text, &u); err != nil {
		return fmt.Errorf("set sandbox up: %s", text)
	}
	return u
}

// exitCode is what a shell makes of a wait status.
func exitCode(status syscall.WaitStatus) int {
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}
