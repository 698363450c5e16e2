package run

import (
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
		f.clients.see("g", record.Sample{Seq: seq, Sent: sent, Received: f.now, Node: node})
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
		{"an overtaken one is still to come", func(f *flow) { f.row("a", 0, 60); f.answer("a", 62) }, false},
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
			f.clients.see("g", record.Sample{Seq: 61})
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

func TestRestsLeaveTimeForAnswers(t *testing.T) {
	c := &clients{}
	c.add(record.ProbeGroup{Name: "g", Client: "london", Kind: "dns", Rate: 1000, Flows: 2, Timeout: time.Second})
	before := c.rest()
	c.see("g", record.Sample{Seq: 0, Flow: 0, Sent: 1, Received: 1 + record.Time(80*time.Millisecond), Node: "a"})
	c.see("g", record.Sample{Seq: 1, Flow: 1, Sent: 2, Received: 2 + record.Time(50*time.Millisecond), Node: "a"})
	if got := c.rest() - before; got != 160*time.Millisecond {
		t.Errorf("answers that take up to 80 ms lengthen a rest by %v, want twice that", got)
	}
}

func TestWhyClientsAreNotServed(t *testing.T) {
	for _, c := range []struct {
		home []string
		play func(f *flow)
		want string
	}{
		{nil, func(*flow) {}, "probe g gets no answer"},
		{nil, func(f *flow) { f.row("a", 0, 3) }, "probe g, answered by a, keeps losing requests"},
		{[]string{"a"}, func(f *flow) { f.row("a", 0, 3) }, "probe g, answered by a, keeps losing requests"},
		{[]string{"a"}, func(f *flow) { f.row("b", 0, 3) }, "probe g is answered by b, not by a as at first"},
	} {
		f := newFlow()
		c.play(f)
		s := &gate{rig: &rig{}, home: map[string][]string{"g": c.home}}
		s.clients.groups = f.clients.groups
		if got := s.unserved(); len(got) != 1 || got[0] != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
