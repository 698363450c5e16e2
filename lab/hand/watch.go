package hand

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"anylab/lab/probe"
	"anylab/lab/record"
	"anylab/lab/run"
	"anylab/scenarios"
)

// Watch is what a watcher wants.
type Watch struct {
	Rate    float64 `json:"rate"`    // requests a second, of each client to each address
	Changes bool    `json:"changes"` // who answers is told when it changes, in place of the answers
}

// Seen is what has happened in a lab since the piece before.
type Seen struct {
	Lab     *Lab             `json:"lab,omitempty"` // first, and where it has changed
	Network *record.Topology `json:"network,omitempty"`
	Events  []record.Event   `json:"events,omitempty"`
	Asked   []Asked          `json:"asked,omitempty"`
	Heard   []Answering      `json:"heard,omitempty"`
	Missed  int              `json:"missed,omitempty"` // events and answers that the watcher was too slow for
}

// Asked is what came of requests.
type Asked struct {
	Group   record.ProbeGroup `json:"group"`
	Samples []record.Sample   `json:"samples"`
}

// Answering is a change of who answers a client.
type Answering struct {
	Client  string `json:"client"`
	Service string `json:"service"`
	Heard   Heard  `json:"heard"`
}

// tellEvery is how often a watcher is told, and mostUntold how much is kept for one who
// does not read.
const (
	tellEvery  = 100 * time.Millisecond
	mostUntold = 20_000
)

// watch tells what happens until the caller hangs up.
func (in *inside) watch(ctx context.Context, c *call) error {
	var what Watch
	if err := json.Unmarshal(c.with, &what); err != nil {
		return err
	}
	w := &watcher{samples: map[string]*Asked{}}
	defer in.host.history.watch(w)()
	ctx, end := context.WithCancel(ctx)
	var asking sync.WaitGroup
	defer asking.Wait()
	defer end()
	asks, _ := in.Asks("", "") // those that can be asked
	for _, a := range asks {
		a.Config.Rate, a.Config.Flows = what.Rate, watchedFlows
		a.Config.Timeout = min(a.Config.Timeout, time.Second)
		asking.Go(func() { // a client that can't ask is shown without answers
			if what.Changes {
				_ = in.ask(ctx, a, newEar(a, func(h Heard) { w.change(Answering{a.Client, a.Service, h}) }))
				return
			}
			_ = in.sampled(ctx, a, w.ear(a), func() {})
		})
	}
	return in.tell(ctx, c, w)
}

// watchedFlows is from how many ports each client asks.
const watchedFlows = 4

func (in *inside) tell(ctx context.Context, c *call, w *watcher) error {
	topology := scenarios.Network(in.Scenario.Topology)
	about := in.host.now()
	first := w.take()
	first.Lab, first.Network = &about, &topology
	for next := first; ; next = w.take() {
		if now := in.host.now(); now.State != about.State {
			about = now
			next.Lab = &about
		}
		if err := c.say(next); err != nil {
			return nil //nolint:nilerr // he has gone
		}
		select {
		case <-time.After(tellEvery):
		case <-ctx.Done():
			return nil
		}
	}
}

// watcher keeps what it is yet to be told.
type watcher struct {
	mu      sync.Mutex
	events  []record.Event
	heard   []Answering
	samples map[string]*Asked
	kept    int
	missed  int
}

func (w *watcher) event(e record.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.room() {
		w.events = append(w.events, e)
	}
}

func (w *watcher) change(a Answering) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.room() {
		w.heard = append(w.heard, a)
	}
}

// room needs w.mu.
func (w *watcher) room() bool {
	if w.kept >= mostUntold {
		w.missed++
		return false
	}
	w.kept++
	return true
}

// take returns what has come.
func (w *watcher) take() Seen {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := Seen{Events: w.events, Heard: w.heard, Missed: w.missed}
	for _, a := range w.samples {
		if len(a.Samples) > 0 {
			s.Asked = append(s.Asked, *a)
			a.Samples = nil
		}
	}
	w.events, w.heard, w.kept, w.missed = nil, nil, 0, 0
	return s
}

// listener hears one client's answers for a watcher.
type listener struct {
	*watcher
	asked *Asked
}

func (w *watcher) ear(a run.Ask) listener {
	g := record.ProbeGroup{Name: a.Config.Name, Client: a.Client, Service: a.Service, Kind: a.Config.Kind,
		Target: a.Config.Target.String(), Rate: a.Config.Rate, Flows: a.Config.Flows, Timeout: a.Config.Timeout}
	l := listener{w, &Asked{Group: g}}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.samples[g.Client+" "+g.Service+" "+g.Target] = l.asked
	return l
}

// Write implements probe.Recorder.
func (l listener) Write(s record.Sample) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.room() {
		l.asked.Samples = append(l.asked.Samples, s)
	}
}

// Emit implements probe.Recorder: a measurement's doubts are none of a watcher's.
func (listener) Emit(record.Event) {}

var _ probe.Recorder = listener{}

// network tells the topology, as a record states it.
func (in *inside) network(_ context.Context, c *call) error {
	return c.say(scenarios.Network(in.Scenario.Topology))
}
