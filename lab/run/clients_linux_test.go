package run

import (
	"slices"
	"testing"
	"time"

	"anylab/lab/record"
)

// flow is one flow of requests, ten milliseconds apart, answered a millisecond
// after they are sent.
type flow struct {
	clients clients
	now     record.Time
}

func newFlow() *flow {
	f := &flow{}
	f.clients.add(record.ProbeGroup{Name: "g", Client: "london", Rate: 100, Flows: 1, Timeout: time.Second})
	return f
}

// answer tells the clients of the answers to requests, in this order.
func (f *flow) answer(node string, requests ...uint64) {
	for _, seq := range requests {
		sent := record.Time(seq+1) * record.Time(10*time.Millisecond)
		f.now = max(f.now, sent.Add(time.Millisecond))
		f.clients.see("g", record.Sample{Seq: seq, Sent: sent, Received: f.now, Node: node}, f.now)
	}
}

// row answers the requests from first to last.
func (f *flow) row(node string, first, last uint64) {
	for seq := first; seq <= last; seq++ {
		f.answer(node, seq)
	}
}

func (f *flow) served() bool { return f.clients.served(f.now, 0, 500*time.Millisecond) }

func TestServedWithoutLoss(t *testing.T) {
	for _, c := range []struct {
		name string
		play func(f *flow)
		want bool
	}{
		{"for long enough", func(f *flow) { f.row("a", 0, 60) }, true},
		{"too short", func(f *flow) { f.row("a", 0, 40) }, false},
		{"nothing yet", func(*flow) {}, false},
		{"by another node meanwhile", func(f *flow) { f.row("a", 0, 60); f.row("b", 61, 90) }, false},
		{"one is lost", func(f *flow) { f.row("a", 0, 60); f.row("a", 62, 100) }, false},
		{"one was lost long ago", func(f *flow) { f.row("a", 0, 10); f.row("a", 12, 70) }, true},
		{"one is overtaken", func(f *flow) { f.row("a", 0, 60); f.answer("a", 62, 61); f.row("a", 63, 65) }, true},
		{"an overtaken one is still to come", func(f *flow) { f.row("a", 0, 60); f.answer("a", 62) }, true},
		{"one of two overtaken is lost", func(f *flow) { f.row("a", 0, 60); f.answer("a", 63, 61); f.row("a", 64, 90) }, false},
		{"an overtaken one is answered by another", func(f *flow) { f.row("a", 0, 60); f.answer("a", 62); f.answer("b", 61); f.row("a", 63, 65) }, false},
		{"again and again", func(f *flow) {
			for i := uint64(0); i < 100; i += 4 {
				f.answer("a", i, i+2, i+1, i+3)
			}
		}, true},
		{"an answer comes twice", func(f *flow) { f.row("a", 0, 60); f.answer("a", 59, 60) }, true},
		{"it is told late that one was lost", func(f *flow) {
			f.row("a", 0, 60)
			f.row("a", 62, 100)
			f.clients.see("g", record.Sample{Seq: 61}, f.now)
		}, false},
	} {
		f := newFlow()
		if c.play(f); f.served() != c.want {
			t.Errorf("%s: served is %v, want %v", c.name, !c.want, c.want)
		}
	}
}

func TestSilenceIsNoService(t *testing.T) {
	f := newFlow()
	f.row("a", 0, 100)
	f.now = f.now.Add(time.Second)
	if f.served() {
		t.Error("nothing was answered for a second, but the client counts as served")
	}
}

// late is a flow whose answers take their time.
type late struct {
	flow
	trip time.Duration
}

// until lets the clock run; requests leave every ten milliseconds, those that lost
// is true of are never answered.
func (l *late) until(now time.Duration, node string, lost func(seq uint64) bool) {
	for ; l.now < record.Time(now); l.now += record.Time(time.Millisecond) {
		sent := l.now.Add(-l.trip)
		if sent <= 0 || sent%record.Time(10*time.Millisecond) != 0 {
			continue
		}
		if seq := uint64(sent/record.Time(10*time.Millisecond)) - 1; lost == nil || !lost(seq) {
			l.clients.see("g", record.Sample{Seq: seq, Sent: sent, Received: l.now, Node: node}, l.now)
		}
	}
}

// What is far away is served like what is near, a round trip later, and a loss
// shows there too: in times of sending all is the same.
func TestFarClientsAreServed(t *testing.T) {
	for _, trip := range []time.Duration{time.Millisecond, 90 * time.Millisecond, 200 * time.Millisecond, time.Second} {
		l := &late{*newFlow(), trip}
		after := record.Time(2 * time.Second)
		served := func() bool { return l.clients.served(l.now, after, 500*time.Millisecond) }
		l.until(2*time.Second+400*time.Millisecond+trip, "a", nil)
		if served() {
			t.Errorf("%v away: served before 500 ms were", trip)
		}
		l.until(2*time.Second+510*time.Millisecond+trip, "a", nil)
		if !served() {
			t.Errorf("%v away: not served though nothing was lost", trip)
		}
		l.until(6*time.Second, "a", func(seq uint64) bool { return seq == 290 }) // sent at 2.91 s
		after = record.Time(2500 * time.Millisecond)
		if got := l.clients.served(l.now, after, 3500*time.Millisecond-trip-100*time.Millisecond); got {
			t.Errorf("%v away: a lost request did not break the row", trip)
		}
		if !l.clients.served(l.now, after, 3080*time.Millisecond-trip) {
			t.Errorf("%v away: not served since the lost request", trip)
		}
	}
}

// A service that becomes slow has lost nothing.
func TestAnswersThatComeLaterAreNoLoss(t *testing.T) {
	l := &late{*newFlow(), time.Millisecond}
	l.until(time.Second, "a", nil)
	l.trip = 400 * time.Millisecond
	l.now -= l.now % record.Time(10*time.Millisecond)
	l.until(1200*time.Millisecond, "a", func(seq uint64) bool { return seq < 100 })
	if l.clients.served(l.now, 0, 500*time.Millisecond) {
		t.Error("nothing was answered for 200 ms of what is usually answered in one")
	}
	for seq := uint64(99); seq < 400; seq++ {
		sent := record.Time(seq+1) * record.Time(10*time.Millisecond)
		l.now = sent.Add(l.trip)
		l.clients.see("g", record.Sample{Seq: seq, Sent: sent, Received: l.now, Node: "a"}, l.now)
	}
	if !l.clients.served(l.now, 0, 3*time.Second) {
		t.Error("all was answered, though late, but the client does not count as served")
	}
}

// With jitter some request is always overtaken.
func TestJitterIsNoLoss(t *testing.T) {
	f := newFlow()
	for seq := uint64(0); seq < 200; seq += 10 { // answers come in the reverse order, ten at a time
		for back := uint64(10); back > 0; back-- {
			s := seq + back - 1
			sent := record.Time(s+1) * record.Time(10*time.Millisecond)
			f.now = max(f.now, record.Time(seq+10)*record.Time(10*time.Millisecond)+record.Time(11-back)*record.Time(time.Millisecond))
			f.clients.see("g", record.Sample{Seq: s, Sent: sent, Received: f.now, Node: "a"}, f.now)
			if seq > 100 && !f.served() {
				t.Fatalf("not served when %d had been answered", s)
			}
		}
	}
}

// Where each connection may go to another site, home is a set of sites; a new one
// is a change, and one that answers no more is missed.
func TestPooledSites(t *testing.T) {
	c := &clients{spread: true}
	c.add(record.ProbeGroup{Name: "g", Client: "london", Transport: record.Connection, Rate: 100, Flows: 1, Timeout: time.Second})
	var now record.Time
	ask := func(n int, nodes ...string) {
		for range n {
			seq := uint64(now / record.Time(10*time.Millisecond))
			now = now.Add(10 * time.Millisecond)
			c.see("g", record.Sample{Seq: seq, Sent: now, Received: now + 1, Node: nodes[int(seq)%len(nodes)]}, now+1)
		}
	}
	served := func() bool { return c.served(now, 0, 400*time.Millisecond) }
	ask(110, "a", "b", "c")
	if got := c.answering()["g"]; !served() || !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("served by %v: %v", got, served())
	}
	ask(10, "a", "b", "c", "d")
	if served() {
		t.Error("a new site changes nothing")
	}
	ask(110, "a", "c")
	if got := c.answering()["g"]; !served() || !slices.Equal(got, []string{"a", "c"}) {
		t.Errorf("served by %v: %v", got, served())
	}
}

func TestWhyClientsAreNotServed(t *testing.T) {
	lost := func(seq uint64) record.Sample { return record.Sample{Seq: seq} }
	for _, c := range []struct {
		home []string
		play func(f *flow)
		want string
	}{
		{nil, func(*flow) {}, "gets no answer"},
		{nil, func(f *flow) { f.row("a", 0, 3) }, "is answered by a, up to 1 ms after it asked, but has not been for 500 ms without a loss or a change of site"},
		{[]string{"a"}, func(f *flow) { f.row("a", 0, 60) }, ""},
		{[]string{}, func(f *flow) { f.row("", 0, 60) }, ""},
		{[]string{}, func(f *flow) { f.row("", 0, 3) }, "is answered, up to 1 ms after it asked, but has not been for 500 ms without a loss or a change of site"},
		{[]string{"a"}, func(f *flow) { f.row("b", 0, 3) }, "is answered by b, not by a as at the beginning"},
		{[]string{"a"}, func(f *flow) { f.row("a", 0, 3); f.now = f.now.Add(3 * time.Second) }, "gets no answer any more, the last one was by a, for 3.001 s"},
		{nil, func(f *flow) {
			f.row("a", 0, 3)
			f.clients.see("g", lost(4), f.now)
			f.clients.see("g", lost(5), f.now)
			f.answer("a", 6)
		}, "lost 2 of 7 requests in the last second; it is answered by a"},
	} {
		f := newFlow()
		c.play(f)
		if got := f.clients.groups["g"].wrong(f.now, c.home); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// Who answers is what is measured: a node that there is not is refused by name.
func TestStrangersAreRefused(t *testing.T) {
	g := &gate{rig: &rig{cell: compile(t, "service-crash").cells[0]}}
	for _, c := range []struct {
		home []string
		want []string
	}{
		{[]string{"a"}, nil},
		{[]string{"b", "c"}, nil},
		{[]string{}, nil}, // answers that don't tell
		{[]string{"a", "zz"}, []string{`probe london-dns is answered by "zz", which is none of the nodes that serve dns: a, b, c`}},
		{[]string{"upstream"}, []string{`probe london-dns is answered by "upstream", which is none of the nodes that serve dns: a, b, c`}},
	} {
		g.clients = clients{}
		g.clients.add(record.ProbeGroup{Name: "london-dns", Service: "dns", Rate: 1, Flows: len(c.home)})
		for i, node := range c.home {
			g.clients.see("london-dns", record.Sample{Seq: uint64(i), Flow: i, Sent: 1, Received: 2, Node: node}, 2)
		}
		if got := g.strangers(); !slices.Equal(got, c.want) {
			t.Errorf("%v: %q, want %q", c.home, got, c.want)
		}
	}
}

// A kind of probe whose answers name nobody leaves it open who serves; without
// answers, and only then, nobody does.
func TestServingByThoseWhoGiveNoName(t *testing.T) {
	for _, c := range []struct {
		name  string
		play  func(f *flow)
		nodes []string
		known bool
	}{
		{"a node that says so", func(f *flow) { f.row("a", 0, 60) }, []string{"a"}, true},
		{"somebody", func(f *flow) { f.row("", 0, 60) }, nil, false},
		{"nobody", func(*flow) {}, nil, true},
	} {
		f := newFlow()
		c.play(f)
		nodes, known := f.clients.serving(f.now, "london")
		if !slices.Equal(nodes, c.nodes) || known != c.known {
			t.Errorf("%s: served by %q, known: %v; want %q, %v", c.name, nodes, known, c.nodes, c.known)
		}
	}
}
