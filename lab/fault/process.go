package fault

import (
	"context"
	"errors"
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
// lost carrier: it was measured below a millisecond (anylab help measurement).
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

// signal sends sig to the process's whole group. Every process of a node leads
// a group of its own, which has its workers in it; its own name would reach
// the leader only.
func signal(p *lab.Proc, sig syscall.Signal) error {
	if ended(p) {
		return os.ErrProcessDone // its number may be another's by now
	}
	if sig == syscall.SIGKILL {
		p.Expect()
	}
	err := syscall.Kill(-p.PID(), sig)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// kill ends a process and its workers without warning and waits until it is
// gone.
func kill(ctx context.Context, p *lab.Proc) error {
	if err := signal(p, syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill %s on %s: %w", p.Name(), p.Node(), err)
	}
	select {
	case <-p.Done():
		return nil
	case <-ctx.Done():
		return fmt.Errorf("kill %s on %s: %w", p.Name(), p.Node(), ctx.Err())
	}
}

// freeze stops a process and its workers and waits until all of their threads
// have stopped.
func freeze(ctx context.Context, p *lab.Proc) error {
	if err := signal(p, syscall.SIGSTOP); err != nil {
		return fmt.Errorf("freeze %s on %s: %w", p.Name(), p.Node(), err)
	}
	return await(ctx, func() (bool, error) { return frozen(p) })
}

// thaw lets a stopped process and its workers go on.
func thaw(ctx context.Context, p *lab.Proc) error {
	if err := signal(p, syscall.SIGCONT); err != nil {
		return fmt.Errorf("thaw %s on %s: %w", p.Name(), p.Node(), err)
	}
	return await(ctx, func() (bool, error) {
		running, _, err := threads(p)
		return running > 0, err
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

// frozen says whether every thread of the process and of its workers is
// stopped.
func frozen(p *lab.Proc) (bool, error) {
	running, stopped, err := threads(p)
	return running == 0 && stopped > 0, err
}

// threads counts the threads of the process's group, by whether they are
// stopped: state T in /proc/<pid>/task/<tid>/stat. Zombies are neither.
func threads(p *lab.Proc) (running, stopped int, err error) {
	for _, pid := range group(p) {
		tasks, err := filepath.Glob(filepath.Join("/proc", pid, "task", "*", "stat"))
		if err != nil {
			return 0, 0, err
		}
		for _, task := range tasks {
			switch state, _ := stat(task); state {
			case "", "Z", "X":
			case "T":
				stopped++
			default:
				running++
			}
		}
	}
	if running+stopped == 0 {
		err = fmt.Errorf("%s on %s: %w", p.Name(), p.Node(), os.ErrProcessDone)
	}
	return running, stopped, err
}

// group lists the processes of the process's group by their numbers.
func group(p *lab.Proc) []string {
	var pids []string
	all, _ := filepath.Glob("/proc/[0-9]*/stat") // fails for a bad pattern only
	for _, path := range all {
		if _, pgrp := stat(path); pgrp == strconv.Itoa(p.PID()) {
			pids = append(pids, filepath.Base(filepath.Dir(path)))
		}
	}
	return pids
}

// stat reads the state and the process group out of a stat file
// (proc_pid_stat(5)). Both are empty if the process ended meanwhile.
func stat(path string) (state, pgrp string) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", ""
	}
	// The fields follow the command's name, which may hold anything.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 3 {
		return "", ""
	}
	return fields[0], fields[2]
}
