package timeline

import (
	"iter"
	"slices"
	"testing"
	"time"

	"anylab/lab/record"

	"github.com/google/go-cmp/cmp"
)

// streaming is a sim whose datagrams are cut off for 20 ms after the fault at
// 1000, and whose long-lived connections are what a test makes of them.
func streaming(t *testing.T, answer func(flow int, t float64) string) *sim {
	t.Helper()
	s := newSim()
	crash(s, 20)
	s.group = record.ProbeGroup{Name: "london-tcp", Client: "london", Service: "tcp", Kind: "tcp-stream", Rate: 100, Flows: 4, Timeout: time.Second}
	s.answer = answer
	return s
}

// buildWith adds the datagram probe of crash.
func (s *sim) buildWith(t *testing.T) []Failover {
	t.Helper()
	plain := newSim()
	crash(plain, 20)
	plain.probe(0.5, 6000)
	list, err := Build(Input{
		Events: seq(s.events),
		Groups: []record.ProbeGroup{plain.group, s.group},
		Spans: func(group string) iter.Seq2[record.Span, error] {
			if group == s.group.Name {
				return singly(s.samples)
			}
			return singly(plain.samples)
		},
		Experiment: func(map[string]string) record.Experiment { return s.x },
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (s *sim) stream(t float64, flow int, event record.StreamEvent) {
	s.events = append(s.events, record.Event{At: at(t), Kind: record.KindStream, Node: "london",
		Data: record.Stream{Group: s.group.Name, Flow: flow, Event: event}})
}

func TestStreams(t *testing.T) {
	s := streaming(t, func(flow int, t float64) string {
		if until := []float64{1000, 1300, 1010, 1900}[flow]; t >= 1000 && t < until {
			return ""
		}
		return "a"
	})
	for flow := range 4 {
		s.stream(5, flow, record.StreamConnected)
	}
	s.stream(1290, 1, record.StreamReset)
	s.stream(1291, 1, record.StreamConnected)
	s.stream(1400, 1, record.StreamTimeout) // the new connection is not one that was up before
	s.stream(1001, 2, record.StreamClosed)
	s.stream(1900, 3, record.StreamTimeout)
	s.probe(0.5, 6000)
	e := s.buildWith(t)[0].Broken
	if got, want := e.Outage.Value, 20*ms; got != want {
		t.Errorf("outage %v, want the datagrams' %v", got, want)
	}
	if got := len(e.Groups); got != 1 {
		t.Errorf("routing is judged by %d groups, want the datagrams'", got)
	}
	got := *e.Streams
	waits := got.Waits
	got.Waits = nil
	if diff := cmp.Diff(Streams{Sessions: 4, Survived: 1, Reset: 1, Closed: 1, TimedOut: 1, Ends: 4}, got); diff != "" {
		t.Errorf("streams (-want +got):\n%s", diff)
	}
	// A flow sends every 40 ms: its first unanswered request is up to that much
	// later than the fault, its first answer up to that much later than the end.
	for flow, lost := range []time.Duration{0, 300 * ms, 10 * ms, 900 * ms} {
		if w := waits[flow].Time; waits[flow].Open || w < lost-40*ms || w > lost+41*ms {
			t.Errorf("flow %d waited %v for an answer, after %v without service", flow, w, lost)
		}
	}
}

// A connection that ended before the fault is none of its sessions, and an
// answer that comes late, over a connection that survives, was waited for.
func TestStreamsThatEndedBefore(t *testing.T) {
	s := streaming(t, func(int, float64) string { return "a" })
	s.stream(5, 0, record.StreamConnected)
	s.stream(6, 1, record.StreamConnected)
	s.stream(500, 1, record.StreamReset)
	s.probe(0.5, 6000)
	for i, p := range s.samples {
		if p.Flow == 0 && p.Sent > at(1001) && p.Sent < at(1200) {
			s.samples[i].Received = at(1201)
		}
	}
	e := s.buildWith(t)[0].Broken
	if e.Streams.Sessions != 1 || e.Streams.Survived != 1 {
		t.Errorf("streams %+v, want one, which survived", *e.Streams)
	}
	if w := e.Streams.Waits[0].Time; w < 160*ms || w > 201*ms {
		t.Errorf("waited %v for a retransmission, want 160 to 200 ms", w)
	}
}

func TestStreamsThatGetNoAnswer(t *testing.T) {
	s := streaming(t, func(_ int, t float64) string {
		if t >= 1500 && t < 4000 {
			return ""
		}
		return "a"
	})
	s.probe(0.5, 6000)
	for flow, w := range s.buildWith(t)[0].Broken.Streams.Waits {
		if !w.Open || w.Time < 2400*ms {
			t.Errorf("flow %d: %+v, want that it waits still", flow, w)
		}
	}
}

// Without other probes the connections are all there is to judge by.
func TestStreamsAlone(t *testing.T) {
	s := streaming(t, func(_ int, t float64) string {
		if t >= 1000 && t < 1300 {
			return ""
		}
		return "a"
	})
	s.probe(0.5, 6000)
	e := s.build(t)[0].Broken
	if e.Outage.Value < 250*ms || len(e.Groups) != 1 || e.Streams == nil {
		t.Errorf("outage %v of %d groups, want about 300 ms of one", e.Outage.Value, len(e.Groups))
	}
}

func TestNoStreams(t *testing.T) {
	s := newSim()
	crash(s, 20)
	s.probe(0.5, 6000)
	if got := s.build(t)[0].Broken.Streams; got != nil {
		t.Errorf("streams %+v of a datagram probe", *got)
	}
}

// Of flows over three nodes that of a must move; one of b's does as well.
func TestNeedlessMoves(t *testing.T) {
	moving := func(moves map[int]string) func(int, float64) string {
		return func(flow int, t float64) string {
			if to := moves[flow%6]; to != "" && t >= 1000 && t < 4000 {
				return to
			}
			return []string{"a", "a", "b", "b", "c", "c"}[flow%6]
		}
	}
	for name, test := range map[string]struct {
		moves map[int]string
		on    []string
		want  int // -1: not known
	}{
		"own flows only":       {map[int]string{0: "b", 1: "c"}, []string{"a"}, 0},
		"others too":           {map[int]string{0: "b", 1: "b", 3: "c"}, []string{"a"}, 1},
		"link":                 {map[int]string{0: "b", 1: "b", 2: "c", 3: "c"}, []string{"upstream", "a"}, 2},
		"drawn to the place":   {map[int]string{4: "a", 3: "c"}, []string{"a"}, 1},
		"a router's own fault": {map[int]string{4: "a", 3: "c"}, []string{"upstream"}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSim()
			s.group.Flows = 6
			s.x.Topology.Nodes[0].Multipath = true
			s.trial(10, 1000, 4000, 5900, "link-down", test.on...)
			s.answer = moving(test.moves)
			s.probe(0.5, 6000)
			got := -1
			if n := s.build(t)[0].Broken.Needless; n != nil {
				got = *n
			}
			if got != test.want {
				t.Errorf("%d needless moves, want %d", got, test.want)
			}
		})
	}
}

// With two faults the nodes of both had to be left.
func TestNeedlessMovesOfTwoFaults(t *testing.T) {
	s := newSim()
	s.group.Flows = 3
	s.trial(10, 1000, 4000, 5900, "link-down", "a")
	for _, e := range slices.Clone(s.events) {
		if d, ok := e.Data.(record.Fault); ok {
			d.ID, d.On = 1, []string{"b"}
			s.events = append(s.events, record.Event{At: e.At, Kind: e.Kind, Data: d})
		}
	}
	s.answer = func(flow int, t float64) string {
		if t >= 1000 && t < 4000 {
			return "c"
		}
		return []string{"a", "b", "c"}[flow]
	}
	s.probe(0.5, 6000)
	if n := s.build(t)[0].Broken.Needless; n == nil || *n != 0 {
		t.Errorf("needless moves %v, want 0", n)
	}
}
