package run

import (
	"slices"
	"testing"
	"time"

	"anylab/lab/record"
)

// said is a message, or a BFD packet, of s1 to tor1 and back, in milliseconds.
type said struct {
	ms   int
	from string
	kind record.BGPType
	bfd  string
	code uint8 // and subcode
	sub  uint8
}

func (s said) event() record.Event {
	to := map[string]string{"s1": "tor1", "tor1": "s1"}[s.from]
	at := record.Time(time.Hour).Add(time.Duration(s.ms) * time.Millisecond)
	if s.bfd != "" {
		return record.Event{At: at, Kind: record.KindBFD, Node: s.from, Data: record.BFD{Link: "l", From: s.from, To: to, Out: true, State: s.bfd}}
	}
	return record.Event{At: at, Kind: record.KindBGP, Node: s.from,
		Data: record.BGP{Link: "l", From: s.from, To: to, Out: true, Type: s.kind, Code: s.code, Subcode: s.sub}}
}

// A lab has not settled before the sessions that came up a short while ago have
// carried their first routes.
func TestFirstRoutesAreWaitedFor(t *testing.T) {
	up := []said{
		{0, "s1", record.BGPOpen, "", 0, 0}, {1, "tor1", record.BGPOpen, "", 0, 0},
		{2, "s1", record.BGPKeepalive, "", 0, 0}, {2, "tor1", record.BGPKeepalive, "", 0, 0},
	}
	routes := func(ms int, from string) said { return said{ms, from, record.BGPUpdate, "", 0, 0} }
	for name, c := range map[string]struct {
		said  []said
		still int // from when on, in ms
	}{
		"both have sent routes":              {append(slices.Clone(up), routes(10, "s1"), routes(20, "tor1")), 1020},
		"FRR keeps its first ones back":      {append(slices.Clone(up), routes(10, "tor1"), routes(1400, "s1")), 2400},
		"one has none, and doesn't say so":   {append(slices.Clone(up), routes(10, "s1")), 2502},
		"KEEPALIVEs don't prolong that":      {append(slices.Clone(up), routes(10, "s1"), said{2000, "tor1", record.BGPKeepalive, "", 0, 0}), 2502},
		"an OPEN that is refused":            {[]said{up[0], {5, "tor1", record.BGPNotification, "", 2, 2}}, 1005},
		"an OPEN that gets no answer":        {[]said{up[0], {5, "tor1", record.BGPRst, "", 0, 0}}, 1005},
		"a session that BFD ends":            {append(slices.Clone(up), said{100, "tor1", record.BGPNotification, "", 6, 9}), 1100},
		"one connection of two that collide": {append(slices.Clone(up), said{3, "s1", record.BGPOpen, "", 0, 0}, said{4, "tor1", record.BGPNotification, "", 6, 7}), 2503},
		"it came up again": {append(slices.Clone(up), routes(10, "s1"), routes(10, "tor1"), said{3000, "s1", record.BGPFin, "", 0, 0},
			said{4000, "s1", record.BGPOpen, "", 0, 0}, said{4000, "tor1", record.BGPOpen, "", 0, 0}, said{4001, "s1", record.BGPKeepalive, "", 0, 0},
			said{4001, "tor1", record.BGPKeepalive, "", 0, 0}, routes(4010, "tor1")), 6501},
		"BFD is up":           {[]said{{0, "s1", "", "down", 0, 0}, {10, "s1", "", "init", 0, 0}, {20, "s1", "", "up", 0, 0}}, 1020},
		"BFD comes up slowly": {[]said{{0, "s1", "", "down", 0, 0}, {1900, "s1", "", "up", 0, 0}}, 2900},
		"BFD has no far end":  {[]said{{0, "s1", "", "down", 0, 0}}, 2500},
		"BFD is switched off": {[]said{{0, "s1", "", "down", 0, 0}, {10, "s1", "", "admin-down", 0, 0}}, 1010},
	} {
		var out collected
		g := &gate{rig: &rig{changes: &changes{Sink: &out}}}
		last := record.Time(0)
		for _, s := range c.said {
			e := s.event()
			g.changes.Emit(e)
			last = e.At
		}
		from := last
		for !g.still(from) && from < last.Add(time.Minute) {
			from = from.Add(time.Millisecond)
		}
		if got := int(from.Sub(record.Time(time.Hour)) / time.Millisecond); got != c.still {
			t.Errorf("%s: settled after %d ms, want %d", name, got, c.still)
		}
	}
}

// Both ends of BFD are named where a trial can't begin, and who has sent no route.
func TestLackingIsNamed(t *testing.T) {
	var out collected
	seen := &changes{Sink: &out}
	for _, s := range []said{
		{0, "s1", record.BGPOpen, "", 0, 0}, {0, "tor1", record.BGPOpen, "", 0, 0}, {1, "s1", record.BGPKeepalive, "", 0, 0},
		{1, "tor1", record.BGPKeepalive, "", 0, 0}, {2, "tor1", record.BGPUpdate, "", 0, 0}, {3, "tor1", "", "down", 0, 0},
	} {
		seen.Emit(s.event())
	}
	want := []string{"BFD of tor1 to s1 is not up yet", "s1 has sent no route on its new session to tor1"}
	if got := seen.lacking(record.Time(time.Hour).Add(time.Second)); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Who is served elsewhere before the first trial has begun, and stays there, has been
// on the way there when home was noted; later, or where the scenario says who begins
// with whom, home stays what it is.
func TestAstray(t *testing.T) {
	for name, c := range map[string]struct {
		served  string
		tried   bool
		start   map[string][]string
		changed time.Duration // ago
		want    bool
	}{
		"at rest elsewhere":     {"b", false, nil, time.Minute, true},
		"at home":               {"a", false, nil, time.Minute, false},
		"still moving":          {"b", false, nil, undisturbed - 1, false},
		"after a trial":         {"b", true, nil, time.Minute, false},
		"home is what was told": {"b", false, map[string][]string{"london": {"a"}}, time.Minute, false},
	} {
		var out collected
		begun := record.Time(time.Hour)
		now := begun.Add(quiet + 100*time.Millisecond)
		g := &gate{rig: &rig{changes: &changes{Sink: &out}}, home: map[string][]string{"g": {"a"}}, fixed: true, tried: c.tried}
		g.cell.Start = c.start
		g.changes.Emit(record.Event{At: now.Add(-c.changed), Kind: record.KindRoute, Data: record.Route{}})
		g.clients.add(record.ProbeGroup{Name: "g", Client: "london", Rate: 100, Flows: 1, Timeout: time.Second})
		for sent, seq := begun, uint64(0); sent < now; sent, seq = sent.Add(10*time.Millisecond), seq+1 {
			g.clients.see("g", record.Sample{Seq: seq, Sent: sent, Received: sent + 1, Node: c.served}, sent+1)
		}
		if got := g.astray(now, begun); got != c.want {
			t.Errorf("%s: astray %v, want %v", name, got, c.want)
		}
	}
}

// What a lab that stands still is waited for is said once, and not while it moves.
func TestReminder(t *testing.T) {
	var out collected
	var heard []string
	g := &gate{rig: &rig{changes: &changes{Sink: &out}, say: func(step string) { heard = append(heard, step) }}}
	start := record.Time(time.Hour)
	r := reminder{since: start}
	lacking := []string(nil)
	at := func(after time.Duration) int {
		r.remind(g, start.Add(after), func() []string { return lacking })
		return len(heard)
	}
	if at(standstill) != 0 {
		t.Errorf("nothing is lacking, and it said %q", heard)
	}
	lacking = []string{"probe g is answered by b, not by a as at the beginning"}
	g.changes.Emit(record.Event{At: start.Add(5 * time.Second), Kind: record.KindRoute, Data: record.Route{}})
	if at(standstill) != 0 {
		t.Errorf("the lab moves, and it said %q", heard)
	}
	if at(5*time.Second+standstill) != 1 || at(time.Minute) != 1 || heard[0] != "still waiting: "+lacking[0] {
		t.Errorf("it said %q", heard)
	}
}
