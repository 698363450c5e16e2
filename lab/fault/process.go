package fault

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// kill ends a process without warning and waits until it is gone.
func kill(ctx context.Context, w *World, p Process) error {
	err := p.Signal(Kill)
	if err == nil {
		err = w.await(ctx, func() (bool, error) { return p.Ended(), nil })
	}
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill %s: %w", p, err)
	}
	return nil
}

// freeze stops a process and waits until all of its threads have stopped.
func freeze(ctx context.Context, w *World, p Process) error {
	if err := p.Signal(Stop); err != nil {
		return fmt.Errorf("freeze %s: %w", p, err)
	}
	return w.await(ctx, func() (bool, error) { return frozen(p) })
}

// thaw lets a stopped process go on. One that has ended has nothing to thaw.
func thaw(ctx context.Context, w *World, p Process) error {
	err := p.Signal(Continue)
	if err == nil {
		err = w.await(ctx, func() (bool, error) {
			running, _, err := p.Threads()
			return running > 0, err
		})
	}
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("thaw %s: %w", p, err)
	}
	return nil
}

// frozen says whether every thread of the process is stopped.
func frozen(p Process) (bool, error) {
	running, stopped, err := p.Threads()
	return running == 0 && stopped > 0, err
}

// ended says whether all of the processes have.
func ended(procs []Process) bool {
	for _, p := range procs {
		if !p.Ended() {
			return false
		}
	}
	return true
}

// each signals all of the processes; some may have ended.
func each(procs []Process, s Signal) error {
	var errs []error
	for _, p := range procs {
		if err := p.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
			errs = append(errs, fmt.Errorf("signal %s: %w", p, err))
		}
	}
	return errors.Join(errs...)
}
