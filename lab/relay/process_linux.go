package relay

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"anylab/lab/record"
	"anylab/topologies/document"
)

// Relay is a running relay: a process of its own, where no garbage of others is
// collected and nothing else wants the processor that it waits on.
type Relay struct {
	link   string
	cmd    *exec.Cmd
	sink   record.Sink // may be nil
	errors strings.Builder
	wanted atomic.Bool // to end
	armed  chan struct{}
	ended  chan struct{}
}

// armLimit is how long a relay may take to carry frames after its start.
const armLimit = 10 * time.Second

// Start starts a relay in the namespace of its ports, where inside calls a
// function, and returns when frames pass. Reasons to doubt it go to the sink,
// which may be nil: "late-relay", "relay-overrun", "relay-ended".
func Start(inside func(func() error) error, o Order, sink record.Sink) (*Relay, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("encode order: %w", err)
	}
	lines, far, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	r := &Relay{link: o.Link, sink: sink, armed: make(chan struct{}), ended: make(chan struct{})}
	r.cmd = exec.Command("/proc/self/exe", "relay", string(text))
	r.cmd.Stdout, r.cmd.Stderr = far, &r.errors
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err = inside(r.cmd.Start)
	far.Close() // the process has its own: its end is the end of the pipe
	if err != nil {
		return nil, errors.Join(err, lines.Close())
	}
	go r.watch(lines)
	if err := r.await(); err != nil {
		return nil, errors.Join(err, r.Stop())
	}
	return r, nil
}

// PID returns the process's number inside the sandbox.
func (r *Relay) PID() int { return r.cmd.Process.Pid }

func (r *Relay) await() error {
	limit := time.NewTimer(armLimit)
	defer limit.Stop()
	select {
	case <-r.armed:
		return nil
	case <-r.ended:
		return r.failure()
	case <-limit.C:
		return fmt.Errorf("it does not carry frames after %v", document.Duration(armLimit))
	}
}

// failure is valid after the end.
func (r *Relay) failure() error {
	return fmt.Errorf("%s: %s", r.cmd.ProcessState, strings.TrimSpace(r.errors.String()))
}

// watch passes on what the relay tells, and waits for its end.
func (r *Relay) watch(lines io.ReadCloser) {
	defer close(r.ended)
	defer lines.Close()
	for in := bufio.NewScanner(lines); in.Scan(); {
		if in.Text() == Armed {
			close(r.armed)
			continue
		}
		var e record.Event
		if json.Unmarshal(in.Bytes(), &e) == nil { // the last line may be cut short
			r.emit(e)
		}
	}
	_ = r.cmd.Wait() // the status says it
	if !r.wanted.Load() {
		r.emit(doubt("relay-ended", fmt.Sprintf("the relay of link %s ended: %v", r.link, r.failure())))
	}
}

func (r *Relay) emit(e record.Event) {
	if r.sink != nil {
		r.sink.Emit(e)
	}
}

// Stop ends the relay. The link is dead from then on. It is idempotent.
func (r *Relay) Stop() error {
	r.wanted.Store(true)
	if err := r.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop the relay of link %s: %w", r.link, err)
	}
	<-r.ended
	return nil
}
