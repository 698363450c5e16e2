package timeline

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"anylab/lab/record"
)

// episodes writes a trial's gaps: when each began after time zero, how long it
// lasted, and what ended it.
func episodes(f Failover) string {
	var list []string
	for _, g := range f.Interruption().Gaps {
		list = append(list, fmt.Sprintf("%d+%d %s", g.First.Sub(f.Broken.Zero).Round(ms)/ms, g.Length().Round(ms)/ms, g.Ended))
	}
	return strings.Join(list, ", ")
}

// late makes the answers to what is sent between two times come later.
func (s *sim) late(from, to, by float64) {
	for i, p := range s.samples {
		if p.Sent >= at(from) && p.Sent < at(to) && !p.Lost() {
			s.samples[i].Received = p.Received + at(by)
		}
	}
}

// A site that has lost its only link knows, and can tell nobody: that it ends its
// old session once the link is back is the repair's doing.
func TestWhoIsCutOffTellsNobody(t *testing.T) {
	for heard, want := range map[bool]End{false: ByRepair, true: ByFailover} {
		s := newSim()
		s.route(1, "a")
		s.trial(10, 1000, 4000, 6000, "link-down", "upstream", "a")
		s.emit(999.5, "a", record.Carrier{Dev: "eth0", Peer: "upstream"})
		// However late the reader of routes may have been.
		s.events = append(s.events, record.Event{At: at(4300), Kind: record.KindLoad,
			Data: record.Load{From: at(3800), Waits: []record.Wait{{Role: record.Observing, For: 400 * ms}}}})
		if heard {
			s.emit(3990, "upstream", record.BFD{From: "upstream", To: "a", Out: true, State: "down"})
		}
		s.bgp(4197, record.BGP{From: "a", To: "upstream", Type: record.BGPNotification, Code: 6})
		s.route(4268, "b")
		s.served(serves{0, "a"}, serves{1000, ""}, serves{4268, "b"})
		s.probe(0.5, 6000)
		if e := s.build(t)[0].Broken; e.EndedBy != want || e.Outage.Open != (want == ByRepair) {
			t.Errorf("heard %v: ended by %s, want %s; outage %v", heard, e.EndedBy, want, e.Outage)
		}
	}
}

// A request is decided by its own timeout: however late its answer is, and
// whatever was made of the lab meanwhile, it is none that was lost.
func TestALateAnswerIsNoOutage(t *testing.T) {
	for _, by := range []float64{100, 300, 900} {
		s := newSim()
		s.route(1, "a")
		s.trial(10, 1000, 2000, 5000, "service-slow", "a")
		s.probe(0.5, 5010)
		s.late(1000, 2000, by)
		f := s.build(t)[0]
		for name, e := range map[string]Episode{"fault": f.Broken, "healing": f.Mended} {
			if e.Lost != 0 || e.Outage.Value != 0 || e.Outage.Open || !e.Restored || len(e.Groups) != 1 || e.Groups[0].Gaps != 0 {
				t.Errorf("%v ms late, after the %s: %d lost, outage %+v, restored %v, %+v", by, name, e.Lost, e.Outage, e.Restored, e.Groups)
			}
		}
		if i := f.Interruption(); i.Value != 0 || i.Open || len(i.Gaps) != 0 {
			t.Errorf("%v ms late: interruption %+v", by, i)
		}
	}
}

// Far away clients have requests under way whenever a trial or an episode ends.
func TestAFarClientWithoutLoss(t *testing.T) {
	for _, kind := range []string{"", "service-crash"} {
		s := newSim()
		s.rtt = 200
		s.route(1, "a")
		s.trial(510, 1500, 3000, 5000, kind, "b")
		s.probe(0.5, 5010)
		f := s.build(t)[0]
		if e := f.Broken; e.Lost != 0 || e.Outage.Value != 0 || !e.Restored || f.Interruption().Value != 0 {
			t.Errorf("%q: %d lost, outage %+v, restored %v, interruption %+v", kind, e.Lost, e.Outage, e.Restored, f.Interruption())
		}
	}
}

// lossy makes a sequence of one request every given milliseconds, of which some
// are lost: '.' was answered, 'x' was not.
func lossy(every float64, fates string) *sequence {
	s := &sequence{start: 1, interval: time.Duration(every * 1e6)}
	for i, c := range fates {
		p := record.Sample{Seq: uint64(i), Due: at(1 + every*float64(i)), Sent: at(1 + every*float64(i))}
		if c == '.' {
			p.Received, p.Node = p.Sent+1000, "a"
		}
		s.list = append(s.list, p)
	}
	return s
}

// A gap ends with the first good request that is followed by 100 ms and by 5
// requests without loss.
func TestWhereAGapEnds(t *testing.T) {
	good := func(n int) string { return strings.Repeat(".", n) }
	for _, c := range []struct {
		every float64
		fates string
		want  []time.Duration
	}{
		{1, good(9) + "xxx" + good(200), []time.Duration{3 * ms}},
		{1, good(9) + "xxx" + good(100) + "x" + good(200), []time.Duration{104 * ms}},
		{1, good(9) + "xxx" + good(101) + "x" + good(200), []time.Duration{3 * ms, 1 * ms}},
		{50, good(9) + "x" + good(5) + "x" + good(9), []time.Duration{350 * ms}},
		{50, good(9) + "x" + good(6) + "x" + good(9), []time.Duration{50 * ms, 50 * ms}},
		{50, "x" + good(9) + "x", []time.Duration{50 * ms, 0}},
		{1, strings.Repeat("x"+good(99), 20), []time.Duration{1901 * ms}},
		{50, good(20), nil},
	} {
		var got []time.Duration
		for _, g := range lossy(c.every, c.fates).gaps() {
			got = append(got, g.Length())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("every %v ms, %q: %v, want %v", c.every, c.fates, got, c.want)
		}
	}
}

// However short the sustain time, a service that loses nearly everything is
// not restored.
func TestAShortSustainTimeIsNoExcuse(t *testing.T) {
	s := newSim()
	s.x.Sustain = ms
	s.route(1, "a")
	s.trial(10, 1000, 3000, 5000, "loss", "upstream", "london")
	rnd := rand.New(rand.NewPCG(7, 7))
	s.answer = func(_ int, t float64) string {
		if t >= 1000 && t < 3000 && rnd.Float64() < .99 {
			return ""
		}
		return "a"
	}
	s.probe(0.5, 5010)
	if e := s.build(t)[0].Broken; e.Restored || !e.Outage.Open || e.Outage.Value < 1900*ms || e.EndedBy != ByRepair {
		t.Errorf("restored %v, outage %+v, ended by %s", e.Restored, e.Outage, e.EndedBy)
	}
}

// anew is a failover of 143 ms and a loss of 40 ms, 860 ms after it.
func anew(s *sim) {
	s.route(1, "a")
	s.trial(10, 1000, 4000, 6000, "service-crash", "a")
	s.answer = func(_ int, t float64) string {
		switch {
		case t < 1000 || t >= 4002:
			return "a"
		case t < 1143, t >= 2003 && t < 2043:
			return ""
		}
		return "b"
	}
}

// Loss that begins anew when routes lead to a living site is none of the
// outage, but may be: a doubt of its size.
func TestLossThatBeginsAnew(t *testing.T) {
	for _, c := range []struct {
		name   string
		events func(s *sim)
		outage time.Duration
		doubt  time.Duration
	}{
		{"routes at rest", func(s *sim) { s.route(1142.5, "b") }, 143 * ms, 41 * ms},
		{"routes went on moving", func(s *sim) { s.route(1142.5, "b"); s.route(2002.9, "c"); s.route(2042.5, "b") }, 1043 * ms, 0},
		{"routes led nowhere", func(s *sim) { s.route(1142.5, "b"); s.route(2002.9); s.route(2042.5, "b") }, 1043 * ms, 0},
		{"the route led to the struck site", func(*sim) {}, 1043 * ms, 0},
		{"a route of another router moved", func(s *sim) {
			s.route(1142.5, "b")
			s.emit(2002, "elsewhere", record.Route{Prefix: anycast, Hops: []record.Hop{{Node: "c"}}})
		}, 143 * ms, 41 * ms},
	} {
		s := newSim()
		anew(s)
		c.events(s)
		s.probe(0.5, 6000)
		f := s.build(t)[0]
		if o := f.Broken.Outage; o.Open || o.Value != c.outage || !f.Broken.Restored {
			t.Errorf("%s: outage %+v, restored %v, want %v", c.name, o, f.Broken.Restored, c.outage)
		}
		if g := f.Broken.Groups[0]; g.Gaps != 2 || f.Interruption().Value != 183*ms {
			t.Errorf("%s: %d gaps, interruption %v; want 2 and 183ms", c.name, g.Gaps, f.Interruption().Value)
		}
		var doubt time.Duration
		for _, d := range f.Doubts {
			if d.Name == "loss-anew" && d.Side == HighSide {
				doubt += d.For
			}
		}
		if doubt != c.doubt {
			t.Errorf("%s: doubts %+v, want one of %v", c.name, f.Doubts, c.doubt)
		}
	}
}

// A reader that had to wait for a processor stamps a change late: that the
// route moved before service was back must not join what came much later.
func TestAChangeThatWasStampedLate(t *testing.T) {
	s := newSim()
	anew(s)
	s.route(1152, "b")
	s.events = append(s.events, record.Event{At: at(1200), Kind: record.KindLoad,
		Data: record.Load{From: at(1100), Waits: []record.Wait{{Role: record.Observing, For: 20 * ms}}}})
	s.probe(0.5, 6000)
	if o := s.build(t)[0].Broken.Outage; o.Value != 143*ms {
		t.Errorf("outage %v, want 143ms", o.Value)
	}
}

// The link of the only site is silent for a known time: an interruption of that
// time, which says nothing about how long a failover would have taken.
func TestInterruptionOfKnownLength(t *testing.T) {
	for _, truth := range []float64{5.3, 20, 137, 1000, 5000} {
		s := newSim()
		s.route(1, "a")
		s.trial(10, 1000, 1000+truth, 1000+truth+2000, "blackhole", "upstream", "a")
		s.answer = func(_ int, t float64) string {
			if t >= 1000 && t < 1000+truth {
				return ""
			}
			return "a"
		}
		s.probe(0.5, 1000+truth+2010)
		f := s.build(t)[0]
		i := f.Interruption()
		checkBounds(t, i.Interval, truth, 2*ms)
		if i.EndedBy() != ByRepair || len(i.Gaps) != 1 {
			t.Errorf("%v ms: ended by %s, %d gaps", truth, i.EndedBy(), len(i.Gaps))
		}
		o := f.Broken.Outage
		if !o.Open || f.Broken.EndedBy != ByRepair || f.Broken.Restored || (o.Value-i.Value).Abs() > ms || o.Low > o.Value || o.Low < o.Value-2*ms {
			t.Errorf("%v ms: outage %+v, ended by %s, restored %v; want it censored there", truth, o, f.Broken.EndedBy, f.Broken.Restored)
		}
	}
}

// A fault that is over before a request to a far site and its answer would be.
func TestAFaultShorterThanTheRoundTrip(t *testing.T) {
	for _, way := range []float64{0, 60, 110} { // from the client to the place that is silent
		s := newSim()
		s.rtt = 120
		s.route(1, "a")
		s.trial(510, 1500, 1550, 4000, "blackhole", "upstream", "a")
		s.answer = func(_ int, t float64) string {
			if t >= 1500-way && t < 1550-way {
				return ""
			}
			return "a"
		}
		s.probe(0.5, 4010)
		f := s.build(t)[0]
		if o, i := f.Broken, f.Interruption(); !o.Outage.Open || o.EndedBy != ByRepair || o.Restored || i.Value != 50*ms || f.Mended.Outage.Value > 10*ms {
			t.Errorf("%v ms away: outage %+v, ended by %q, restored %v; interruption %v, failback outage %v",
				way, o.Outage, o.EndedBy, o.Restored, i.Value, f.Mended.Outage.Value)
		}
	}
}

// staggered has three faults on one site: its daemon and its server die at
// 1000, and its link is down from 2000 to 6000, which moves traffic at 1973;
// then the stale route is used again until 15050.
func staggered(s *sim) {
	s.route(1, "a")
	s.route(1972, "b")
	s.route(6069, "a")
	s.route(15049, "b")
	s.emit(10, "", record.Trial{Phase: record.TrialBegin})
	for id, f := range []struct {
		kind         string
		on           []string
		broken, heal float64
	}{
		{"daemon-kill", []string{"a"}, 1000, 26000},
		{"service-crash", []string{"a"}, 1000.5, 26050},
		{"link-down", []string{"upstream", "a"}, 2000, 6000},
	} {
		for phase, t := range map[record.FaultPhase]float64{
			record.FaultInject: f.broken - 0.1, record.FaultEffective: f.broken, record.FaultVerified: f.broken + .1,
			record.FaultHeal: f.heal - 0.1, record.FaultHealed: f.heal, record.FaultHealVerified: f.heal + 10,
		} {
			s.emit(t, "", record.Fault{ID: id, Kind: f.kind, On: f.on, Phase: phase})
		}
	}
	s.emit(28000, "", record.Trial{Phase: record.TrialEnd})
	s.served(serves{0, "a"}, serves{1000, ""}, serves{1973, "b"}, serves{6070, ""}, serves{15050, "b"}, serves{26100, "a"})
	s.group.Rate = 500
	s.probe(0.5, 28010)
}

// A trial has one beginning and one end: what happens between the first and the
// last healing is the fault's, not the failback's.
func TestStaggeredHealing(t *testing.T) {
	s := newSim()
	staggered(s)
	f := s.build(t)[0]
	if got, want := episodes(f), "1+974 failover, 5071+8980 failover"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	checkBounds(t, f.Interruption().Interval, 973+8980, 8*ms)
	checkBounds(t, f.Broken.Outage, 8980, 4*ms)
	if f.Broken.Until < at(25900) || !f.Broken.Restored || f.Mended.Outage.Value != 0 || !f.Mended.Restored || !f.Mended.Rerouted {
		t.Errorf("until %v, restored %v; failback %+v, restored %v, rerouted %v",
			f.Broken.Until, f.Broken.Restored, f.Mended.Outage, f.Mended.Restored, f.Mended.Rerouted)
	}
}

func TestWhatEndsAGap(t *testing.T) {
	for _, c := range []struct {
		name   string
		events func(s *sim)
		by     []serves
		want   string
	}{
		{"another site", func(s *sim) { s.route(1049, "b") }, []serves{{0, "a"}, {1000, ""}, {1050, "b"}, {4002, "a"}}, "1+50 failover"},
		{"the same site, by another way", func(s *sim) { s.route(1049, "core") }, []serves{{0, "a"}, {1000, ""}, {1050, "a"}}, "1+50 failover"},
		{"the same site, that one flow after another is led to again", func(s *sim) {
			look := func(t float64, flow int, to string) {
				s.emit(t, "upstream", record.Lookup{Dst: anycast.Addr(), Flow: flow, Hop: record.Hop{Node: to}})
			}
			for flow := range 3 {
				look(2, flow, "a")
				look(900+float64(flow), flow, "b")
				look(1049, flow, "a")
			}
		}, []serves{{0, "a"}, {1000, ""}, {1050, "a"}}, "1+50 failover"},
		{"the same site by itself", func(*sim) {}, []serves{{0, "a"}, {1000, ""}, {1050, "a"}}, "1+50 none"},
		{"the repair", func(*sim) {}, []serves{{0, "a"}, {1000, ""}, {4003, "a"}}, "1+3003 repair"},
		{"a failover in spite of the repair", func(s *sim) {
			s.emit(3900, "upstream", record.BFD{From: "upstream", To: "a", State: "down", Diag: 1})
			s.route(4049, "b")
		}, []serves{{0, "a"}, {1000, ""}, {4050, "b"}, {5000, "a"}}, "1+3050 failover"},
		{"the repair, which moved traffic elsewhere", func(s *sim) { s.route(4049, "b") },
			[]serves{{0, "a"}, {1000, ""}, {4050, "b"}, {5000, "a"}}, "1+3050 repair"},
		{"the repair, in a lull of random loss", func(*sim) {}, []serves{{0, "a"}, {1000, ""}, {3990, "a"}}, "1+2990 repair"},
		{"nothing", func(*sim) {}, []serves{{0, "a"}, {1000, ""}}, "1+4999 none"},
		{"a further fault", func(s *sim) {
			s.emit(2000, "", record.Fault{ID: 1, Kind: "withdraw", On: []string{"a"}, Phase: record.FaultInject})
			s.route(2049, "b")
		}, []serves{{0, "a"}, {1000, ""}, {2050, "b"}, {4002, "a"}}, "1+1050 event"},
		{"of two gaps each its own", func(s *sim) { s.route(1049, "b"); s.route(4050, "a") },
			[]serves{{0, "a"}, {1000, ""}, {1050, "b"}, {4020, ""}, {4060, "a"}}, "1+50 failover, 3021+40 repair"},
	} {
		s := newSim()
		s.route(1, "a")
		s.trial(10, 1000, 4000, 6000, "blackhole", "upstream", "a")
		c.events(s)
		s.served(c.by...)
		s.probe(0.5, 6000)
		f := s.build(t)[0]
		if got := episodes(f); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// A failover that was under way when the fault was healed, and came in spite of
// that, is one; what follows is the failback.
func TestAFailoverAfterTheHealing(t *testing.T) {
	s := newSim()
	s.route(1, "a")
	s.trial(10, 1000, 1200, 4000, "blackhole", "upstream", "a")
	s.emit(1150, "upstream", record.BFD{From: "upstream", To: "a", State: "down", Diag: 1})
	s.route(1299, "b")
	s.route(2009, "a")
	s.served(serves{0, "a"}, serves{1000, ""}, serves{1300, "b"}, serves{2010, "a"})
	s.probe(0.5, 4010)
	f := s.build(t)[0]
	if e := f.Broken; e.Outage.Value != 300*ms || !e.Restored || e.EndedBy != ByFailover {
		t.Errorf("outage %+v, restored %v, ended by %s", e.Outage, e.Restored, e.EndedBy)
	}
	if got, want := stages(f.Broken), "inject 0.00, detect 150.00, install 299.00, restore 300.70"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if e := f.Mended; e.Outage.Value != 0 || e.Switch == nil || e.Switch.Value < 800*ms {
		t.Errorf("failback outage %+v, switch %+v; want 0, 810 ms", e.Outage, e.Switch)
	}
}

// A supervisor that was faster than the failover ended the outage, which is as
// long as it was: neither a repair's, nor open.
func TestRestartEndsAnOutage(t *testing.T) {
	s := newSim()
	s.route(1, "a")
	s.x.Faults = []record.PlannedFault{{Kind: "crash", On: []string{"a"}, Ends: true}}
	s.trial(10, 1000, 4000, 6000, "crash", "a")
	s.emit(1290, "a", record.Restart{Name: "dns", After: 290 * ms})
	s.answer = func(_ int, t float64) string {
		if t >= 1000 && t < 1300 {
			return ""
		}
		return "a"
	}
	s.probe(0.5, 6010)
	f := s.build(t)[0]
	if e := f.Broken; e.EndedBy != ByRestart || e.Outage.Open || !e.Restored {
		t.Errorf("ended by %s, restored %v, outage %+v", e.EndedBy, e.Restored, e.Outage)
	}
	checkBounds(t, f.Interruption().Interval, 300, 2*ms)
	checkBounds(t, f.Broken.Outage, 300, 2*ms)
	if got := f.Mended.Zero.Sub(f.Broken.Zero); got != 290*ms {
		t.Errorf("healed after %v, want with the restart after 290 ms", got)
	}
}
