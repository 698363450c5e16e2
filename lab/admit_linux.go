package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// Admit starts a command of somebody who has come to the node, as Spawn does. The
// machine is called as the node there, and the node's own directory stands in the
// place of each of homes, where tools look for the sockets of their daemon.
func (n *Node) Admit(cmd *exec.Cmd, homes ...string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return fmt.Errorf("start %s on %s: the lab is closed", cmd.Path, n.Name)
	}
	if _, err := n.confined(nil); err != nil { // the jail is ready with it
		return err
	}
	if err := n.lab.jail.revealNamed(cmd); err != nil { // what is mounted later is not seen there
		return err
	}
	t, err := newThread(func() error { return n.confine(nil, func() error { return n.receive(homes) }) })
	if err != nil {
		return fmt.Errorf("prepare a place on %s: %w", n.Name, err)
	}
	defer t.close()
	return n.spawnOn(t, cmd)
}

// receive gives the calling thread a name and mounts of its own.
func (n *Node) receive(homes []string) error {
	if err := unix.Unshare(unix.CLONE_NEWNS | unix.CLONE_NEWUTS); err != nil {
		return fmt.Errorf("make mount namespace: %w", err)
	}
	if err := unix.Sethostname([]byte(n.Name)); err != nil {
		return fmt.Errorf("set host name: %w", err)
	}
	var errs []error
	for _, home := range homes {
		err := os.MkdirAll(home, 0o755)
		if err == nil {
			err = unix.Mount(n.Dir(), home, "", unix.MS_BIND, "")
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("mount %s at %s: %w", n.Dir(), home, err))
		}
	}
	return errors.Join(errs...)
}

// Evict ends all that was admitted, and what it has started.
func (l *Lab) Evict() error {
	own, err := os.Readlink("/proc/self/ns/uts")
	if err != nil {
		return err
	}
	dirs, err := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		pid, _ := strconv.Atoi(filepath.Base(dir))
		if name, err := os.Readlink(dir + "/ns/uts"); err == nil && name != own && pid > initPID {
			_ = unix.Kill(pid, unix.SIGKILL) // it may have ended
		}
	}
	return err
}
