package lab

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// cloneDevices takes the devices that every program may expect. All others
// belong to the machine.
func cloneDevices() (trees, error) {
	devices := trees{}
	for _, name := range []string{"null", "zero", "full", "random", "urandom", "tty", "net/tun"} {
		err := devices.clone(filepath.Join("/dev", name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // as in a container
			devices.close()
			return nil, err
		}
	}
	return devices, nil
}

// mountDevices puts a /dev of the devices, of terminals and of shared memory
// over the machine's.
func mountDevices(devices trees) error {
	if err := mountTmpfs("/dev", "755"); err != nil {
		return err
	}
	for path := range devices {
		if err := makeMountPoint(path, false); err != nil {
			return err
		}
	}
	if err := devices.place(); err != nil {
		return err
	}
	for name, target := range map[string]string{"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0",
		"stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2", "ptmx": "pts/ptmx"} {
		if err := os.Symlink(target, filepath.Join("/dev", name)); err != nil {
			return fmt.Errorf("make /dev: %w", err)
		}
	}
	if err := errors.Join(os.Mkdir("/dev/pts", 0o755), os.Mkdir("/dev/shm", 0o755)); err != nil {
		return fmt.Errorf("make /dev: %w", err)
	}
	if err := unix.Mount("devpts", "/dev/pts", "devpts", unix.MS_NOSUID|unix.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620"); err != nil {
		return fmt.Errorf("mount /dev/pts: %w", err)
	}
	if err := mountTmpfs("/dev/shm", "1777"); err != nil {
		return err
	}
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}
	if err := unix.MountSetattr(unix.AT_FDCWD, "/dev", 0, &attr); err != nil {
		return fmt.Errorf("protect /dev: %w", err)
	}
	return nil
}
