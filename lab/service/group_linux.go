package service

import (
	"context"
	"os/exec"
	"syscall"
)

// Command makes a command of the user's ready to start, so that it finds the programs
// of an administrator too, and ends with ctx, with all the processes that it started.
func Command(ctx context.Context, args []string) (*exec.Cmd, error) {
	found, err := program(args)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, found.Path, args[1:]...)
	cmd.Env = found.Env
	lead(cmd)
	return cmd, nil
}

// lead makes the command the leader of a group of processes, all of which end when it
// is cancelled.
func lead(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
