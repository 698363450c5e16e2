package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Spawn starts a command in the node, in the jail. It is no process of the
// lab's: its start and end are no events, and it isn't ended with the lab.
func (n *Node) Spawn(cmd *exec.Cmd) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return fmt.Errorf("start %s on %s: the lab is closed", cmd.Path, n.Name)
	}
	return n.spawn(cmd, nil)
}

// spawn needs n.mu: the lab's end waits for it.
func (n *Node) spawn(cmd *exec.Cmd, granted []Power) error {
	t, err := n.confined(granted)
	if err != nil {
		return err
	}
	return n.spawnOn(t, cmd)
}

func (n *Node) spawnOn(t *thread, cmd *exec.Cmd) (err error) {
	if cmd.Dir, err = filepath.Abs(cmd.Dir); err != nil {
		return err
	}
	if err := n.lab.jail.revealNamed(cmd); err != nil {
		return err
	}
	cmd.Env = n.lab.options.environment(cmd)
	return t.do(cmd.Start) // a child is born with what its thread has
}

// Furnish calls f in the file system that the node's processes see, where it
// may do everything: links that they made lead nowhere else.
func (n *Node) Furnish(f func() error) error { return n.lab.jail.warden.do(f) }

// LogsTo lets the lab's processes write to a file where the machine keeps logs. It
// is gone with the lab. Below /var/log a directory is empty at first: the machine's
// own may belong to a user who is nobody in the lab.
func (n *Node) LogsTo(path string) error {
	dir := filepath.Dir(filepath.Clean(path))
	if !strings.HasPrefix(dir, "/var/log/") {
		return nil
	}
	return n.lab.jail.empty(dir)
}

// confined returns the thread whose children may do what is granted.
func (n *Node) confined(granted []Power) (*thread, error) {
	key := Power(-1)
	if len(granted) > 0 {
		key = granted[0]
	}
	if t, ok := n.locked[key]; ok {
		return t, nil
	}
	if n.locked == nil {
		if err := n.exposeWorkDirs(); err != nil {
			return nil, err
		}
		n.locked = map[Power]*thread{}
	}
	t, err := newThread(func() error { return n.confine(granted, nil) })
	if err != nil {
		return nil, fmt.Errorf("confine processes: %w", err)
	}
	n.locked[key] = t
	return t, nil
}

// exposeWorkDirs makes the working directories all that processes can change of
// the run directory: the record is not theirs to write.
func (n *Node) exposeWorkDirs() error {
	dir, err := filepath.Abs(n.workDirs())
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil || n.logs == "" {
		return err
	}
	return n.lab.jail.expose(Exposed{Path: dir, Writable: true})
}

// confine changes the calling thread for good. Last of all, before it may change no
// mount any more, it is furnished.
func (n *Node) confine(granted []Power, furnish func() error) error {
	if err := n.space.Set(); err != nil {
		return err
	}
	if err := unix.Unshare(unix.CLONE_FS); err != nil { // or it can't change its root
		return fmt.Errorf("part from the other threads: %w", err)
	}
	if err := unix.Setns(int(n.lab.jail.mounts.Fd()), unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("enter the jail: %w", err)
	}
	if furnish != nil {
		if err := furnish(); err != nil {
			return err
		}
	}
	var pretended []uint32
	if furnish != nil && rootAlone() {
		pretended = becoming
	}
	return errors.Join(limit(granted), forbid(pretended))
}
