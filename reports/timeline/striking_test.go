package timeline

import (
	"strings"
	"testing"

	"anylab/lab/record"
)

// twice is a trial with two faults: a's service dies at 1 s, and b's, which took
// over, some time after that.
func twice(s *sim, apart, first, second float64) {
	again := 1000 + apart
	s.route(1, "a")
	s.emit(10, "", record.Trial{Phase: record.TrialBegin})
	for id, f := range []struct {
		at float64
		on string
	}{{1000, "a"}, {again, "b"}} {
		for _, step := range []struct {
			at    float64
			phase record.FaultPhase
		}{{f.at - 0.1, record.FaultInject}, {f.at, record.FaultEffective}, {f.at + 0.5, record.FaultVerified},
			{6000, record.FaultHeal}, {6000.1, record.FaultHealed}, {6000.5, record.FaultHealVerified}} {
			s.emit(step.at, "", record.Fault{ID: id, Kind: "service-crash", On: []string{f.on}, Phase: step.phase})
		}
	}
	s.emit(1000+first-3, "a", record.Health{Service: "dns", Reason: "refused"})
	s.bgp(1000+first-2, withdraw)
	s.route(1000+first-1, "b")
	s.emit(again+second-3, "b", record.Health{Service: "dns", Reason: "refused"})
	s.bgp(again+second-2, record.BGP{From: "b", To: "upstream", Type: record.BGPUpdate, Withdraw: withdraw.Withdraw})
	s.route(again+second-1, "c")
	s.emit(8000, "", record.Trial{Phase: record.TrialEnd})
	s.answer = func(_ int, t float64) string {
		switch {
		case t < 1000, t >= 6002:
			return "a"
		case t < 1000+first, t >= again && t < again+second:
			return ""
		case t < again:
			return "b"
		}
		return "c"
	}
	s.probe(0.5, 8000)
}

// The stages are those of the fault that made users wait longest, whichever of
// the trial's it was; time zero is the first's all the same.
func TestStagesFollowTheFaultOfTheWorstGap(t *testing.T) {
	s := newSim()
	twice(s, 2000, 50, 400)
	e := s.build(t)[0].Broken
	checkBounds(t, e.Outage, 400, 3*ms)
	if got, want := stages(e), "inject 2000.00, detect 2397.00, withdraw 2398.00, receive 2398.05, install 2399.00, restore 2400.70"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if !e.Later() || e.Struck.On[0] != "b" || !strings.HasSuffix(e.Stages[0].Evidence, "on b") || e.Zero != at(1000) {
		t.Errorf("later %v, %q, zero %d", e.Later(), e.Stages[0].Evidence, e.Zero)
	}
}

func TestStagesFollowTheFirstFault(t *testing.T) {
	s := newSim()
	twice(s, 2000, 400, 50)
	e := s.build(t)[0].Broken
	checkBounds(t, e.Outage, 400, 3*ms)
	if got, want := stages(e), "inject 0.00, detect 397.00, withdraw 398.00, receive 398.05, install 399.00, restore 400.70"; got != want || e.Later() {
		t.Errorf("%s, want %s", got, want)
	}
}

// A fault that comes before service has lasted makes one outage with the first. Its
// stages are those of the fault whose part of it was longer, and time in which users
// were served is in none, however short it was.
func TestStagesOfAnOutageOfTwoFaultsFollowOne(t *testing.T) {
	for _, c := range []struct {
		apart, first, second float64
		outage               float64
		want                 string
	}{
		{600, 150, 200, 800, "inject 600.00, detect 797.00, withdraw 798.00, receive 798.05, install 799.00, restore 800.70"},
		{600, 200, 150, 750, "inject 0.00, detect 197.00, withdraw 198.00, receive 198.05, install 199.00, restore 200.70"},
		{200, 150, 180, 380, "inject 200.00, detect 377.00, withdraw 378.00, receive 378.05, install 379.00, restore 380.70"},
		{200, 180, 150, 350, "inject 0.00, detect 177.00, withdraw 178.00, receive 178.05, install 179.00, restore 180.70"},
	} {
		s := newSim()
		twice(s, c.apart, c.first, c.second)
		e := s.build(t)[0].Broken
		checkBounds(t, e.Outage, c.outage, 3*ms)
		if got := stages(e); got != c.want {
			t.Errorf("%g ms apart, %g and %g: %s, want %s", c.apart, c.first, c.second, got, c.want)
		}
	}
}

// Of an outage that only the repair ended, the stages are those of the fault that
// made it last.
func TestStagesOfAnOutageThatASecondFaultKeepsUp(t *testing.T) {
	s := newSim()
	twice(s, 400, 150, 10000)
	if e := s.build(t)[0].Broken; !e.Outage.Open || !e.Later() || e.Struck.On[0] != "b" {
		t.Errorf("open %v, of the fault on %v: %s", e.Outage.Open, e.Struck.On, stages(e))
	}
}

// A fault of a site that served nobody makes nobody wait: what service failed for
// after it is the first fault's.
func TestStagesFollowNoFaultElsewhere(t *testing.T) {
	s := newSim()
	twice(s, 300, 150, 200)
	for i, e := range s.events {
		if d, ok := e.Data.(record.Fault); ok && d.ID == 1 {
			d.On = []string{"c"}
			s.events[i].Data = d
		}
	}
	if e := s.build(t)[0].Broken; e.Later() || e.Struck.On[0] != "a" {
		t.Errorf("of the fault on %v: %s", e.Struck.On, stages(e))
	}
}

// Who was cut off until the repair was so for what is left of that after it. Of a
// client that is far away the requests of the last round trip before it are
// neither its nor the fault's.
func TestFailbackOfWhoWasCutOffUntilThen(t *testing.T) {
	for _, rtt := range []float64{0.2, 200} {
		s := newSim()
		s.route(1, "a")
		s.trial(300, 1000, 4000, 8000, "service-crash", "a")
		s.rtt = rtt
		reached := func(t float64) float64 { return t - rtt/2 } // sent then, a request is at the site at the time
		s.answer = func(_ int, t float64) string {
			if t >= reached(1000) && t < reached(4050) {
				return ""
			}
			return "a"
		}
		s.probe(0.5, 8000)
		f := s.build(t)[0]
		if o := f.Mended.Outage; o.Open || o.Value < 48*ms || o.Value > 53*ms || o.Low > 50*ms || o.High < 50*ms {
			t.Errorf("a round trip of %v ms: failback outage %+v, want 50 ms", rtt, o)
		}
	}
}

// A request over a connection of its own passes the broken place twice, a round
// trip apart: of a fault that is shorter than that there are two gaps, and where
// its healing moves no route, it made neither.
func TestBothGapsAreThoseOfAShortFault(t *testing.T) {
	s := newSim()
	s.route(1, "a")
	s.trial(300, 3000, 3700, 8000, "blackhole", "a")
	s.rtt = 1600
	s.answer = func(_ int, t float64) string {
		if asked := t >= 1800 && t < 2300; asked || t >= 2600 && t < 3300 {
			return ""
		}
		return "a"
	}
	s.probe(0.5, 8000)
	f := s.build(t)[0]
	if f.Broken.Lost != 1200 || f.Mended.Lost != 0 {
		t.Errorf("%d lost by the fault and %d by its healing, want 1200 and 0", f.Broken.Lost, f.Mended.Lost)
	}
}

// Somebody else is far away: of a client that was cut off until the repair, what it
// had lost by then is the fault's all the same.
func TestLossBeforeTheHealingIsTheFaults(t *testing.T) {
	s := newSim()
	s.route(1, "a")
	s.trial(300, 1000, 4000, 6000, "service-crash", "a")
	s.answer = func(_ int, t float64) string {
		if t >= 1000 && t < 4010 {
			return ""
		}
		return "a"
	}
	s.probe(0.5, 6000)
	f := s.build(t, s.also("far-dns", 0.5, 6000, 70, func(int, float64) string { return "c" }))[0]
	if broken, mended := f.Broken.Groups[0], f.Mended.Groups[0]; broken.Lost != 3000 || mended.Lost != 10 || f.Broken.Lost != 3000 || f.Mended.Lost != 10 {
		t.Errorf("%d lost by the fault and %d by its healing, %d and %d in all, want 3000 and 10", broken.Lost, mended.Lost, f.Broken.Lost, f.Mended.Lost)
	}
	checkBounds(t, f.Mended.Outage, 10, 2*ms)
	if n := f.Broken.Sent + f.Mended.Sent; n != 2*(f.Broken.Groups[0].Sent+f.Mended.Groups[0].Sent) {
		t.Errorf("%d requests were sent in all, and %d of the first group", n, f.Broken.Groups[0].Sent+f.Mended.Groups[0].Sent)
	}
}
