package fault

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"anylab/lab"
)

// watchLatency bounds how long the kernel takes to tell of an exit or of a
// lost carrier: it was measured below a millisecond (MEASUREMENT.md 5).
const watchLatency = time.Millisecond

// settle is how often a state that the kernel changes soon is looked at.
const settle = 50 * time.Microsecond

func ended(p *lab.Proc) bool {
	select {
	case <-p.Done():
		return true
	default:
		return false
	}
}

// kill ends a process without warning and waits until it is gone.
func kill(ctx context.Context, p *lab.Proc) error {
	if err := p.Signal(syscall.SIGKILL); err != nil && !ended(p) {
		return fmt.Errorf("kill %s on %s: %w", p.Name(), p.Node(), err)
	}
	select {
	case <-p.Done():
		return nil
	case <-ctx.Done():
		return fmt.Errorf("kill %s on %s: %w", p.Name(), p.Node(), ctx.Err())
	}
}

// freeze stops a process and waits until all of its threads have stopped.
func freeze(ctx context.Context, p *lab.Proc) error {
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		return fmt.Errorf("freeze %s on %s: %w", p.Name(), p.Node(), err)
	}
	return await(ctx, func() (bool, error) { return frozen(p) })
}

// thaw lets a stopped process go on.
func thaw(ctx context.Context, p *lab.Proc) error {
	if err := p.Signal(syscall.SIGCONT); err != nil {
		return fmt.Errorf("thaw %s on %s: %w", p.Name(), p.Node(), err)
	}
	return await(ctx, func() (bool, error) {
		stopped, err := frozen(p)
		return !stopped, err
	})
}

// await polls a state of the kernel that has no notification.
func await(ctx context.Context, reached func() (bool, error)) error {
	tick := time.NewTicker(settle)
	defer tick.Stop()
	for {
		if ok, err := reached(); ok || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// frozen says whether every thread of the process is stopped: state T in
// proc(5) /proc/<pid>/task/<tid>/stat.
func frozen(p *lab.Proc) (bool, error) {
	tasks, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(p.PID()), "task", "*", "stat"))
	if err != nil || len(tasks) == 0 {
		return false, fmt.Errorf("%s on %s: %w", p.Name(), p.Node(), os.ErrProcessDone)
	}
	for _, task := range tasks {
		stat, err := os.ReadFile(task)
		if err != nil {
			continue // the thread ended meanwhile
		}
		// The state follows the command's name, which may hold anything.
		_, rest, ok := strings.Cut(string(stat[strings.LastIndexByte(string(stat), ')')+1:]), " ")
		if ok && !strings.HasPrefix(rest, "T") {
			return false, nil
		}
	}
	return true, nil
}
