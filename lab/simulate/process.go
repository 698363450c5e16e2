package simulate

import (
	"fmt"
	"os"
	"time"

	"anylab/lab/fault"
	"anylab/lab/record"
)

// process is one of a node's.
type process struct {
	node    *node
	name    string
	pid     int
	dead    bool
	stopped bool
	backlog []func() // what came while it was stopped
	ended   func()   // tells what it leaves behind
	resumed func()   // nil: nothing is to be told
}

func (n *node) start(name string, ended, resumed func()) *process {
	n.lab.pids++
	p := &process{node: n, name: name, pid: n.lab.pids, ended: ended, resumed: resumed}
	n.procs = append(n.procs, p)
	n.lab.emit(record.KindStart, n.Name, record.Proc{Name: name, PID: p.pid})
	return p
}

func (p *process) String() string { return fmt.Sprintf("%s on %s", p.name, p.node.Name) }

// Ended implements fault.Process.
func (p *process) Ended() bool { return p.dead }

func (p *process) runs() bool { return !p.dead && !p.stopped }

// Threads implements fault.Process.
func (p *process) Threads() (running, stopped int, err error) {
	switch {
	case p.dead:
		return 0, 0, os.ErrProcessDone
	case p.stopped:
		return 0, 1, nil
	}
	return 1, 0, nil
}

// Signal implements fault.Process.
func (p *process) Signal(s fault.Signal) error {
	switch {
	case p.dead:
		return os.ErrProcessDone
	case s == fault.Kill:
		p.end("signal: killed")
	case s == fault.Stop && !p.stopped:
		p.stopped = true
		p.noticed()
	case s == fault.Continue && p.stopped:
		p.stopped = false
		waiting := p.backlog
		p.backlog = nil
		p.noticed()
		for _, do := range waiting {
			if !p.dead {
				do()
			}
		}
	}
	return nil
}

func (p *process) noticed() {
	if p.resumed != nil {
		p.resumed()
	}
}

func (p *process) end(how string) {
	p.dead, p.backlog = true, nil
	p.node.lab.emit(record.KindExit, p.node.Name, record.Proc{Name: p.name, PID: p.pid, Status: how})
	p.ended()
}

// later has the process do something: once it runs, and unless it ends before.
func (p *process) later(d time.Duration, do func()) {
	p.node.lab.after(d, func() { p.do(do) })
}

func (p *process) do(do func()) {
	switch {
	case p.dead:
	case p.stopped:
		p.backlog = append(p.backlog, do)
	default:
		do()
	}
}

// supervise starts something of the node again, so long after its end, unless it is not
// to be by then, and has it ready a while later; after 0: never.
func (n *node) supervise(name string, after, ready time.Duration, left func() bool, start func()) {
	if after == 0 {
		return
	}
	n.lab.after(after+ready, func() {
		if !left() {
			n.lab.emit(record.KindRestart, n.Name, record.Restart{Name: name, After: after})
			start()
		}
	})
}
