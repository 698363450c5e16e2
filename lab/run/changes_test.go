package run

import (
	"testing"
	"time"

	"anylab/lab/record"
)

// collected collects events.
type collected []record.Event

func (c *collected) Emit(e record.Event) { *c = append(*c, e) }

// A trial does not begin while something changes, be it that two speakers have yet
// to agree on one connection.
func TestChangesDelayATrial(t *testing.T) {
	start := record.Time(10 * time.Second)
	for what, c := range map[string]struct {
		event   record.Event
		changes bool
	}{
		"an UPDATE":    {record.Event{Kind: record.KindBGP, Data: record.BGP{Type: record.BGPUpdate}}, true},
		"an OPEN":      {record.Event{Kind: record.KindBGP, Data: record.BGP{Type: record.BGPOpen}}, true},
		"a reset":      {record.Event{Kind: record.KindBGP, Data: record.BGP{Type: record.BGPRst}}, true},
		"a KEEPALIVE":  {record.Event{Kind: record.KindBGP, Data: record.BGP{Type: record.BGPKeepalive}}, false},
		"BFD":          {record.Event{Kind: record.KindBFD, Data: record.BFD{State: "up"}}, true},
		"a route":      {record.Event{Kind: record.KindRoute, Data: record.Route{}}, true},
		"a verdict":    {record.Event{Kind: record.KindHealth, Data: record.Health{}}, true},
		"a clock tick": {record.Event{Kind: record.KindClock, Data: record.Clock{}}, false},
	} {
		var out collected
		seen := &changes{Sink: &out}
		if !seen.over(start, undisturbed) {
			t.Error("nothing has ever changed, and it isn't over")
		}
		c.event.At = start
		seen.Emit(c.event)
		if over := seen.over(start.Add(undisturbed-1), undisturbed); over == c.changes {
			t.Errorf("%s: over before its time: %v", what, over)
		}
		if !seen.over(start.Add(undisturbed), undisturbed) {
			t.Errorf("%s: not over in time", what)
		}
		if len(out) != 1 {
			t.Errorf("%s: %d events were passed on, want it", what, len(out))
		}
	}
}
