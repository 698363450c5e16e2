package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// jail is the file system that the processes of a lab see: that of the
// machine, of which nothing can be changed, with a few private directories.
type jail struct {
	warden *thread  // in the jail, with all rights
	mounts *os.File // its mount namespace

	mu      sync.Mutex
	named   map[string]bool // what has been looked for
	emptied map[string]bool
	exposed []Exposed
}

// private are the directories of which the jail has empty ones of its own.
var private = []string{"/tmp", "/var/tmp"}

// copied are those that it may change for itself: many daemons insist on it.
var copied = []string{"/var/lib", "/var/log"}

// openJail makes a jail that shares /run with the sandbox.
func openJail(exposed []Exposed) (*jail, error) {
	j := &jail{named: map[string]bool{}, emptied: map[string]bool{}}
	warden, err := newThread(func() (err error) {
		j.mounts, err = lockUp()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("make the jail: %w", err)
	}
	j.warden = warden
	for _, e := range exposed {
		if err := j.expose(e); err != nil {
			return nil, errors.Join(err, j.close())
		}
	}
	return j, nil
}

func (j *jail) close() error {
	j.warden.close()
	return j.mounts.Close()
}

// lockUp takes the calling thread into a new jail and returns its mount
// namespace.
func lockUp() (*os.File, error) {
	if err := unix.Unshare(unix.CLONE_FS | unix.CLONE_NEWNS); err != nil {
		return nil, fmt.Errorf("make mount namespace: %w", err)
	}
	mounts, err := os.Open("/proc/thread-self/ns/mnt")
	if err != nil {
		return nil, err
	}
	if err := furnishJail(); err != nil {
		return nil, errors.Join(err, mounts.Close())
	}
	return mounts, nil
}

func furnishJail() error {
	devices, err := cloneDevices()
	if err != nil {
		return err
	}
	defer devices.close()
	// /proc/sys/net shows the network namespace of whoever opens it.
	changeable := trees{}
	defer changeable.close()
	for _, path := range []string{"/proc/sys/net", "/run"} {
		if err := changeable.clone(path); err != nil {
			return err
		}
	}
	// No devices in odd places either: to write to one is no change of its directory.
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV}
	if err := setMounts(unix.AT_FDCWD, "/", attr); err != nil {
		return err
	}
	if err := changeable.place(); err != nil {
		return err
	}
	if err := mountTmpfs(netnsDir, "755"); err != nil { // the lab's own: to remove one is to break it
		return err
	}
	if err := unix.MountSetattr(unix.AT_FDCWD, netnsDir, 0, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}); err != nil {
		return fmt.Errorf("protect %s: %w", netnsDir, err)
	}
	for _, path := range private {
		if err := mountTmpfs(path, "1777"); err != nil {
			return err
		}
	}
	for _, path := range copied {
		if err := mountCopy(path); err != nil {
			return err
		}
	}
	return mountDevices(devices)
}

func mountTmpfs(path, mode string) error {
	if err := unix.Mount("tmpfs", path, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "size=25%,mode="+mode); err != nil {
		return fmt.Errorf("mount a private %s: %w", path, err)
	}
	return nil
}

// mountCopy puts a layer over a directory that takes all changes. Where there
// are no layers to be had, the directory stays as it is: unchangeable.
func mountCopy(path string) error {
	const layers = "/run/layers"
	if err := os.Mkdir(layers, 0o700); err != nil {
		return fmt.Errorf("make layer: %w", err)
	}
	defer os.Remove(layers) //nolint:errcheck // an empty directory of the sandbox
	if err := mountTmpfs(layers, "700"); err != nil {
		return err
	}
	defer unix.Unmount(layers, unix.MNT_DETACH) //nolint:errcheck // the layer keeps it
	info, err := os.Stat(path)
	if err != nil {
		return nil //nolint:nilerr // nothing to copy
	}
	upper, lower := layers+"/upper", layers+"/work"
	if err := errors.Join(os.Mkdir(upper, info.Mode().Perm()), os.Mkdir(lower, 0o700)); err != nil {
		return fmt.Errorf("make layer: %w", err)
	}
	options := "lowerdir=" + path + ",upperdir=" + upper + ",workdir=" + lower
	for _, more := range []string{"", ",userxattr"} { // the latter is how a user namespace may (overlayfs.rst)
		if unix.Mount("overlay", path, "overlay", unix.MS_NOSUID|unix.MS_NODEV, options+more) == nil {
			return nil
		}
	}
	return nil
}

// trees are mounts that are attached nowhere, by where they belong.
type trees map[string]int

// clone takes the mounts at a path of the calling thread's namespace.
func (t trees) clone(path string) error {
	fd, err := unix.OpenTree(unix.AT_FDCWD, path, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
	if err != nil {
		return explainMount(fmt.Errorf("clone mount of %s: %w", path, err))
	}
	t[path] = fd
	return nil
}

// place attaches the mounts in the calling thread's namespace.
func (t trees) place() error {
	for path, tree := range t {
		if err := unix.MoveMount(tree, "", unix.AT_FDCWD, path, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
			return fmt.Errorf("mount %s: %w", path, err)
		}
	}
	return nil
}

func (t trees) close() {
	for _, tree := range t {
		unix.Close(tree)
	}
}

// setMounts changes all mounts below one.
func setMounts(fd int, path string, attr unix.MountAttr) error {
	flags := uint(unix.AT_RECURSIVE)
	if path == "" {
		flags |= unix.AT_EMPTY_PATH
	}
	if err := unix.MountSetattr(fd, path, flags, &attr); err != nil {
		return explainMount(fmt.Errorf("protect mounts: %w", err))
	}
	return nil
}

func explainMount(err error) error {
	if errors.Is(err, unix.ENOSYS) {
		return Unavailable{fmt.Sprintf("this kernel can't protect the machine from the lab: %v", err), "run Linux 5.12 or newer"}
	}
	return err
}

// expose shows a part of the machine in the jail.
func (j *jail) expose(e Exposed) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.show(e)
}

// show needs j.mu. What was shown below the path before is so again.
func (j *jail) show(e Exposed) error {
	if err := j.mount(e); err != nil {
		return fmt.Errorf("show the lab %s: %w", e.Path, err)
	}
	for _, x := range j.exposed {
		if !strings.HasPrefix(x.Path, e.Path+"/") {
			continue
		}
		if err := j.mount(x); err != nil {
			return fmt.Errorf("show the lab %s: %w", x.Path, err)
		}
	}
	j.exposed = append(j.exposed, e)
	return nil
}

func (j *jail) mount(e Exposed) error {
	info, err := os.Stat(e.Path)
	if err != nil {
		return err
	}
	tree := trees{}
	defer tree.close()
	if err := tree.clone(e.Path); err != nil {
		return err
	}
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV}
	if !e.Writable {
		attr.Attr_set |= unix.MOUNT_ATTR_RDONLY
	}
	if err := setMounts(tree[e.Path], "", attr); err != nil {
		return err
	}
	return j.warden.do(func() error {
		return errors.Join(makeMountPoint(e.Path, info.IsDir()), tree.place())
	})
}

// empty puts an empty directory in place of one of the machine's, or of none.
func (j *jail) empty(path string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.emptied[path] {
		return nil
	}
	j.emptied[path] = true
	return j.warden.do(func() error {
		if err := os.MkdirAll(path, 0o755); err != nil {
			return err
		}
		return mountTmpfs(path, "755")
	})
}

// makeMountPoint makes what something is to be mounted on, unless it is there.
func makeMountPoint(path string, dir bool) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if dir {
		return os.MkdirAll(path, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, nil, 0o644)
}

// has says whether there is such a path in the jail.
func (j *jail) has(path string) bool {
	return j.warden.do(func() error { return unix.Access(path, unix.F_OK) }) == nil
}

// revealNamed shows in the jail what a command names by its path and the
// private directories hide: with a script the directory it is in.
func (j *jail) revealNamed(cmd *exec.Cmd) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, arg := range append([]string{cmd.Path}, cmd.Args...) {
		if j.named[arg] {
			continue
		}
		j.named[arg] = true
		for _, word := range strings.FieldsFunc(arg, func(r rune) bool { return strings.ContainsRune(" \t\n;|&<>()'\"`=,", r) }) {
			if err := j.reveal(filepath.Clean(word)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (j *jail) reveal(path string) error {
	root := privateRoot(path)
	if root == "" {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil || j.has(path) {
		return nil //nolint:nilerr // a word, or what the command will make
	}
	if dir := filepath.Dir(path); !info.IsDir() && dir != root {
		path = dir
	}
	if path == root {
		return nil
	}
	return j.show(Exposed{Path: path})
}

// privateRoot returns the private directory that a path is in, or "".
func privateRoot(path string) string {
	for _, dir := range private {
		if path == dir || strings.HasPrefix(path, dir+"/") {
			return dir
		}
	}
	return ""
}
