package bgp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"anylab/lab"
)

// removeStale removes a socket that a killed daemon left, whose successor
// could be taken for it.
func removeStale(n *lab.Node, path string) error {
	return n.Furnish(func() error {
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			return err
		}
		return nil
	})
}

// processes are those of one daemon, in the order in which they were started.
type processes struct {
	node *lab.Node
	list []*lab.Proc
	main int // the index of the one that speaks BGP

	granted []lab.Power // to all of them

	closing sync.Once
	closed  error // what closing came to
}

// workDir returns the working directory of all of a daemon's processes.
func (p *processes) workDir() (string, error) { return p.node.WorkDir(p.node.Daemon) }

// start starts one more process.
func (p *processes) start(ctx context.Context, name, path string, args ...string) error {
	return p.run(ctx, name, exec.Command(path, args...))
}

func (p *processes) run(ctx context.Context, name string, cmd *exec.Cmd) (err error) {
	if cmd.Dir, err = p.workDir(); err != nil {
		return err
	}
	proc, err := p.node.Start(ctx, name, cmd, p.granted...)
	if err != nil {
		return err
	}
	p.list = append(p.list, proc)
	return nil
}

// Procs lists the processes; the one that speaks BGP comes first.
func (p *processes) Procs() []*lab.Proc {
	if p.main >= len(p.list) {
		return slices.Clone(p.list)
	}
	rest := slices.Delete(slices.Clone(p.list), p.main, p.main+1)
	return append([]*lab.Proc{p.list[p.main]}, rest...)
}

// Close ends the processes, last started first, frozen ones too; hung ones are
// killed after 2 s.
func (p *processes) Close() error {
	p.closing.Do(func() {
		for _, proc := range p.list {
			_ = proc.Signal(goOn) // one may have to wait for another
		}
		for _, proc := range slices.Backward(p.list) {
			p.closed = errors.Join(p.closed, proc.Stop(context.Background()))
		}
	})
	return p.closed
}

// kill ends the processes without giving them a chance to say goodbye or to
// remove routes.
func (p *processes) kill(ctx context.Context) error {
	for _, proc := range p.list {
		if err := proc.Signal(os.Kill); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("kill %s on %s: %w", proc.Name(), proc.Node(), err)
		}
	}
	for _, proc := range p.list {
		select {
		case <-proc.Done():
		case <-ctx.Done():
			return fmt.Errorf("wait for the end of %s on %s: %w", proc.Name(), proc.Node(), ctx.Err())
		}
	}
	return nil
}

// whileAlive returns a context that ends with ctx or with the first process
// that ends, which its cause then names.
func (p *processes) whileAlive(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	for _, proc := range p.list {
		watching.Go(func() {
			select {
			case <-proc.Done():
				cancel(fmt.Errorf("%s ended: %s", proc.Name(), proc.Status()))
			case <-ctx.Done():
			}
		})
	}
	return ctx, func() {
		cancel(nil)
		watching.Wait()
	}
}

// do carries out one command, and gives up when a process ends.
func (p *processes) do(ctx context.Context, what string, f func(context.Context) error) error {
	for _, proc := range p.list {
		select {
		case <-proc.Done(): // says more than a connection that is refused
			return fmt.Errorf("%s on %s: %s ended: %s", what, p.node.Name, proc.Name(), proc.Status())
		default:
		}
	}
	ctx, stop := p.whileAlive(ctx)
	defer stop()
	err := f(ctx)
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause // says more than a socket that was closed
	}
	return fmt.Errorf("%s on %s: %w", what, p.node.Name, err)
}

// startTimeout bounds the time from the process's start until it takes
// commands, in a small lab on a machine that may be very busy.
const startTimeout = 20 * time.Second

// readyInterval is how often a daemon that starts is asked whether it takes commands.
const readyInterval = 3 * time.Millisecond

// await asks until the daemon answers, or a process has ended: nothing tells
// when a socket appears and is listened on.
func (p *processes) await(ctx context.Context, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, p.node.StartWithin(startTimeout))
	defer cancel()
	return p.do(ctx, "wait for the BGP daemon", func(ctx context.Context) error {
		tick := time.NewTicker(readyInterval)
		defer tick.Stop()
		for {
			err := ask(ctx)
			if err == nil {
				return nil
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return err
			}
		}
	})
}

// failed ends what was started, and returns why with the end of the logs.
func (p *processes) failed(daemon string, err error) error {
	err = errors.Join(err, p.Close())
	var logs strings.Builder
	for _, proc := range p.list {
		if p.node.LogDir() != "" {
			logs.WriteString(tail(p.node, proc.Name()))
		}
	}
	return fmt.Errorf("start %s on %s: %w%s", daemon, p.node.Name, err, logs.String())
}

// tailLines is how much of a log an error quotes.
const tailLines = 5

// tail returns the last lines of a log, for the end of an error message.
func tail(n *lab.Node, name string) string {
	text, err := n.EndOfLog(name)
	if err != nil || len(text) == 0 {
		return ""
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	if len(lines) > tailLines {
		lines = lines[len(lines)-tailLines:]
	}
	return "\n\t" + string(bytes.Join(lines, []byte("\n\t")))
}
