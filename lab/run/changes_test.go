package run

import (
	"net/netip"
	"slices"
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
		"a takeover":   {record.Event{Kind: record.KindAddress, Data: record.Address{}}, true},
		"VRRP":         {record.Event{Kind: record.KindVRRP, Data: record.Advertisement{}}, true},
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

// What a node announces is asked of what was on the wire since a moment.
func TestOffered(t *testing.T) {
	var out collected
	seen := &changes{Sink: &out}
	offer := record.BGP{From: "a", To: "upstream", Type: record.BGPUpdate, Announce: []netip.Prefix{netip.MustParsePrefix("192.0.2.100/32")}, Communities: []string{"65535:0"}}
	seen.Emit(record.Event{At: 5, Kind: record.KindBGP, Data: offer})
	seen.Emit(record.Event{At: 6, Kind: record.KindBGP, Data: record.BGP{From: "a", To: "upstream", Type: record.BGPUpdate, Withdraw: offer.Announce}})
	if m, ok := seen.offered("a", 5); !ok || !slices.Equal(m.Communities, offer.Communities) {
		t.Errorf("offered %+v, %v", m, ok)
	}
	if _, ok := seen.offered("a", 6); ok {
		t.Error("a withdrawal is taken for an announcement")
	}
	if _, ok := seen.offered("upstream", 0); ok {
		t.Error("what a told upstream is taken for upstream's own")
	}
}

// A session that is refused again and again for the same reason is no change any more,
// until there is one.
func TestRefusedAgain(t *testing.T) {
	var out collected
	seen := &changes{Sink: &out}
	at := record.Time(0)
	counts := func(m record.BGP) bool {
		at++
		m.From, m.To, m.Out = "a", "upstream", true
		seen.Emit(record.Event{At: at, Kind: record.KindBGP, Data: m})
		return seen.last.At == at
	}
	wrongAS := record.BGP{Type: record.BGPNotification, Code: 2, Subcode: 2}
	collision := record.BGP{Type: record.BGPNotification, Code: 6, Subcode: 7}
	for i, c := range []struct {
		m    record.BGP
		want bool
	}{
		{wrongAS, true}, {record.BGP{Type: record.BGPOpen}, true}, {wrongAS, true}, {wrongAS, false}, {record.BGP{Type: record.BGPOpen}, false},
		{record.BGP{Type: record.BGPUpdate}, true}, {wrongAS, true},
		{collision, true}, {collision, true}, {collision, true}, {collision, true},
	} {
		if got := counts(c.m); got != c.want {
			t.Errorf("message %d, %v: a change %v, want %v", i, c.m.Type, got, c.want)
		}
	}
}

// What both ends of a link see is one refusal, and one that ends a session that was up,
// as BFD's does, is none: that it comes up again is a change.
func TestEndedAgain(t *testing.T) {
	var out collected
	seen := &changes{Sink: &out}
	at := record.Time(0)
	emit := func(from, to string, m record.BGP) {
		at++
		m.From, m.To = from, to
		for _, m.Out = range []bool{true, false} {
			seen.Emit(record.Event{At: at, Kind: record.KindBGP, Data: m})
		}
	}
	bfdDown := record.BGP{Type: record.BGPNotification, Code: 6, Subcode: 9}
	for range 2 * refusals {
		for _, family := range []record.Family{record.IPv4, record.IPv6} {
			for _, kind := range []record.BGPType{record.BGPOpen, record.BGPKeepalive} {
				emit("a", "upstream", record.BGP{Type: kind, Family: family})
				emit("upstream", "a", record.BGP{Type: kind, Family: family})
			}
			bfdDown.Family = family
			emit("upstream", "a", bfdDown)
			if seen.last.At != at {
				t.Fatal("a session that goes down is taken for one that never comes up")
			}
		}
	}
	for range refusals - 1 {
		emit("upstream", "a", bfdDown)
	}
	if seen.last.At != at {
		t.Errorf("%d refusals are taken for %d", refusals-1, refusals)
	}
	emit("upstream", "a", bfdDown)
	emit("a", "upstream", record.BGP{Type: record.BGPOpen, Family: record.IPv6})
	if seen.last.At == at {
		t.Error("a session that is refused again and again is a change")
	}
}
