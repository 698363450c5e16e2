package timeline

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"anylab/lab/record"
)

// A frozen server answers what has queued up once it is thawed. Whose answer
// came within the timeout was served, if late; those before were not, and it
// was the repair that ended that.
func TestThawedAnswersDoNotRestore(t *testing.T) {
	s := newSim()
	crash(s, 3000)
	s.probe(0.5, 6000)
	for i, p := range s.samples {
		if p.Sent > at(3001) && p.Sent < at(4000) {
			s.samples[i].Received, s.samples[i].Node = at(4001), "a"
		}
	}
	e := s.build(t)[0].Broken
	if o := e.Outage; e.Restored || !o.Open || e.EndedBy != ByRepair || o.Value < 1990*ms || o.Value > 2010*ms || o.Low < 1990*ms {
		t.Errorf("restored %v, outage %+v, ended by %s; want it open since 2 s, by repair", e.Restored, e.Outage, e.EndedBy)
	}
	if e.FromFailed != 0 {
		t.Errorf("%d answers from the failed node while it was frozen, want 0", e.FromFailed)
	}
}

func TestGapsOfOneOutage(t *testing.T) {
	s := newSim()
	crash(s, 0)
	s.answer = func(_ int, t float64) string {
		switch {
		case t < 1000 || t >= 4000:
			return "a"
		case t < 1050, t >= 1100 && t < 1120: // 50 ms good between: still the same gap
			return ""
		case t >= 2500 && t < 2510: // after more than a second of service
			return ""
		}
		return "b"
	}
	s.probe(0.5, 6000)
	g := s.build(t)[0].Broken.Groups[0]
	if g.Outage.Value != 120*ms || g.Gaps != 2 || g.Longest != 120*ms || g.Lost != 80 {
		t.Errorf("outage %v, %d gaps, longest %v, %d lost; want 120ms, 2, 120ms, 80", g.Outage.Value, g.Gaps, g.Longest, g.Lost)
	}
}

// Requests under way when the fault struck belong to it; earlier losses are
// the network's.
func TestLossBefore(t *testing.T) {
	s := newSim()
	crash(s, 20)
	s.rtt = 2
	s.probe(0.5, 6000)
	lose := func(from, to float64) {
		for i, p := range s.samples {
			if p.Sent >= at(from) && p.Sent < at(to) {
				s.samples[i].Received, s.samples[i].Node = 0, ""
			}
		}
	}
	lose(998, 1000)
	if f := s.build(t)[0]; f.Before.Lost != 0 || f.Broken.Outage.Value != 22*ms {
		t.Errorf("%d lost before, outage %v; want 0, 22ms", f.Before.Lost, f.Broken.Outage.Value)
	}
	lose(500, 503)
	if f := s.build(t)[0]; f.Before.Lost != 3 || f.Broken.Outage.Value != 22*ms {
		t.Errorf("%d lost before, outage %v; want 3, 22ms", f.Before.Lost, f.Broken.Outage.Value)
	}
}

func TestNoFault(t *testing.T) {
	s := newSim()
	s.trial(10, 0, 0, 3000, "")
	s.probe(0.5, 3200)
	f := s.build(t)[0]
	if e := f.Broken; e.Outage != (Interval{High: ms}) || e.Lost != 0 || e.Sent != 2990 || !e.Restored || e.Rerouted || len(e.Stages) != 0 {
		t.Errorf("episode %+v, want no outage over 2990 requests", e)
	}
	if f.Broken.Zero != f.Begin || f.Mended.Zero != 0 || f.Before.AnsweredBy["london-dns"] != "a" {
		t.Errorf("zero %d, mended %d, before %v", f.Broken.Zero, f.Mended.Zero, f.Before.AnsweredBy)
	}
}

func TestNoOutageIsNotClaimedWithoutRequests(t *testing.T) {
	s := newSim()
	crash(s, 0)
	if e := s.build(t)[0].Broken; e.Restored {
		t.Error("restored without a single request")
	}
	// A sender that slept may have missed an outage: the bound says so.
	s.probe(0.5, 6000)
	var kept []record.Sample
	for _, p := range s.samples {
		if p.Sent < at(1000) || p.Sent > at(1040) {
			kept = append(kept, p)
		}
	}
	s.samples = kept
	if o := s.build(t)[0].Broken.Outage; o.Value != 0 || o.High < 40*ms {
		t.Errorf("outage %+v, want 0 with a bound of at least 40 ms", o)
	}
}

func TestCounters(t *testing.T) {
	s := newSim()
	crash(s, 10)
	s.probe(0.5, 6000)
	stray := func(from float64, node string, rtt float64) {
		for i, p := range s.samples {
			if p.Sent >= at(from) {
				s.samples[i].Node, s.samples[i].Received = node, p.Sent.Add(time.Duration(rtt*1e6))
				return
			}
		}
	}
	stray(2000, "a", 0.2)    // back to the dead node
	stray(2100, "ghost", .2) // a node that serves nothing
	stray(2200, "b", 40)     // overtaken by the flow's next two answers
	again := s.samples[2300]
	again.Received += 1000
	s.samples = append(s.samples, again)
	e := s.build(t)[0].Broken
	if e.Misrouted != 2 || e.FromFailed != 1 || e.Reordered != 2 || e.Duplicate != 1 {
		t.Errorf("misrouted %d from failed %d reordered %d duplicate %d, want 2 1 2 1", e.Misrouted, e.FromFailed, e.Reordered, e.Duplicate)
	}
}

// One who answers every request under two names tells nobody who answered, but
// that it was answered. One name alone is believed.
func TestTwoNames(t *testing.T) {
	for second, want := range map[string][3]int{"b": {0, 2990, 5980}, "a": {2989, 2990, 0}, "": {2989, 2990, 0}} {
		s := newSim()
		crash(s, 10)
		serves := s.answer
		s.answer = func(flow int, t float64) string {
			if serves(flow, t) == "" {
				return ""
			}
			return "a"
		}
		s.probe(0.5, 6000)
		for _, p := range slices.Clone(s.samples) {
			if p.Received != 0 {
				p.Node, p.Received = second, p.Received+1000
				s.samples = append(s.samples, p)
			}
		}
		f := s.build(t)[0]
		got := [3]int{f.Broken.FromFailed, f.Broken.Duplicate, f.Recorded[0].Torn}
		if got != want || f.Broken.Lost != 10 || f.Broken.Outage.Value != 10*ms {
			t.Errorf("%q: from failed, duplicate, torn %v, want %v; %d lost, outage %v", second, got, want, f.Broken.Lost, f.Broken.Outage)
		}
	}
}

// Where a site runs several services, the others of them live on.
func TestAnotherServiceOfTheSiteMayAnswer(t *testing.T) {
	for struck, want := range map[string]int{"": 1, "dns": 1, "web": 0} {
		s := newSim()
		crash(s, 10)
		for i, e := range s.events {
			if f, ok := e.Data.(record.Fault); ok {
				f.Service = struck
				s.events[i].Data = f
			}
		}
		s.probe(0.5, 6000)
		s.samples[2000].Node, s.samples[2000].Received = "a", s.samples[2000].Sent+1000
		if got := s.build(t)[0].Broken.FromFailed; got != want {
			t.Errorf("%q was struck: %d answers from the failed node, want %d", struck, got, want)
		}
	}
}

func TestLateSenderBlursTheEdge(t *testing.T) {
	for _, c := range []struct {
		late float64
		blur bool
	}{{0, false}, {8, true}} {
		s := newSim()
		crash(s, 50)
		s.jitter = func() float64 { return 0 }
		s.probe(0.5, 6000)
		for i, p := range s.samples {
			if p.Sent > at(1046) && p.Sent < at(1046+c.late) { // these leave late, all at once
				s.samples[i].Sent = at(1046 + c.late)
				s.samples[i].Node, s.samples[i].Received = "b", at(1047+c.late)
			}
		}
		g := s.build(t)[0].Broken.Groups[0]
		if (g.EdgeBlur > 5*ms) != c.blur {
			t.Errorf("late by %v ms: edges are blurred by %v", c.late, g.EdgeBlur)
		}
		checkBounds(t, g.Outage, 50, 20*ms)
		if g.Late != 0 {
			t.Errorf("%d requests are late by more than 16 ms, want none", g.Late)
		}
	}
	s := newSim()
	crash(s, 50)
	s.probe(0.5, 6000)
	for i := 2000; i < 2010; i++ {
		s.samples[i].Sent += record.Time(17 * ms)
		s.samples[i].Received += record.Time(17 * ms)
	}
	if g := s.build(t)[0].Broken.Groups[0]; g.Late != 10 {
		t.Errorf("%d requests are late by more than an interval of their flow, want 10", g.Late)
	}
}

// What is lost shortly before the healing, when the failover was long over, is a
// gap of its own; what is answered after it, in time, is none.
func TestEndOfAnEpisode(t *testing.T) {
	for _, c := range []struct {
		name  string
		gaps  int
		spoil func(p *record.Sample)
	}{
		{"lost", 2, func(p *record.Sample) { p.Node, p.Received = "", 0 }},
		{"some answered after healing", 1, func(p *record.Sample) {
			if p.Seq%2 == 0 {
				p.Received = p.Sent.Add(20 * ms)
			}
		}},
	} {
		s := newSim()
		crash(s, 10)
		s.probe(0.5, 6000)
		for i := range s.samples {
			if p := &s.samples[i]; p.Sent > at(3990) && p.Sent < at(3999) {
				c.spoil(p)
			}
		}
		e := s.build(t)[0].Broken
		if !e.Restored || e.Outage.Open || e.Outage.Value != 10*ms || e.Groups[0].Gaps != c.gaps {
			t.Errorf("%s: restored %v, outage %+v, %d gaps; want 10ms, %d", c.name, e.Restored, e.Outage, e.Groups[0].Gaps, c.gaps)
		}
	}
}

// The outage that never ended counts, though an earlier one was longer.
func TestAnOpenOutageCounts(t *testing.T) {
	s := newSim()
	crash(s, 0)
	s.answer = func(_ int, t float64) string {
		switch {
		case t < 1000 || t >= 4000:
			return "a"
		case t < 1900, t >= 3600:
			return ""
		}
		return "b"
	}
	s.probe(0.5, 6000)
	if e := s.build(t)[0].Broken; e.Restored || !e.Outage.Open || e.Outage.Value > 401*ms {
		t.Errorf("restored %v, outage %+v; want the open one of 400 ms", e.Restored, e.Outage)
	}
}

func TestTogether(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(s *sim)
		want bool
	}{
		{"one path", func(*sim) {}, true},
		{"several next hops", func(s *sim) { s.route(2, "a", "b") }, false},
		{"several next hops after the fault", func(s *sim) { s.route(1003, "b", "c") }, false},
		{"several next hops, long before", func(s *sim) { s.route(2, "a", "b"); s.route(3, "a") }, true},
		{"several ways back", func(s *sim) {
			s.x.Topology.Links[3].Ends[1].IPv4 = netip.MustParsePrefix("10.0.0.7/31")
			s.emit(2, "a", record.Route{Prefix: netip.MustParsePrefix("10.0.0.6/31"), Hops: []record.Hop{{Node: "upstream"}, {Node: "c"}}})
		}, false},
		{"multipath with one next hop", func(s *sim) { s.x.Topology.Nodes[0].Multipath = true }, true},
		{"a configuration of the user's own", func(s *sim) { s.x.Topology.Nodes[0].Config = &record.ConfigFile{Path: "frr.conf"} }, true},
		{"and no route was seen", func(s *sim) {
			s.x.Topology.Nodes[0].Config = &record.ConfigFile{Path: "frr.conf"}
			s.events = slices.DeleteFunc(s.events, func(e record.Event) bool { return e.Kind == record.KindRoute })
		}, false},
		{"unknown topology", func(s *sim) { s.x.Topology.Nodes = nil }, false},
		{"two nodes answer", func(s *sim) {
			s.answer = func(flow int, _ float64) string { return []string{"a", "b"}[flow%2] }
		}, false},
	} {
		s := newSim()
		crash(s, 0)
		c.make(s)
		s.probe(0.5, 6000)
		if got := s.build(t)[0].Broken.Groups[0].Together; got != c.want {
			t.Errorf("%s: together %v, want %v", c.name, got, c.want)
		}
	}
}

// Loss is set against the rate of the flows that suffered: all others of the
// group were never on the broken path.
func TestLossDerivedOfSeparateFlows(t *testing.T) {
	s := newSim()
	crash(s, 0)
	s.route(2, "a", "b")
	s.answer = func(flow int, t float64) string {
		if flow%4 == 0 && t >= 1000 && t < 1160 {
			return ""
		}
		return "a"
	}
	s.probe(0.5, 6000)
	g := s.build(t)[0].Broken.Groups[0]
	if g.Affected != 4 || g.LossDerived != 160*ms {
		t.Errorf("%d flows, loss-derived %v; want 4, 160ms", g.Affected, g.LossDerived)
	}
}

// Requests under way at a change belong to what follows it.
func TestRequestsUnderWay(t *testing.T) {
	s := newSim()
	crash(s, 10)
	s.rtt = 2
	s.probe(0.5, 6000)
	for i, p := range s.samples {
		if p.Sent > at(3998) && p.Sent < at(4000) {
			s.samples[i].Node, s.samples[i].Received = "", 0
		}
	}
	f := s.build(t)[0]
	if f.Mended.Lost != 2 || f.Broken.Lost != 10 {
		t.Errorf("%d and %d lost, want 10 and 2", f.Broken.Lost, f.Mended.Lost)
	}
	if f.Broken.FromFailed != 0 {
		t.Errorf("%d answers from the failed node to requests sent before the fault", f.Broken.FromFailed)
	}
}

// An answer after the timeout does not make a lost request answered twice.
func TestAnswerAfterTheTimeout(t *testing.T) {
	s := newSim()
	crash(s, 10)
	s.probe(0.5, 6000)
	late := s.samples[1005]
	late.Node, late.Received = "b", late.Sent.Add(1500*ms)
	s.samples = append(s.samples, late)
	if e := s.build(t)[0].Broken; e.Lost != 10 || e.Duplicate != 0 {
		t.Errorf("%d lost, %d duplicate; want 10 and 0", e.Lost, e.Duplicate)
	}
}

// A fault may strike before every flow has sent a request in its trial: what
// came before the trial shows who served it.
func TestFaultRightAfterTheBegin(t *testing.T) {
	s := newSim()
	s.route(1, "a")
	s.trial(995, 1000, 4000, 6000, "service-crash", "a")
	s.answer = func(_ int, t float64) string {
		switch {
		case t < 1000:
			return "a"
		case t < 1030:
			return ""
		}
		return "b"
	}
	s.probe(0.5, 6000)
	f := s.build(t)[0]
	if g := f.Broken.Groups[0]; !g.Together || f.Broken.Outage != (Interval{Value: 30 * ms, Low: 29 * ms, High: 31 * ms}) {
		t.Errorf("together %v, outage %+v; want 30 ms, 29 to 31", g.Together, f.Broken.Outage)
	}
	if f.Before.Sent != 5 {
		t.Errorf("%d requests in the trial before the fault, want 5", f.Before.Sent)
	}
}

// A site may answer until the fault that silences it is in effect, whatever was
// broken before, and again once that is healed.
func TestASiteAnswersUntilItIsSilenced(t *testing.T) {
	for name, c := range map[string]struct {
		at   float64 // when a answers
		want int
	}{"before": {1500, 0}, "meanwhile": {2500, 1}, "after": {3500, 0}} {
		s := newSim()
		s.x.Faults = []record.PlannedFault{{Kind: "first", On: []string{"a"}}, {Kind: "second", On: []string{"a"}, Silences: true}}
		s.trial(0, 1000, 4000, 6000, "first", "a")
		for _, step := range []struct {
			at    float64
			phase record.FaultPhase
		}{{1999.9, record.FaultInject}, {2000, record.FaultEffective}, {2001, record.FaultVerified}, {2999.9, record.FaultHeal}, {3000, record.FaultHealed}, {3001, record.FaultHealVerified}} {
			s.emit(step.at, "", record.Fault{ID: 1, Kind: "second", On: []string{"a"}, Phase: step.phase})
		}
		s.answer = func(_ int, t float64) string {
			if t >= 1000 && t < 4000 && int(t) != int(c.at) {
				return "b"
			}
			return "a"
		}
		s.probe(0.5, 5900)
		if got := s.build(t)[0].Broken.FromFailed; got != c.want {
			t.Errorf("%s: %d answers from the dead, want %d", name, got, c.want)
		}
	}
}
