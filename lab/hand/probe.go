package hand

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"anylab/lab/probe"
	"anylab/lab/record"
	"anylab/lab/run"
)

// Question is who answers a client.
type Question struct {
	Client  string  `json:"client"`
	Service string  `json:"service"` // empty: the first one
	Rate    float64 `json:"rate"`
}

// leastRate is one request in 100 s: nobody waits for longer.
const leastRate = 0.01

// Check says what of a question nobody can ask.
func (q Question) Check() error {
	if !(q.Rate >= leastRate && q.Rate <= probe.MaxRate) { // also what is no number
		return fmt.Errorf("%v requests a second can't be asked: it must be %v to %d", q.Rate, leastRate, probe.MaxRate)
	}
	return nil
}

// Heard is what has been heard of one address: a change, and at the end the sum.
type Heard struct {
	Address string        `json:"address"`
	After   time.Duration `json:"after_ns"` // the begin
	By      []string      `json:"by"`       // who answers; nobody
	Gap     time.Duration `json:"gap_ns"`   // for which there was no answer just before
	Sum     *Sum          `json:"sum,omitempty"`
}

// Sum is all that was heard of an address.
type Sum struct {
	Asked   int            `json:"asked"` // requests whose fate is known
	Lost    int            `json:"lost"`
	By      map[string]int `json:"by"` // node -> answers
	Longest time.Duration  `json:"longest_ns"`
}

// probe asks until the caller hangs up, or has said that it is enough.
func (in *inside) probe(ctx context.Context, c *call) error {
	var q Question
	if err := json.Unmarshal(c.with, &q); err != nil {
		return err
	}
	asks, err := in.question(q)
	if err != nil {
		return err
	}
	asking, stop := context.WithCancel(ctx)
	defer stop()
	go func() { // ends with the connection
		select {
		case <-c.more:
			stop()
		case <-ctx.Done():
		}
	}()
	var ears []*ear
	var all sync.WaitGroup
	errs := make([]error, len(asks))
	for i, a := range asks {
		e := newEar(a, func(h Heard) { _ = c.say(h) }) // he may have gone
		ears = append(ears, e)
		all.Go(func() { errs[i] = in.ask(asking, a, e) })
	}
	all.Wait()
	for _, e := range ears {
		if err := c.say(e.total()); err != nil {
			return err
		}
	}
	return errors.Join(errs...)
}

// question finds how the question is asked.
func (in *inside) question(q Question) ([]run.Ask, error) {
	if n, err := in.node(q.Client); err != nil {
		return nil, err
	} else if !slices.Contains(in.Scenario.Topology.Of(n.Role), q.Client) || n.Daemon != "" {
		return nil, fmt.Errorf("%s is no client: %s", q.Client, strings.Join(in.Scenario.Topology.Of("client"), ", "))
	}
	services := names(in.Scenario.Services, serviceName)
	if q.Service == "" && len(services) > 0 {
		q.Service = services[0]
	}
	if !slices.Contains(services, q.Service) {
		return nil, fmt.Errorf("no service %q: the lab has %s", q.Service, strings.Join(services, ", "))
	}
	asks, err := in.Asks(q.Client, q.Service)
	for i := range asks {
		asks[i].Config.Rate, asks[i].Config.Flows = q.Rate, 1
	}
	return asks, err
}

// ask asks until ctx ends, and tells at once when nobody answers.
func (in *inside) ask(ctx context.Context, a run.Ask, e *ear) error {
	var listening sync.WaitGroup
	defer listening.Wait()
	return in.sampled(ctx, a, e, func() { listening.Go(func() { e.listen(ctx) }) })
}

// sampled asks until ctx ends, and calls armed once it begins to.
func (in *inside) sampled(ctx context.Context, a run.Ask, out probe.Recorder, armed func()) error {
	n, err := in.node(a.Client)
	if err != nil {
		return err
	}
	p, err := probe.New(a.Config)
	if err != nil {
		return err
	}
	wait, err := p.Start(ctx, n, out)
	if err != nil {
		return err
	}
	armed()
	return wait()
}

// ear hears answers and tells of changes. Answers that are lost are known late; that
// none comes is seen at once.
type ear struct {
	address string
	silence time.Duration // after which nobody answers
	tell    func(Heard)

	mu    sync.Mutex
	began record.Time
	by    []string               // who answers now; nil: nothing was heard yet
	last  record.Time            // when the newest request that was answered was sent
	heard record.Time            // when an answer came last
	nodes map[string]record.Time // when each answered last
	sum   Sum
}

// turns is how soon a node that answers again has taken turns with another one.
const turns = time.Second

func newEar(a run.Ask, tell func(Heard)) *ear {
	interval := time.Duration(float64(time.Second) / a.Config.Rate)
	return &ear{address: a.Config.Target.Addr().String(), silence: 4*interval + 50*time.Millisecond, tell: tell, began: record.Now(),
		nodes: map[string]record.Time{}, sum: Sum{By: map[string]int{}}}
}

// Write implements probe.Recorder.
func (e *ear) Write(s record.Sample) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sum.Asked++
	if s.Lost() {
		e.sum.Lost++
		return
	}
	node := s.Node
	if node == "" {
		node = "?"
	}
	e.sum.By[node]++
	var gap time.Duration
	if e.last != 0 && s.Sent > e.last {
		gap = s.Sent.Sub(e.last)
		e.sum.Longest = max(e.sum.Longest, gap)
	}
	e.silence = max(e.silence, 3*s.Received.Sub(s.Sent))
	e.last, e.heard = max(e.last, s.Sent), record.Now()
	by := []string{node}
	if before, ok := e.nodes[node]; ok && !slices.Equal(e.by, by) && s.Sent.Sub(before) < turns {
		by = nil
		for other, at := range e.nodes {
			if s.Sent.Sub(at) < turns || other == node {
				by = append(by, other)
			}
		}
		slices.Sort(by)
	}
	e.nodes[node] = s.Sent
	e.change(by, gap, s.Sent)
}

// Emit implements probe.Recorder: a measurement's doubts are none of a look's.
func (e *ear) Emit(record.Event) {}

// change needs e.mu.
func (e *ear) change(by []string, gap time.Duration, at record.Time) {
	if e.by != nil && slices.Equal(by, e.by) {
		return
	}
	if len(e.by) > 0 && len(by) > 0 && gap < e.silence/2 {
		gap = 0 // between any two requests
	}
	e.by = by
	e.tell(Heard{Address: e.address, After: at.Sub(e.began), By: by, Gap: gap})
}

// listen tells when nobody answers, until ctx ends.
func (e *ear) listen(ctx context.Context) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	since := record.Now()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		e.mu.Lock()
		if now := record.Now(); now.Sub(max(e.heard, since)) > e.silence {
			e.change([]string{}, 0, max(e.last, e.began))
		}
		e.mu.Unlock()
	}
}

func (e *ear) total() Heard {
	e.mu.Lock()
	defer e.mu.Unlock()
	return Heard{Address: e.address, After: record.Now().Sub(e.began), By: e.by, Sum: &e.sum}
}
