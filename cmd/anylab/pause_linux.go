package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/hand"
	"anylab/lab/run"
	"anylab/scenarios"
)

// open opens the door of the run's labs, outside.
func (f *letIn) open(scenario string, carry **os.File) (*net.UnixListener, error) {
	name := "stdin"
	if scenario != "-" {
		s, err := scenarios.Load(scenario)
		if err != nil {
			return nil, err
		}
		name = strings.ToLower(s.Name)
	}
	name, err := hand.Free(name)
	if err != nil {
		return nil, err
	}
	door, err := hand.Listen(name)
	if err != nil {
		return nil, err
	}
	if *carry, err = door.File(); err != nil {
		return nil, errors.Join(err, door.Close())
	}
	return door, nil
}

// host answers at the door while perform goes on, and keeps the lab that is left.
func (f *letIn) host(ctx context.Context, c *cobra.Command, p *run.Plan, stop context.CancelFunc, perform func() error) error {
	door := lab.Carried()
	at, err := unix.Getsockname(int(door.Fd()))
	if err != nil {
		return fmt.Errorf("ask for the door's name: %w", err)
	}
	name := filepath.Base(at.(*unix.SockaddrUnix).Name)
	h := hand.NewHost(name, p.Scenario.Name, p.Scenario.Topology, stop)
	h.State("running")
	p.Keep, p.Told = f.keep, h.Events()
	p.Pause = func(ctx context.Context, s *run.Standing, at []run.Moment, what string) (bool, error) {
		i := slices.IndexFunc(at, func(m run.Moment) bool { return slices.Contains(f.pauseOn, string(m)) })
		if i < 0 {
			return false, nil
		}
		what = fmt.Sprintf("%s has stopped at the %s", what, at[i])
		up := func(l hand.Lab) {
			say(c.ErrOrStderr(), what)
			welcome(c.ErrOrStderr(), c.ErrOrStderr(), l, "Enter", "goes on")
		}
		return true, h.Pause(ctx, s, what, up, func() { enter(ctx, c.InOrStdin()) })
	}
	return h.While(ctx, door, func() error {
		err := perform()
		if p.Kept == nil {
			return err
		}
		return errors.Join(h.Stay(ctx, p.Kept, func(l hand.Lab) {
			if ctx.Err() == nil {
				welcome(c.ErrOrStderr(), c.ErrOrStderr(), l, "Ctrl-C here, or anylab down "+l.Name, "takes it down")
			}
		}), err)
	})
}

// enter waits for the end of a line, or of what can be read, or of ctx. What was
// typed before doesn't count.
func enter(ctx context.Context, stdin io.Reader) {
	if f, ok := stdin.(*os.File); ok {
		_ = unix.IoctlSetInt(int(f.Fd()), unix.TCFLSH, unix.TCIFLUSH) // which only a terminal can
	}
	read := make(chan struct{})
	go func() { // ends with the line, or with the program
		defer close(read)
		for b := []byte{0}; b[0] != '\n'; {
			if n, err := stdin.Read(b); n == 0 || err != nil {
				return
			}
		}
	}()
	select {
	case <-read:
	case <-ctx.Done():
	}
}
