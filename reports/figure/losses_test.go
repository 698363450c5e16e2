package figure

import (
	"testing"
	"time"

	"anylab/reports/timeline"
)

// TestLosses: what is lost among answered requests is drawn, and an outage is not.
func TestLosses(t *testing.T) {
	trial := func(lost time.Duration) Trial {
		group := timeline.Group{Name: "london-dns", Together: true, Lost: 100, LossDerived: lost, Outage: timeline.Interval{Value: time.Second}}
		episode := timeline.Episode{Sent: 400, Lost: 100, Groups: []timeline.Group{group}}
		f := timeline.Failover{Broken: episode}
		f.Clients = []timeline.Client{{Name: "london", Failover: timeline.Failover{Broken: episode, RoundTrip: timeline.RoundTrips{After: 229 * time.Millisecond}}}}
		return Trial{Failover: f}
	}
	if p := losses(Input{Trials: []Trial{trial(time.Second)}}); p != nil {
		t.Error("an outage is drawn as what is lost in pieces")
	}
	in := Input{Trials: []Trial{trial(250 * time.Millisecond)}}
	if losses(in) == nil {
		t.Fatal("nothing is drawn where a quarter is lost")
	}
	_, _, of := in.lostBy()
	if got, want := of[0]["london"], (bar{25, "100 of 400 (229.0 ms)"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestConnections: ends are counted over the whole trial, of cells that have any.
func TestConnections(t *testing.T) {
	trial := func(label string, broken, mended int) Trial {
		return Trial{Failover: timeline.Failover{Cell: map[string]string{"label": label},
			Broken: timeline.Episode{Streams: &timeline.Streams{Sessions: 8, Ends: broken}},
			Mended: timeline.Episode{Streams: &timeline.Streams{Ends: mended}}}}
	}
	if connections(Input{Trials: []Trial{trial("one", 8, 8)}}) != nil {
		t.Error("one cell is compared with nothing")
	}
	if connections(Input{Trials: []Trial{trial("one", 0, 0), trial("two", 0, 0)}}) != nil {
		t.Error("nothing ended, and it is drawn")
	}
	if connections(Input{Trials: []Trial{trial("one", 56, 8), trial("two", 0, 8)}}) == nil {
		t.Error("nothing is drawn")
	}
}
