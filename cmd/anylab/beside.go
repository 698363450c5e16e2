package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"anylab/lab"
	"anylab/lab/record"
	"anylab/reports"
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
	events  string
	metrics string

	carry *os.File // into the sandbox; nil: nothing is
	line  *os.File // main's, to those beside it; nil: nobody is
	drawn bool     // the steps are shown by those beside it
}

func (f *besideFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.events, "events", "", "write the run's events to this `path` while it goes on, - for standard output, which has nothing else then")
	metricsFlag(c, &f.metrics)
}

// sandboxed calls inside in the sandbox, and what was asked for beside it.
func (f *besideFlags) sandboxed(c *cobra.Command, quiet bool, inside func() error) (refused, failed error) {
	out := c.OutOrStdout()
	if f.events == "-" {
		c.SetOut(c.ErrOrStderr())
	}
	b := &beside{warn: c.ErrOrStderr(), screen: newRunView(c.ErrOrStderr(), quiet)}
	if f.events == "" && f.metrics == "" && b.screen == nil {
		return sandboxedBeside(inside, nil, f.carry)
	}
	if lab.Outer() {
		if err := b.open(f, out); err != nil {
			return nil, err
		}
	}
	return sandboxedBeside(func() error {
		f.line, f.drawn = lab.Beside(), b.screen != nil
		return inside()
	}, b.follow, f.carry)
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
	screen *runView  // nil: there is none
	wanted bool      // what the record means, and not only its lines

	run *record.Follower // nil: none is carried out

	mu   sync.Mutex // of live, which is scraped at any time
	live *reports.Live
}

// Describe says nothing: which series there are depends on the run.
func (b *beside) Describe(chan<- *prometheus.Desc) {}

// Collect gives what is known of the run that is carried out.
func (b *beside) Collect(out chan<- prometheus.Metric) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.live != nil {
		b.live.Collect(out)
	}
}

// open makes everything ready that can fail.
func (b *beside) open(f *besideFlags, stdout io.Writer) (err error) {
	signal.Ignore(syscall.SIGPIPE) // a reader that has enough doesn't end the run
	b.wanted = f.metrics != "" || b.screen != nil
	if f.metrics != "" {
		if err := serveMetrics(f.metrics, b); err != nil {
			return err
		}
	}
	switch f.events {
	case "":
		return nil
	case "-":
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
	standBack()
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
	defer b.screen.leave() // also where main was killed
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
		b.begin(n.Run)
	case n.Ended:
		b.look()
		b.screen.leave()
		b.run = nil
		_, _ = line.Write([]byte{0}) // if main is gone, nobody waits
	default:
		b.screen.tell(n)
		b.look()
	}
}

// begin turns to a run.
func (b *beside) begin(path string) {
	b.run = record.Follow(path)
	if b.events != nil {
		b.run.Line = b.write
	}
	if !b.wanted {
		return
	}
	l, err := reports.FollowLive(path)
	if err != nil {
		b.fail(err)
		return
	}
	b.run.Event, b.run.Span = l.Event, l.Span
	b.mu.Lock()
	defer b.mu.Unlock()
	b.live = l
	b.screen.begin(l)
}

// look reads what was recorded since the last look.
func (b *beside) look() {
	if b.run == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	err := b.run.Read()
	if err == nil && b.live != nil {
		err = b.live.Judge(record.Now())
	}
	if err != nil {
		b.fail(fmt.Errorf("follow the run: %w", err))
		b.run = nil
		return
	}
	b.screen.draw()
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
