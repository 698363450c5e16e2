package hand

import (
	"context"
	"errors"
	"os"

	"anylab/lab/record"
	"anylab/lab/run"
)

// files is where the logs of a lab by hand are, on the sandbox's own tmpfs.
const files = "/run/lab"

// Keep brings the plan's first lab up, calls up once people can come in, and takes
// the lab down when ctx ends. It must run inside the sandbox.
func (h *Host) Keep(ctx context.Context, p *run.Plan, door *os.File, say func(string), up func(Lab)) error {
	return h.While(ctx, door, func() error {
		dir, err := record.Unkept(files)
		if err != nil {
			return err
		}
		dir.Tell(h.Events())
		s, err := p.Stand(ctx, dir, func(step string) { h.Step(step); say(step) })
		if err != nil {
			return errors.Join(err, dir.Close())
		}
		return errors.Join(h.Stay(ctx, s, up), dir.Close())
	})
}

// Stay keeps a lab that stands until ctx ends.
func (h *Host) Stay(ctx context.Context, s *run.Standing, up func(Lab)) error {
	state := "up"
	if s.Unsettled != nil {
		state = "up, not settled"
	}
	leave := h.Let(ctx, s, state)
	up(h.now())
	<-ctx.Done()
	h.State("being taken down")
	return errors.Join(leave(), s.Close())
}

// Pause lets people into a lab in which a run has stopped, while wait goes on.
func (h *Host) Pause(ctx context.Context, s *run.Standing, state string, up func(Lab), wait func()) error {
	leave := h.Let(ctx, s, state)
	up(h.now())
	wait()
	h.State("running")
	return leave()
}

// While answers at the door while f goes on.
func (h *Host) While(ctx context.Context, door *os.File, f func() error) error {
	serving, end := context.WithCancel(context.WithoutCancel(ctx))
	served := make(chan error, 1)
	go func() { served <- h.Serve(serving, door) }()
	err := f()
	end()
	return errors.Join(err, <-served)
}
