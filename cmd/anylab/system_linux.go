package main

import (
	"os/exec"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// kernels says whether a path, or where it leads, shows the kernel and no files:
// who may change those changes the machine.
func kernels(path string) bool {
	for _, own := range []string{"/dev", "/proc", "/sys"} {
		if path == own || strings.HasPrefix(path, own+"/") {
			return true
		}
	}
	var at unix.Statfs_t
	if unix.Statfs(path, &at) != nil {
		return false
	}
	return slices.Contains([]int64{unix.PROC_SUPER_MAGIC, unix.SYSFS_MAGIC, unix.CGROUP_SUPER_MAGIC, unix.CGROUP2_SUPER_MAGIC,
		unix.DEBUGFS_MAGIC, unix.TRACEFS_MAGIC, unix.SECURITYFS_MAGIC, unix.BPF_FS_MAGIC, unix.EFIVARFS_MAGIC}, int64(at.Type)) //nolint:unconvert // its type differs by architecture
}

// mayWrite says why nothing can be written into a directory.
func mayWrite(dir string) error { return unix.Access(dir, unix.W_OK|unix.X_OK) }

// bind lets the command end with this process. In a group of its own it gets a
// terminal's Ctrl-C from here alone.
func bind(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

// standBack lets others than the calling thread go first.
func standBack() { _ = unix.Setpriority(unix.PRIO_PROCESS, 0, 10) }
