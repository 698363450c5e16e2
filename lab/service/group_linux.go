package service

import (
	"os/exec"
	"syscall"
)

// lead makes the command the leader of a group of processes, all of which end when it
// is cancelled.
func lead(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
