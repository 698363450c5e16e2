package service

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"anylab/lab"
	"anylab/lab/record"
	"anylab/topologies"
)

// journal keeps, in one order, the health verdicts, the findings and the calls
// to the speaker. It is the sink and the announcer of a service under test.
type journal struct {
	mu     sync.Mutex
	lines  []string
	events []record.Event
	news   chan struct{} // closed and replaced with each line
	broken error         // what the announcer returns
}

func newJournal() *journal { return &journal{news: make(chan struct{})} }

func (j *journal) write(line string) {
	j.lines = append(j.lines, line)
	close(j.news)
	j.news = make(chan struct{})
}

func (j *journal) Emit(e record.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, e)
	switch d := e.Data.(type) {
	case record.Health:
		if d.Healthy {
			j.write("healthy")
		} else {
			j.write("unhealthy")
		}
	case record.Finding:
		j.write(d.Name)
	}
}

func (j *journal) Announce(context.Context, ...netip.Prefix) error { return j.call("announce") }
func (j *journal) Withdraw(context.Context, ...netip.Prefix) error { return j.call("withdraw") }

func (j *journal) call(verb string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.write(verb)
	return j.broken
}

func (j *journal) fail(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.broken = err
}

// patience is far beyond what anything here takes: a test must not fail
// because the machine is slow.
const patience = time.Minute

// await waits until the journal reads exactly as wanted. A line that differs
// from what is wanted ends the test at once.
func (j *journal) await(t *testing.T, want ...string) {
	t.Helper()
	deadline := time.After(patience)
	for {
		j.mu.Lock()
		lines, news := slices.Clone(j.lines), j.news
		j.mu.Unlock()
		if slices.Equal(lines, want) {
			return
		}
		if len(lines) >= len(want) || !slices.Equal(lines, want[:len(lines)]) {
			t.Fatalf("journal: %v, want %v", lines, want)
		}
		select {
		case <-news:
		case <-deadline:
			t.Fatalf("journal: still %v, want %v", lines, want)
		}
	}
}

// reason returns why the last unhealthy verdict was given.
func (j *journal) reason() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range slices.Backward(j.events) {
		if h, ok := e.Data.(record.Health); ok && !h.Healthy {
			return h.Reason
		}
	}
	return ""
}

// play runs a poll loop over a sequence of outcomes (+ good, - failed) and
// returns the journal, with the number of each check before what it caused.
func play(t *testing.T, checks string, before func(n int, j *journal)) string {
	t.Helper()
	j := newJournal()
	s := &Service{
		config: Config{Name: "dns", Health: Health{Interval: time.Millisecond, Timeout: time.Minute, Fall: 2, Rise: 3}},
		node:   &lab.Node{Node: topologies.Node{Name: "a"}},
		sink:   j,
		route:  route{announcer: j, prefixes: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}},
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	polled(func(ctx context.Context, _ *Service) error {
		if n == len(checks) {
			cancel()
			<-ctx.Done() // as an interrupted check would
			return ctx.Err()
		}
		n++
		before(n, j)
		j.mu.Lock()
		j.write(fmt.Sprint(n))
		j.mu.Unlock()
		if checks[n-1] == '-' {
			return errors.New("no answer")
		}
		return nil
	})(ctx, s)
	return strings.Join(j.lines, " ")
}

func TestPolled(t *testing.T) {
	tests := []struct{ name, checks, want string }{
		{"first success announces", "+", "1 healthy announce"},
		{"fall failures withdraw", "+--", "1 healthy announce 2 3 unhealthy withdraw"},
		{"rise successes announce", "+--+++", "1 healthy announce 2 3 unhealthy withdraw 4 5 6 healthy announce"},
		{"one failure is forgiven", "+-+-+", "1 healthy announce 2 3 4 5"},
		{"sick from the start withdraws nothing", "--+", "1 2 unhealthy 3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := play(t, tt.checks, func(int, *journal) {}); got != tt.want {
				t.Errorf("%s:\n got %s\nwant %s", tt.checks, got, tt.want)
			}
		})
	}
}

func TestPolledSurvivesTheSpeaker(t *testing.T) {
	got := play(t, "+++--++", func(n int, j *journal) {
		switch n {
		case 1:
			j.fail(errors.New("no speaker"))
		case 3:
			j.fail(nil)
		}
	})
	want := "1 healthy announce announce-failed 2 announce announce-failed 3 announce 4 5 unhealthy withdraw 6 7"
	if got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}
