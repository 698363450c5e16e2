package reports

import (
	"fmt"
	"time"

	"anylab/reports/page"
	"anylab/reports/stats"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// TCP is what long-lived connections saw after one change.
type TCP struct {
	Sessions int `json:"sessions"` // that were up before it
	Survived int `json:"survived"`
	Reset    int `json:"reset"`     // by RST
	Closed   int `json:"closed"`    // by FIN
	TimedOut int `json:"timed_out"` // given up by the application
	// AppWait is how long applications waited for an answer, of every connection
	// the longest: from the first request without one to the next answer. It is
	// null where answers did not come.
	AppWait struct {
		Median Number `json:"median"`
		Max    Number `json:"max"`
	} `json:"app_wait_ms"`
}

func newTCP(s *timeline.Streams) *TCP {
	if s == nil {
		return nil
	}
	t := &TCP{Sessions: s.Sessions, Survived: s.Survived, Reset: s.Reset, Closed: s.Closed, TimedOut: s.TimedOut}
	values, censored := waits(s)
	sum := stats.Summarise(values, censored)
	t.AppWait.Median, t.AppWait.Max = Number(sum.Median), Number(sum.Max)
	return t
}

// waits returns the waits that ended, in milliseconds, and how many did not.
func waits(s *timeline.Streams) (values []float64, censored int) {
	for _, w := range s.Waits {
		if w.Open {
			censored++
		} else {
			values = append(values, millis(w.Time))
		}
	}
	return values, censored
}

// streams returns the metric that counts connections.
func streams(count func(timeline.Streams) int) func(*timeline.Failover) (bounded, bool) {
	return func(f *timeline.Failover) (bounded, bool) {
		if f.Broken.Streams == nil {
			return bounded{}, false
		}
		return exactly(float64(count(*f.Broken.Streams))), true
	}
}

// appWait is the longest wait of all connections.
func appWait(f *timeline.Failover) (bounded, bool) {
	if f.Broken.Streams == nil || len(f.Broken.Streams.Waits) == 0 {
		return bounded{}, false
	}
	var longest time.Duration
	open := false
	for _, w := range f.Broken.Streams.Waits {
		longest, open = max(longest, w.Time), open || w.Open
	}
	if open {
		return endless(longest), true
	}
	return exactly(millis(longest)), true
}

func movedNeedlessly(f *timeline.Failover) (bounded, bool) {
	if f.Broken.Needless == nil {
		return bounded{}, false
	}
	return exactly(float64(*f.Broken.Needless)), true
}

// quantised is what must be known to read an application's wait.
const quantised = "What an application waits is quantised by TCP's retransmission timer (0.2, 0.6, 1.4, 3.0 s after the first loss): a connection learns that its node has gone when it next sends."

// connections are the metrics that are shown of long-lived connections.
var connections = []struct{ metric, name string }{
	{"tcp_sessions", "connections"}, {"tcp_survived", "survived"}, {"tcp_reset", "reset"},
	{"tcp_closed", "closed"}, {"tcp_timeout", "timed out"}, {"app_wait", "longest wait"},
}

// streams has what the cell's flows and connections saw.
func (p cellReport) streams() page.Section {
	s := page.Section{Head: []string{"long-lived TCP connections", "median", "p95", "max"}}
	if m, ok := p.summary["moved_needlessly"]; ok && m.Max > 0 {
		s.Text = append(s.Text, fmt.Sprintf("Flows that moved though their node had not failed: median %s, at most %s.",
			words.Amount(float64(m.Median), m.Unit), words.Amount(float64(m.Max), m.Unit)))
	}
	for _, c := range connections {
		if m, ok := p.summary[c.metric]; ok {
			show := func(n Number) string { return words.Amount(float64(n), m.Unit) }
			s.Rows = append(s.Rows, append(page.Texts(c.name), page.Numbers(show(m.Median), show(m.P95), show(m.Max))...))
		}
	}
	if len(s.Rows) > 0 {
		s.Notes = []string{quantised}
	}
	return s
}
