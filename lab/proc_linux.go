package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"anylab/lab/record"
)

// stopGrace is how long a process may take to end by itself.
const stopGrace = 2 * time.Second

// Proc is a process of a node. It leads a process group of its own, which
// ends with it.
type Proc struct {
	name   string
	node   *Node
	cmd    *exec.Cmd
	log    *os.File
	done   chan struct{}
	exited record.Time
	status string

	expected atomic.Bool // to end, because the lab wants it so
}

// Start runs cmd in the node's namespace in the foreground, its output (where
// cmd doesn't say otherwise) in <logs>/<node>/<name>.log, its working directory
// (likewise) WorkDir(name). The process is killed when ctx ends. It may do what
// every process of a lab may, and more as granted.
func (n *Node) Start(ctx context.Context, name string, cmd *exec.Cmd, granted ...Power) (*Proc, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("start %s on %s: %w", name, n.Name, err)
	}
	if n.closed {
		return nil, fmt.Errorf("start %s on %s: the lab is closed", name, n.Name)
	}
	p := &Proc{name: name, node: n, cmd: cmd, done: make(chan struct{})}
	if err := p.start(granted); err != nil {
		return nil, fmt.Errorf("start %s on %s: %w", name, n.Name, err)
	}
	n.procs = append(n.procs, p)
	forget := context.AfterFunc(ctx, p.kill)
	go p.wait(forget)
	return p, nil
}

func (p *Proc) start(granted []Power) error {
	if err := p.openLog(); err != nil {
		return err
	}
	if err := p.settleIn(); err != nil {
		return errors.Join(err, p.log.Close())
	}
	if p.cmd.SysProcAttr == nil {
		p.cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	// No parent-death signal: it would end the process with the thread that
	// forked it. The PID namespace sees to it.
	p.cmd.SysProcAttr.Setpgid = true
	if err := p.node.spawn(p.cmd, granted); err != nil {
		return errors.Join(err, p.log.Close())
	}
	p.emit(record.Now(), record.KindStart)
	return nil
}

// settleIn gives the process its working directory. A program's relative path
// is one of this process's.
func (p *Proc) settleIn() (err error) {
	if p.cmd.Dir == "" {
		p.cmd.Dir, err = p.node.WorkDir(p.name)
	}
	if err == nil {
		p.cmd.Path, err = filepath.Abs(p.cmd.Path)
	}
	return err
}

func (p *Proc) openLog() (err error) {
	if p.log, err = p.node.OpenLog(p.name); err != nil {
		return err
	}
	if p.cmd.Stdout == nil {
		p.cmd.Stdout = p.log
	}
	if p.cmd.Stderr == nil {
		p.cmd.Stderr = p.log
	}
	return nil
}

// wait stamps the exit while the process is still a zombie: until it is
// reaped its number can't be given to another, so its group is still its own.
func (p *Proc) wait(forget func() bool) {
	for {
		err := unix.Waitid(unix.P_PID, p.cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	p.exited = record.Now()
	_ = unix.Kill(-p.cmd.Process.Pid, unix.SIGKILL) // the rest of the group, if any
	_ = p.cmd.Wait()                                // its error is the status, which follows
	p.status = p.cmd.ProcessState.String()
	forget()
	p.log.Close()
	p.emit(p.exited, record.KindExit)
	p.node.forget(p)
	close(p.done)
}

func (p *Proc) emit(at record.Time, kind record.Kind) {
	p.node.Emit(record.Event{At: at, Kind: kind, Data: record.Proc{Name: p.name, PID: p.PID(), Status: p.status,
		Unexpected: kind == record.KindExit && !p.expected.Load()}})
}

// Restarting stamps the moment at which a supervisor begins to start something
// of the node again, so long after its end. done records that, and how it went.
func (n *Node) Restarting(name string, after time.Duration) (done func(error)) {
	at, r := record.Now(), record.Restart{Name: name, After: after}
	return func(err error) {
		if err != nil {
			r.Err = err.Error()
		}
		n.Emit(record.Event{At: at, Kind: record.KindRestart, Data: r})
	}
}

// Name returns the name that Start was given.
func (p *Proc) Name() string { return p.name }

// Node returns the name of the process's node.
func (p *Proc) Node() string { return p.node.Name }

// PID returns the process's number inside the sandbox.
func (p *Proc) PID() int { return p.cmd.Process.Pid }

// Done is closed once the process was reaped.
func (p *Proc) Done() <-chan struct{} { return p.done }

// Exited returns when the process ended. It is valid after Done.
func (p *Proc) Exited() record.Time { return p.exited }

// Status says how the process ended: "exit status 1", "signal: killed". It is
// valid after Done.
func (p *Proc) Status() string { return p.status }

// Signal sends s by the process's file descriptor, so never to another that
// got its number; os.ErrProcessDone says that it is gone.
func (p *Proc) Signal(s os.Signal) error {
	if s == unix.SIGKILL || s == unix.SIGTERM {
		p.Expect()
	}
	return p.cmd.Process.Signal(s)
}

// Expect says that the process is about to be ended by other means than
// Signal, and on purpose. Any other end is recorded as unexpected.
func (p *Proc) Expect() { p.expected.Store(true) }

// Stop asks the process to end, thawing it if it is frozen, and kills it if
// it hasn't after 2 s, or when ctx ends. It is idempotent.
func (p *Proc) Stop(ctx context.Context) error {
	if err := p.Signal(unix.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s on %s: %w", p.name, p.node.Name, err)
	}
	_ = p.Signal(unix.SIGCONT)
	grace := time.NewTimer(stopGrace)
	defer grace.Stop()
	select {
	case <-p.done:
		return nil
	case <-grace.C:
	case <-ctx.Done():
	}
	p.kill()
	<-p.done
	return nil
}

func (p *Proc) kill() { _ = p.Signal(unix.SIGKILL) } // it may be gone already

func (n *Node) forget(p *Proc) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i, q := range n.procs {
		if p == q {
			n.procs = append(n.procs[:i:i], n.procs[i+1:]...)
			return
		}
	}
}

// kill ends what runs on the node, for good. It doesn't wait.
func (n *Node) kill() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed = true
	for _, p := range n.procs {
		p.kill()
	}
}

// bury waits until what was killed has ended.
func (n *Node) bury() {
	n.mu.Lock()
	procs := n.procs
	n.mu.Unlock()
	for _, p := range procs {
		<-p.done
	}
	for _, t := range n.locked {
		t.close()
	}
}
