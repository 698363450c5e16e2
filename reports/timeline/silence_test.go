package timeline

import (
	"iter"
	"testing"
	"time"

	"anylab/lab/record"
)

// silenced is a record in which requests were cut off from one time to
// another, in milliseconds, before a trial without a fault. asked 0 cuts
// nothing.
func silenced(asked, from, to float64) *sim {
	s := newSim()
	d := record.Silence{Asked: time.Duration(asked * 1e6), Since: at(from - 30), Cut: at(from - 0.1), Dark: at(from + 0.1), Lift: at(to - 0.1), Clear: at(to + 0.1)}
	s.events = append(s.events, record.Event{At: at(to + 30), Kind: record.KindSilence, Node: "london", Data: d})
	s.answer = func(_ int, t float64) string {
		if asked > 0 && t >= from && t < to {
			return ""
		}
		return "a"
	}
	s.trial(2000, 0, 0, 4000, "")
	s.probe(0, 4010)
	return s
}

func (s *sim) read(t *testing.T) History {
	t.Helper()
	h, err := Read(Input{
		CPUs: 2, Events: seq(s.events), Groups: []record.ProbeGroup{s.group},
		Spans:      func(string) iter.Seq2[record.Span, error] { return singly(s.samples) },
		Experiment: func(map[string]string) record.Experiment { return s.x },
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestAKnownSilenceIsMeasuredLikeAnOutage(t *testing.T) {
	for _, c := range []struct{ asked, from, to float64 }{{5, 500.5, 505.7}, {20, 500.2, 520.9}, {1000, 500.5, 1501}, {0, 500, 500}} {
		h := silenced(c.asked, c.from, c.to).read(t)
		if len(h.Silences) != 1 || len(h.Trials) != 1 {
			t.Fatalf("%d silences and %d trials, want one each", len(h.Silences), len(h.Trials))
		}
		f, truth := h.Silences[0], time.Duration((c.to-c.from)*1e6)
		o := f.Broken.Outage
		if o.Low > truth || truth > o.High || (o.Value-truth).Abs() > ms {
			t.Errorf("%v ms: measured %v (%v to %v), in truth %v", c.asked, o.Value, o.Low, o.High, truth)
		}
		if low, high := f.Silence.Bounds(); low > truth || truth > high {
			t.Errorf("%v ms: the record says %v to %v, in truth %v", c.asked, low, high, truth)
		}
		if trial := h.Trials[0]; trial.Broken.Lost != 0 || trial.Before.Lost != 0 {
			t.Errorf("%v ms: the silence is held against the trial after it", c.asked)
		}
	}
}

// Requests of other clients, and those that TCP repeats, see something else.
func TestASilenceConcernsWhatItsClientLoses(t *testing.T) {
	for _, spoil := range []func(*sim){
		func(s *sim) { s.group.Client = "paris" },
		func(s *sim) { s.group.Kind = "http-stream" },
		func(s *sim) { s.group.Kind, s.group.Timeout = "http", 3*time.Second },
	} {
		s := silenced(20, 500, 520)
		spoil(s)
		if got := s.read(t).Silences[0].Broken.Groups; len(got) != 0 {
			t.Errorf("%+v was measured", got)
		}
	}
}

// A sender that loses its processor between its stamp and the wire: the
// request counts as sent before the cut, and was lost in it. The truth must be
// within the bounds nevertheless.
func TestBoundsAllowForARequestThatWasHeld(t *testing.T) {
	s := silenced(20, 500.5, 520.5)
	for i := range s.samples {
		p := &s.samples[i]
		switch p.Sent {
		case at(500): // stamped early, left in the dark
			p.Held, p.Node, p.Received = 700*time.Microsecond, "", 0
		case at(520): // stamped in the dark, left when the way was whole
			p.Held, p.Node, p.Received = 700*time.Microsecond, "a", at(520.9)
		}
	}
	f := s.read(t).Silences[0]
	o := f.Broken.Outage
	if f.Before.Lost != 0 {
		t.Errorf("%d requests that left in the dark count as lost before", f.Before.Lost)
	}
	if truth := 20 * ms; o.Low > truth || o.High < truth {
		t.Errorf("%v to %v, in truth %v", o.Low, o.High, truth)
	}
	if o.Value != 20*ms || o.Low != 18300*time.Microsecond || o.High != 21700*time.Microsecond {
		t.Errorf("%v (%v to %v): being held must widen the bounds", o.Value, o.Low, o.High)
	}
}
