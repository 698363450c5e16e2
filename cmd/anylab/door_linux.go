package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"anylab/lab/hand"
)

// doorFD is a door that was opened by whoever started this process.
const doorFD = 3

// open opens the lab's door, or takes the one that was opened for it.
func (f *upFlags) open(name string) (*net.UnixListener, error) {
	if !f.door {
		return hand.Listen(name)
	}
	// Guests are told that whoever has called listen(2) last keeps the lab.
	err := unix.Listen(doorFD, unix.SOMAXCONN)
	var l net.Listener
	if err == nil {
		l, err = net.FileListener(os.NewFile(doorFD, "door"))
	}
	if err != nil {
		return nil, fmt.Errorf("take the door over: %w", err)
	}
	door := l.(*net.UnixListener)
	door.SetUnlinkOnClose(true)
	return door, nil
}

// behind keeps the lab in a process behind this one, and returns once people can
// come in.
func (f *upFlags) behind(c *cobra.Command, name string, door *os.File, ours io.Closer) error {
	args := append([]string{"up", "--door"}, os.Args[2:]...)
	cmd := exec.Command("/proc/self/exe", args...)
	fd, err := unix.MemfdCreate("anylab", unix.MFD_CLOEXEC)
	if err != nil {
		return fmt.Errorf("make a file for what the lab's process says: %w", err)
	}
	said := os.NewFile(uintptr(fd), "said")
	defer said.Close()
	cmd.Args[0], cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = os.Args[0], said, said, []*os.File{door}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the lab's process: %w", err)
	}
	_, _ = door.Close(), ours.Close() // the lab's process alone keeps it, and it ends with it
	ui := newProgress(c.ErrOrStderr(), f.quiet, f.besideFlags)
	l, err := awaitUp(name, ui)
	if err == nil {
		welcome(c.OutOrStdout(), c.ErrOrStderr(), *l, "anylab down "+l.Name, "takes it down")
		return nil
	}
	_ = cmd.Wait() // its error is the exit code
	if _, err := said.Seek(0, io.SeekStart); err == nil {
		_, _ = io.Copy(c.ErrOrStderr(), said)
	}
	return exitError{code: max(cmd.ProcessState.ExitCode(), exitFail)}
}
