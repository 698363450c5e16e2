package main

import (
	"io"
	"os"
	"runtime"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"anylab/lab/hand"
	"anylab/reports"
)

// labMetrics is what Prometheus is given of a lab by hand, out of what a watcher is
// told: by the process outside of the sandbox.
type labMetrics struct {
	mu sync.Mutex // of seen, which is scraped at any time
	*sight
}

// Describe says nothing: which series there are depends on the lab.
func (*labMetrics) Describe(chan<- *prometheus.Desc) {}

// Collect gives what is known of the lab.
func (m *labMetrics) Collect(out chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	reports.Collector{Scenario: m.lab.Of, Meter: m.meter}.Collect(out)
}

// watch watches the lab of that name until it has ended, and so has the line to it.
// What happens in the lab has the processors first.
func (m *labMetrics) watch(name string) func(line *os.File) {
	return func(line *os.File) {
		runtime.LockOSThread() // which is not unlocked: it ends with this goroutine
		standBack()
		over := make(chan struct{})
		go func() {
			_, _ = io.Copy(io.Discard, line)
			close(over)
		}()
		if told(over, name, "settled", nil, func(hand.Progress) {}) {
			told(over, name, "watch", hand.Watch{Rate: watchedRate}, func(s hand.Seen) {
				m.mu.Lock()
				defer m.mu.Unlock()
				m.take(s)
				m.said = nil // nobody reads it
			})
		}
	}
}

// told asks a lab for something and takes the pieces of its answer, until over. It
// returns whether it came to its end.
func told[T any](over <-chan struct{}, lab, do string, with any, take func(T)) bool {
	l, err := hand.Call(lab, do, with)
	if err != nil {
		return false
	}
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-over:
		case <-done:
		}
		l.Close()
	}()
	for {
		var piece T
		more, err := l.Next(&piece)
		if err != nil || !more {
			return err == nil
		}
		take(piece)
	}
}
