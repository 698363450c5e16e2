// Package hand keeps a lab up and lets people in.
package hand

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"anylab/topologies/document"
)

// place is the directory of the labs' sockets, which nobody else can enter. It is
// made where there is none.
func place() (string, error) {
	dir := "/tmp/anylab-" + strconv.Itoa(os.Geteuid())
	if run := os.Getenv("XDG_RUNTIME_DIR"); run != "" && owned(run) == nil {
		dir = filepath.Join(run, "anylab")
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return "", fmt.Errorf("make a directory for the sockets of labs: %w", err)
	}
	return dir, owned(dir)
}

// owned says why a directory is not this user's alone.
func owned(dir string) error {
	info, err := os.Lstat(dir) // a link may lead anywhere
	if err != nil {
		return err
	}
	if s, ok := info.Sys().(*syscall.Stat_t); !ok || !info.IsDir() || int(s.Uid) != os.Geteuid() || info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s is not a directory of yours alone (mode 0700): labs can't be reached by a socket in it", dir)
	}
	return nil
}

var fit = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,40}$`)

// Listen opens the door of a lab, which is closed with the listener. It removes
// what a killed one of that name has left.
func Listen(name string) (*net.UnixListener, error) {
	if !fit.MatchString(name) {
		return nil, fmt.Errorf("%q can't be a lab's name: it has up to 41 small letters, digits, dots and hyphens", name)
	}
	dir, err := place()
	if err != nil {
		return nil, err
	}
	lock, err := lock(dir)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	path := filepath.Join(dir, name)
	if alive(path) {
		return nil, fmt.Errorf("lab %s is up already: anylab shell NODE -L %s leads into it, anylab down %s ends it; another one needs another name", name, name, name)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("open the door of lab %s: %w", name, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// lock keeps others from looking whether a socket is stale while one is made.
func lock(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", dir, err), f.Close())
	}
	return f, nil
}

// alive says whether somebody listens at the socket, and removes one at which
// nobody does any more.
func alive(path string) bool {
	conn, err := net.Dial("unix", path)
	if err == nil {
		conn.Close()
		return true
	}
	if errors.Is(err, unix.ECONNREFUSED) {
		_ = os.Remove(path) // it fails where it is gone
	}
	return !errors.Is(err, unix.ECONNREFUSED) && !errors.Is(err, os.ErrNotExist)
}

// Names lists the labs that are up.
func Names() ([]string, error) {
	dir, err := place()
	if err != nil {
		return nil, err
	}
	lock, err := lock(dir)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if fit.MatchString(e.Name()) && alive(filepath.Join(dir, e.Name())) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// Named returns the lab that a name stands for; the only one where it is empty.
func Named(name string) (string, error) {
	names, err := Names()
	switch {
	case err != nil:
		return "", err
	case len(names) == 0:
		return "", errors.New("no lab is up: anylab up three-sites starts one")
	case name == "" && len(names) > 1:
		return "", fmt.Errorf("which lab is meant? There are %s: name one (-L NAME; anylab down NAME)", document.Some(names))
	case name == "":
		return names[0], nil
	case !slices.Contains(names, name):
		return "", errors.New(document.NoSuch("lab", name, names))
	}
	return name, nil
}

// Free returns the name, or it with a number after it if it is taken.
func Free(name string) (string, error) {
	names, err := Names()
	free := name
	for n := 2; slices.Contains(names, free); n++ {
		free = name + "-" + strconv.Itoa(n)
	}
	return free, err
}

// dial comes to the door of a lab. It returns the process that keeps it, too.
func dial(name string) (*net.UnixConn, int, error) {
	dir, err := place()
	if err != nil {
		return nil, 0, err
	}
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: filepath.Join(dir, name), Net: "unix"})
	if err != nil {
		return nil, 0, fmt.Errorf("come to lab %s: %w", name, err)
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, 0, errors.Join(err, conn.Close())
	}
	var keeper *unix.Ucred
	_ = raw.Control(func(fd uintptr) { // the credentials are those of whoever called listen(2) (unix(7))
		keeper, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err != nil {
		return nil, 0, errors.Join(fmt.Errorf("ask who keeps lab %s: %w", name, err), conn.Close())
	}
	return conn, int(keeper.Pid), nil
}

// end kills whoever keeps a lab that does not end by itself. The sandbox ends with it.
func end(keeper int) error {
	if err := unix.Kill(keeper, unix.SIGKILL); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("kill the lab's process %d: %w", keeper, err)
	}
	return nil
}

// ending is how long a lab may take to be taken down.
const ending = 30 * time.Second
