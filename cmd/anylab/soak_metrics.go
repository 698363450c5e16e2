package main

import (
	"cmp"
	"encoding/json"
	"os"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"anylab/lab"
	"anylab/reports"
)

// besideSoak gives Prometheus what a soak has come to: it reads soak.json, which is written
// after every fault.
type besideSoak struct {
	mu  sync.Mutex
	dir string // of the soak; empty: it has not begun
}

// sandboxed calls inside in the sandbox, and serves the metrics beside it.
func (f *soakFlags) sandboxed(inside func() error) (refused, failed error) {
	if f.metrics == "" {
		return sandboxed(inside)
	}
	b := &besideSoak{}
	if lab.Outer() {
		if err := serveMetrics(f.metrics, b); err != nil {
			return nil, err
		}
	}
	return sandboxedBeside(func() error {
		f.line = lab.Beside()
		return inside()
	}, b.follow, nil)
}

// follow takes the soak's directory, and goes on until the line ends.
func (b *besideSoak) follow(line *os.File) {
	for in := json.NewDecoder(line); ; {
		var n note
		if in.Decode(&n) != nil {
			return
		}
		b.mu.Lock()
		b.dir = cmp.Or(n.Run, b.dir)
		b.mu.Unlock()
	}
}

// Describe says nothing: which series there are depends on the faults.
func (b *besideSoak) Describe(chan<- *prometheus.Desc) {}

// Collect gives what is known, which is nothing before the first fault was made.
func (b *besideSoak) Collect(out chan<- prometheus.Metric) {
	b.mu.Lock()
	dir := b.dir
	b.mu.Unlock()
	if s, err := reports.LoadSoak(dir); err == nil {
		s.Collect(out)
	}
}
