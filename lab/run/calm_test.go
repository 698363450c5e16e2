package run

import (
	"testing"
	"time"

	"anylab/lab/record"
)

// collected collects events.
type collected []record.Event

func (c *collected) Emit(e record.Event) { *c = append(*c, e) }

// A trial does not begin while routers still tell each other something.
func TestUpdatesDelayATrial(t *testing.T) {
	var out collected
	u := &updates{Sink: &out}
	start := record.Time(10 * time.Second)
	if !u.over(start) {
		t.Error("nothing was ever told, and it isn't over")
	}
	u.Emit(record.Event{At: start, Kind: record.KindBGP, Data: record.BGP{Type: record.BGPUpdate}})
	u.Emit(record.Event{At: start.Add(2 * undisturbed), Kind: record.KindBGP, Data: record.BGP{Type: record.BGPKeepalive}})
	if u.over(start.Add(undisturbed - 1)) {
		t.Error("over before its time")
	}
	if !u.over(start.Add(undisturbed)) {
		t.Error("a KEEPALIVE counts like an UPDATE")
	}
	if len(out) != 2 {
		t.Errorf("%d events were passed on, want both", len(out))
	}
}
