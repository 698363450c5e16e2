package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"anylab/lab"
	"anylab/lab/record"

	"github.com/spf13/cobra"
)

// Whoever looks at a run while it goes on does so beside it: in the outer process,
// on the machine's own network, and out of the record's files. Who measures does
// nothing for it but to say what it is at, and never waits for it.

// note is what main tells those beside it.
type note struct {
	Run   string `json:"run,omitempty"`  // the run directory that is written now
	Step  string `json:"step,omitempty"` // what is being done
	Done  int    `json:"done,omitempty"` // trials
	Total int    `json:"total,omitempty"`
	Ended bool   `json:"ended,omitempty"` // the record is whole: main waits until it is read
}

// besideFlags say who looks at a run while it goes on.
type besideFlags struct {
	events string

	line *os.File // main's, to those beside it; nil: nobody is
}

func (f *besideFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.events, "events", "", "write the run's events to this `path` while it goes on, - for standard output, which has nothing else then")
}

// sandboxed calls inside in the sandbox, and what was asked for beside it.
func (f *besideFlags) sandboxed(c *cobra.Command, inside func() error) (refused, failed error) {
	out := c.OutOrStdout()
	if f.events == "-" {
		c.SetOut(c.ErrOrStderr())
	}
	if f.events == "" {
		return sandboxed(inside)
	}
	b := &beside{warn: c.ErrOrStderr()}
	if lab.Outer() {
		if err := b.open(f, out); err != nil {
			return nil, err
		}
	}
	return sandboxedBeside(func() error {
		f.line = lab.Beside()
		return inside()
	}, b.follow)
}

// tell says something to those beside the run.
func (f *besideFlags) tell(n note) {
	if f.line != nil {
		_ = json.NewEncoder(f.line).Encode(n) // else there is nobody any more
	}
}

// begun says which run directory is written now.
func (f *besideFlags) begun(path string) { f.tell(note{Run: path}) }

// ended waits until those beside the run have read all of it.
func (f *besideFlags) ended() {
	f.tell(note{Ended: true})
	if f.line != nil {
		_, _ = f.line.Read(make([]byte, 1)) // or it was the last thing that they did
	}
}

// beside is what goes on beside a run.
type beside struct {
	warn   io.Writer
	events io.Writer // nil: nobody wants them

	run *record.Follower // nil: none is carried out
}

// open makes everything ready that can fail.
func (b *beside) open(f *besideFlags, stdout io.Writer) (err error) {
	signal.Ignore(syscall.SIGPIPE) // a reader that has enough doesn't end the run
	if f.events == "-" {
		b.events = stdout
		return nil
	}
	if b.events, err = os.Create(f.events); err != nil {
		return fmt.Errorf("--events: %w", err)
	}
	return nil
}

// lookEvery is how often those beside a run look at it.
const lookEvery = 200 * time.Millisecond

// follow follows what is carried out until the line ends. What is measured has the
// processors first.
func (b *beside) follow(line *os.File) {
	runtime.LockOSThread() // which is not unlocked: it ends with this goroutine
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, 10)
	notes := make(chan note)
	go func() {
		defer close(notes)
		for in := json.NewDecoder(line); ; {
			var n note
			if in.Decode(&n) != nil {
				return
			}
			notes <- n
		}
	}()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case n, ok := <-notes:
			if !ok {
				return
			}
			b.take(n, line)
		case <-tick.C:
			b.look()
		}
	}
}

func (b *beside) take(n note, line io.Writer) {
	switch {
	case n.Run != "":
		b.run = record.Follow(n.Run)
		if b.events != nil {
			b.run.Line = b.write
		}
	case n.Ended:
		b.look()
		b.run = nil
		_, _ = line.Write([]byte{0}) // if main is gone, nobody waits
	}
}

// look reads what was recorded since the last look.
func (b *beside) look() {
	if b.run == nil {
		return
	}
	if err := b.run.Read(); err != nil {
		b.fail(fmt.Errorf("follow the run: %w", err))
		b.run = nil
	}
}

// write passes an event on. Whoever reads them may have enough of them.
func (b *beside) write(event []byte) {
	if b.events == nil {
		return
	}
	if _, err := b.events.Write(event); err != nil {
		b.events = nil
		if !errors.Is(err, syscall.EPIPE) {
			b.fail(fmt.Errorf("--events: %w", err))
		}
	}
}

func (b *beside) fail(err error) { say(b.warn, "anylab: "+err.Error()+" (the run goes on)") }
