package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// lineFD is the socket to the outer process: the first of its ExtraFiles. The second
// is passed on to main.
const (
	lineFD   = 3
	passedFD = 4
	besideFD = 3 // in main
)

// initPID is the number of the world's first process.
const initPID = 1

// runInit is the life of PID 1: furnish the world, start main, pass signals
// on to it, reap orphans, and end with main's exit code. The kernel then
// kills what is left.
func runInit() (int, error) {
	unix.CloseOnExec(lineFD)
	line := os.NewFile(lineFD, "sandbox")
	// If the outer process died before our parent-death signal was set, it
	// will never come. From here on it will, so one look is enough. (The
	// check that os/exec makes compares getppid, which is 0 for a PID 1.)
	if hungUp(lineFD) {
		return 128 + int(unix.SIGKILL), nil
	}
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, forwarded...)
	main, err := furnishAndStart()
	if err != nil {
		return 1, report(line, err)
	}
	line.Close()
	go func() { // ends with the process
		for s := range signals {
			_ = main.Signal(s) // it may just have ended
		}
	}()
	return reap(main.Pid)
}

func furnishAndStart() (*os.Process, error) {
	if err := furnish(); err != nil {
		return nil, err
	}
	if err := os.Setenv(sandboxEnv, roleMain); err != nil {
		return nil, fmt.Errorf("start main: %w", err)
	}
	beside := os.NewFile(passedFD, "beside")
	defer beside.Close()
	files := []*os.File{os.Stdin, os.Stdout, os.Stderr, beside}
	if file := carried(passedFD + 1); file != nil {
		defer file.Close()
		files = append(files, file)
	}
	p, err := os.StartProcess("/proc/self/exe", os.Args, &os.ProcAttr{Env: os.Environ(), Files: files})
	if err != nil {
		return nil, fmt.Errorf("start main: %w", err)
	}
	return p, nil
}

// furnish makes the new namespaces habitable. /proc comes first: handles of
// network namespaces are opened through it.
func furnish() error {
	const flags = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", flags, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	if err := unix.Mount("tmpfs", "/run", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
		return fmt.Errorf("mount /run: %w", err)
	}
	lo, err := netlink.LinkByName("lo")
	if err == nil {
		err = netlink.LinkSetUp(lo)
	}
	if err != nil {
		return fmt.Errorf("set lo up: %w", err)
	}
	return nil
}

func hungUp(fd int) bool {
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
	n, err := unix.Poll(p, 0)
	return err == nil && n > 0 && p[0].Revents&(unix.POLLHUP|unix.POLLRDHUP) != 0
}

// report tells the outer process why main was not started.
func report(line *os.File, err error) error {
	defer line.Close()
	err = diagnose(err)
	var u Unavailable
	if !errors.As(err, &u) {
		_, werr := line.WriteString(err.Error())
		return werr
	}
	return json.NewEncoder(line).Encode(u)
}

// reap waits for every child, most of them orphans of others, until main ends.
func reap(main int) (int, error) {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return 1, fmt.Errorf("wait for children: %w", err)
		case pid == main:
			return exitCode(status), nil
		}
	}
}
