package hand

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/bgp"
)

// Command is what somebody calls on a node.
type Command struct {
	Node string   `json:"node"`
	Args []string `json:"args"`
	Dir  string   `json:"dir"` // the caller's
	Env  []string `json:"env"`

	// Size is that of the terminal which the command is given. Without one it has the
	// caller's own standard files.
	Size *pty.Winsize `json:"size,omitempty"`
}

// told is what the caller is told: that the command runs, then how it ended. What he
// says meanwhile are signals.
type told struct {
	Exit *int   `json:"exit,omitempty"`
	Why  string `json:"why,omitempty"` // it was not even started
}

// The exit codes of a shell for what can't be started (sh(1posix)).
var notStarted, notFound = 126, 127

// exec runs a command. Nothing that it reads or writes passes through here: it has
// the caller's files, or he has the near end of its terminal.
func (in *inside) exec(ctx context.Context, c *call) error {
	var what Command
	if err := json.Unmarshal(c.with, &what); err != nil {
		return err
	}
	n, err := in.node(what.Node)
	if err != nil {
		return err
	}
	cmd, err := what.command(n)
	if err != nil {
		return c.say(told{&notFound, err.Error()})
	}
	near, err := c.furnish(n, cmd, what.Size)
	if err == nil {
		err = n.Admit(cmd, homes(n)...)
	}
	c.drop()
	if err != nil {
		why := fmt.Sprintf("%s on %s: %v", what.Args[0], n.Name, plainly(err))
		return errors.Join(c.say(told{&notStarted, why}), hangUp(near))
	}
	err = errors.Join(c.say(told{}, near...), hangUp(near))
	if err != nil {
		_ = unix.Kill(-cmd.Process.Pid, unix.SIGHUP) // he has gone already
	}
	code := attend(ctx, cmd, c.more)
	return errors.Join(err, c.say(told{Exit: &code}))
}

// hangUp closes this end's near ends of terminals: that of the caller is another.
func hangUp(near []*os.File) error {
	var errs []error
	for _, f := range near {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// homes are where the tools of the node's daemon look for it.
func homes(n *lab.Node) []string {
	if home := bgp.ToolsOn(n).Home; home != "" {
		return []string{home}
	}
	return nil
}

// plainly leaves out of an error which call of the kernel failed.
func plainly(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// adminPaths are those of an administrator, whom everybody is on a node.
var adminPaths = []string{"/usr/local/sbin", "/usr/sbin", "/sbin"}

// command finds the program as a shell on the node would.
func (what Command) command(n *lab.Node) (*exec.Cmd, error) {
	if len(what.Args) == 0 {
		return nil, errors.New("no command")
	}
	cmd := &exec.Cmd{Args: what.Args, Dir: what.Dir}
	if n.Furnish(func() error { return unix.Access(what.Dir, unix.X_OK) }) != nil {
		cmd.Dir = "/tmp"
	}
	var paths []string
	for _, entry := range what.Env {
		if path, ok := strings.CutPrefix(entry, "PATH="); ok {
			paths = append(filepath.SplitList(path), adminPaths...)
			continue
		}
		cmd.Env = append(cmd.Env, entry)
	}
	cmd.Env = append(cmd.Env, "PATH="+strings.Join(paths, ":"))
	name := what.Args[0]
	if strings.Contains(name, "/") {
		if cmd.Path = name; !filepath.IsAbs(name) {
			cmd.Path = filepath.Join(cmd.Dir, name)
		}
		return cmd, nil
	}
	for _, dir := range paths {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil && filepath.IsAbs(path) {
			cmd.Path = path
			return cmd, nil
		}
	}
	return nil, fmt.Errorf("%s: there is no such program", name)
}

// furnish gives the command the files that have come, or a terminal whose near end
// it returns.
func (c *call) furnish(n *lab.Node, cmd *exec.Cmd, size *pty.Winsize) (near []*os.File, err error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if size == nil {
		if len(c.files) != 3 {
			return nil, errors.New("a command needs three files, or a terminal")
		}
		cmd.Stdin, cmd.Stdout, cmd.Stderr = c.files[0], c.files[1], c.files[2]
		return nil, nil
	}
	var master, far *os.File
	err = n.Furnish(func() (err error) { // the terminal is one of the lab's own
		master, far, err = pty.Open()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open a terminal: %w", err)
	}
	near, c.files = append(near, master), append(c.files, far)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = far, far, far
	cmd.SysProcAttr.Setctty = true
	return near, pty.Setsize(master, size)
}

// attend waits for the command's end, and returns its exit code as a shell has it.
// When ctx ends, the caller has gone: it hangs up.
func attend(ctx context.Context, cmd *exec.Cmd, signals <-chan json.RawMessage) int {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // its error is the exit code
	}()
	group := -cmd.Process.Pid
	gone := ctx.Done()
	var late <-chan time.Time
	for {
		select {
		case <-ended:
			status := cmd.ProcessState.Sys().(syscall.WaitStatus)
			if status.Signaled() {
				return 128 + int(status.Signal())
			}
			return status.ExitStatus()
		case m := <-signals:
			var s syscall.Signal
			if json.Unmarshal(m, &s) == nil {
				_ = unix.Kill(group, s) // it may just have ended
			}
		case <-gone:
			gone, late = nil, time.After(parting)
			_, _ = unix.Kill(group, unix.SIGHUP), unix.Kill(group, unix.SIGCONT)
		case <-late:
			_ = unix.Kill(group, unix.SIGKILL)
		}
	}
}
