//go:build !linux

package main

import (
	"context"
	"io"
	"net"
	"os"
	"os/exec"

	"github.com/spf13/cobra"

	"anylab/lab"
	"anylab/lab/run"
)

// On other systems than Linux there are no labs, and nothing that is done with them.

var children map[string]func(args []string) int

func quitPlainly() {}

func (*letIn) open(string, **os.File) (*net.UnixListener, error) { return nil, lab.ErrNotLinux }

func (*letIn) host(context.Context, *cobra.Command, *run.Plan, context.CancelFunc, func() error) error {
	return lab.ErrNotLinux
}

func (*upFlags) open(string) (*net.UnixListener, error) { return nil, lab.ErrNotLinux }

func (*upFlags) behind(*cobra.Command, string, *os.File, io.Closer) error { return lab.ErrNotLinux }

func keys(chan<- os.Signal) (restore func()) { return func() {} }

func kernels(string) bool { return false }

func mayWrite(string) error { return nil } // else the first file says so

func bind(*exec.Cmd) {}

func standBack() {}
