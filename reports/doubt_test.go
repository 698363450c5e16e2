package reports

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
	"anylab/scenarios"
)

// shortWaits adds samples after the decisive time, with a wait of the length
// each time that a thread was to run.
func shortWaits(f *timeline.Failover, each time.Duration) {
	for range enoughSamples {
		l := f.Loads[len(f.Loads)-1]
		l.From, l.To = l.To, l.To.Add(l.To.Sub(l.From))
		l.Waits = []record.Wait{{Role: record.Observed, PID: 7, For: 12 * each, Times: 12}}
		f.Loads = append(f.Loads, l)
	}
}

// late adds a span after the fault in which the machine was late.
func late(name string, from, to time.Duration) func(*timeline.Failover) {
	return func(f *timeline.Failover) {
		f.Delays = append(f.Delays, timeline.Delay{Name: name, From: f.Broken.Zero.Add(from), To: f.Broken.Zero.Add(to)})
	}
}

func waiting(role record.Role, sample int, d time.Duration, times int) func(*timeline.Failover) {
	return func(f *timeline.Failover) {
		f.Loads[sample].Waits = append(f.Loads[sample].Waits, record.Wait{Role: role, PID: 7, For: d, Times: times})
	}
}

func busy(f *timeline.Failover) {
	for i := range f.Loads {
		f.Loads[i].Foreign = 50 * ms
	}
}

// slow is a detection of 120 ms, where theory says at most 100.
func slow(f *timeline.Failover) {
	for i := range f.Broken.Stages[1:] {
		f.Broken.Stages[i+1].At += 20e6
	}
	for i := range f.Loads {
		f.Loads[i].To += 20e6
	}
}

// What the machine did to a sound trial widens its bounds by as much as it may
// have changed it, on the side to which it may have, and spoils nothing.
func TestDoubtsHaveASize(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil []func(*timeline.Failover)
		want  string  // name, size and side
		low   float64 // of the outage of 104 ms (103 to 105)
		high  float64
	}{
		{"nothing", nil, "", 103, 105},
		{"a thread under test waited", []func(*timeline.Failover){waiting(record.Observed, 1, 11*ms, 0)}, "run-queue 11ms low", 92, 105},
		{"so little that it is noise", []func(*timeline.Failover){waiting(record.Observed, 1, 10*ms, 0)}, "", 103, 105},
		{"little each, but together", []func(*timeline.Failover){waiting(record.Observed, 1, 6*ms, 0), waiting(record.Observing, 1, 6*ms, 0)}, "run-queue 6ms low, own-queue 6ms low", 91, 105},
		{"a timer of ours fired late: our threads waited", []func(*timeline.Failover){waiting(record.Observing, 1, 6*ms, 0), late("starved", 85*ms, 105*ms)}, "starved 20ms low", 83, 105},
		{"our threads waited for longer than the timer shows", []func(*timeline.Failover){waiting(record.Observing, 1, 30*ms, 0), late("starved", 85*ms, 105*ms)}, "own-queue 30ms low", 73, 105},
		{"the kernel's lock from before the fault", []func(*timeline.Failover){late("kernel-busy", -300*ms, 101*ms)}, "kernel-busy 101ms low", 2, 105},
		{"the kernel's lock, twice", []func(*timeline.Failover){late("kernel-busy", 80*ms, 101*ms), late("kernel-busy", 102*ms, 104*ms)}, "kernel-busy 23ms low", 80, 105},
		{"the kernel's lock after the outcome", []func(*timeline.Failover){late("kernel-busy", 110*ms, 190*ms)}, "", 103, 105},
		{"all of the time", []func(*timeline.Failover){late("kernel-busy", 0, 900*ms)}, "kernel-busy 105ms low", 0, 105},
		{"stolen", []func(*timeline.Failover){func(f *timeline.Failover) { f.Loads[1].Steal = 11 * ms }}, "steal 11ms low", 92, 105},
		{"short waits, as usual, of which a part was in the decisive time", []func(*timeline.Failover){func(f *timeline.Failover) {
			shortWaits(f, 90*time.Microsecond)
			late := &f.Loads[1]
			late.To, f.Loads[2].From = late.From.Add(105*ms), late.From.Add(105*ms)
		}, waiting(record.Observed, 1, 18*ms, 200)}, "", 103, 105},
		{"one long wait among short ones that are usual", []func(*timeline.Failover){func(f *timeline.Failover) { shortWaits(f, 40*time.Microsecond) },
			waiting(record.Observed, 1, 17*ms, 100)}, "run-queue 17ms low", 86, 105},
		{"waited until the timer ran out: there was nothing to do", []func(*timeline.Failover){waiting(record.Observed, 0, 52*ms, 0), late("kernel-busy", 0, 99*ms)}, "", 103, 105},
		{"waited from before the timer ran out until the end", []func(*timeline.Failover){waiting(record.Observed, 0, 30*ms, 0), waiting(record.Observed, 1, 52*ms, 0)}, "run-queue 82ms low", 21, 105},
		{"a checker that pauses after each check: all that it waited counts", []func(*timeline.Failover){waiting(record.Observed, 0, 30*ms, 0), func(f *timeline.Failover) { f.Broken.Stages = f.Broken.Stages[:1] }}, "run-queue 30ms low", 73, 105},
		{"not restored, and nobody was told: waiting delayed nothing", []func(*timeline.Failover){waiting(record.Observed, 0, 50*ms, 0), func(f *timeline.Failover) {
			f.Broken.Stages = f.Broken.Stages[:1]
			f.Broken.Outage = timeline.Interval{Value: 104 * ms, Low: 104 * ms, Open: true}
		}}, "", 104, math.Inf(1)},
		{"a sender that waited: its send times say so", []func(*timeline.Failover){waiting(record.Sending, 1, 50*ms, 0)}, "", 103, 105},
		{"an hour after the outcome", []func(*timeline.Failover){waiting(record.Observed, 2, time.Hour, 0), func(f *timeline.Failover) { f.Loads[2].Steal = time.Hour }}, "", 103, 105},
		{"a late sender: it is in the bounds", []func(*timeline.Failover){func(f *timeline.Failover) { f.Broken.Groups[0].EdgeBlur = 6 * ms }}, "late-sender 6ms both", 103, 105},
		{"a call that took long: it is in the bounds", []func(*timeline.Failover){func(f *timeline.Failover) { f.Broken.Bracket = 30 * ms }}, "slow-injection 30ms high", 103, 105},
		{"loss that began anew", []func(*timeline.Failover){func(f *timeline.Failover) {
			f.Doubts = []timeline.Doubt{{Name: "loss-anew", For: 500 * ms, Side: timeline.HighSide}}
		}}, "loss-anew 500ms high", 103, 605},
		{"detection beyond theory while others are busy", []func(*timeline.Failover){busy, slow}, "detection-under-load 20ms low", 83, 105},
		{"detection beyond theory on a quiet machine", []func(*timeline.Failover){slow}, "", 103, 105},
		{"detection beyond theory, which waiting explains", []func(*timeline.Failover){busy, late("kernel-busy", 100*ms, 125*ms), slow}, "kernel-busy 25ms low", 78, 105},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := sound()
			for _, spoil := range c.spoil {
				spoil(&f)
			}
			f.Doubts = weigh(&f, record.Experiment{}, &record.Bounds{Low: 90, High: 100})
			var got []string
			for _, d := range f.Doubts {
				got = append(got, d.Name+" "+d.For.String()+" "+string(d.Side))
			}
			if text := strings.Join(got, ", "); text != c.want {
				t.Errorf("doubts %q, want %q", text, c.want)
			}
			m, _ := metricOf("outage")
			if r, _ := m.of(&f); r.low != c.low || r.high != c.high {
				t.Errorf("the outage is %v, want %v to %v", r, c.low, c.high)
			}
			if s := newTrial(&f, nil, examine(evidence{Failover: f})).Status; s == Doubtful {
				t.Errorf("status %s", s)
			}
		})
	}
}

// A fault that nothing but its healing ends lasts as long as was asked for; where it
// lasted longer, that is no time of the network's.
func TestHealingThatComesLate(t *testing.T) {
	for _, c := range []struct {
		name  string
		asked time.Duration
		open  bool
		want  time.Duration
	}{
		{"as asked for", 2000 * ms, true, 0},
		{"by 5 ms, which no machine is without", 1995 * ms, true, 0},
		{"much later", 700 * ms, true, 1300 * ms},
		{"much later, when users had long been served", 700 * ms, false, 0},
		{"until the outcome is known", 0, true, 0},
	} {
		f := sound()
		s := &f.Faults[0]
		s.Heal = s.Effective.Add(2000 * ms)
		f.Broken.Outage.Open = c.open
		var got time.Duration
		for _, d := range weigh(&f, record.Experiment{Faults: []record.PlannedFault{{For: c.asked}}}, nil) {
			if d.Name == "late-healing" && d.Side == timeline.LowSide {
				got = d.For
			}
		}
		if got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// A doubt about the way back touches what came after healing, and nothing else.
func TestDoubtsTouchTheirPart(t *testing.T) {
	f := sound()
	f.Recorded = []timeline.Recorded{{Group: record.ProbeGroup{Name: "p", Rate: 1000}}}
	f.Delays = []timeline.Delay{{Name: "kernel-busy", From: f.Mended.Zero, To: f.Mended.Zero.Add(40 * ms)}}
	f.Doubts = weigh(&f, record.Experiment{}, nil)
	trial := newTrial(&f, nil, examine(evidence{Failover: f}))
	if len(trial.Doubts) != 1 || trial.Doubts[0].Name != "failback-kernel-busy" || trial.Doubts[0].MS != 40 {
		t.Fatalf("doubts %+v", trial.Doubts)
	}
	want := map[string]Bounds{"outage": {103, 105}, "switch": {103, 106}, "failback_outage": {63, 105}, "failback_switch": {63, 106}, "failback_lost": {64, 104}}
	for _, name := range []string{"lost", "longest_gap"} {
		if b, ok := trial.MetricsBounds[name]; ok {
			t.Errorf("%s has bounds %v", name, b)
		}
	}
	for name, b := range want {
		if trial.MetricsBounds[name] != b {
			t.Errorf("%s %v, want %v", name, trial.MetricsBounds[name], b)
		}
	}
	if trial.Outage.Low != 103 || trial.Failback.Outage.Low != 63 || trial.Failback.Switch.Low != 63 {
		t.Errorf("the outages' bounds are %+v and %+v", trial.Outage, trial.Failback.Outage)
	}
	// Reports of what can't be have no doubt to show.
	f.Faults = nil
	f = sound()
	if list := weigh(&f, record.Experiment{}, nil); len(list) != 0 {
		t.Errorf("a sound trial has doubts %v", list)
	}
}

// A wait that may have crossed the timer by which the failure was detected is
// worth that timer's period, both ways; one that leaves it alone is not.
func TestWaitsThatCrossATimer(t *testing.T) {
	x := record.Experiment{
		Topology: record.Topology{Links: []record.Link{{Ends: [2]record.LinkEnd{{Node: "upstream"}, {Node: "a"}},
			BGP: &record.Timers{Hold: 90 * ms, Keepalive: 30 * ms}, BFD: &record.BFDTimers{Interval: 50 * ms, Multiplier: 3}}}},
		Services: []record.Service{{Name: "dns", On: []string{"a"}, Health: record.HealthCheck{Kind: "dns", Interval: 100 * ms, Timeout: 20 * ms, Fall: 2}}},
	}
	watched := x
	watched.Services = []record.Service{x.Services[0]}
	watched.Services[0].Health.Kind = processWatch
	for _, c := range []struct {
		name   string
		x      record.Experiment
		kind   record.Kind
		role   record.Role
		before bool // the fault
		wait   time.Duration
		want   time.Duration
	}{
		{"a BFD sender before the fault", x, record.KindBFD, record.Observed, true, 13 * ms, 50 * ms},
		{"within what BFD's jitter does by itself", x, record.KindBFD, record.Observed, true, 12 * ms, 0},
		{"after the fault its packets are lost anyway", x, record.KindBFD, record.Observed, false, 13 * ms, 0},
		{"our threads send no BFD packets", x, record.KindBFD, record.Observing, true, 30 * ms, 0},
		{"a keepalive before the fault", x, record.KindRoute, record.Observed, true, 8 * ms, 30 * ms},
		{"a check that times out falsely", x, record.KindHealth, record.Observing, false, 21 * ms, 100 * ms},
		{"a service that answers a check late", x, record.KindHealth, record.Observed, true, 21 * ms, 100 * ms},
		{"less than the check's timeout", x, record.KindHealth, record.Observed, true, 20 * ms, 0},
		{"the kernel tells of the process's end", watched, record.KindHealth, record.Observed, true, 21 * ms, 0},
		{"a carrier event has no timer", x, record.KindCarrier, record.Observed, true, 21 * ms, 30 * ms},
	} {
		f := sound()
		from := f.Broken.Zero
		if c.before {
			from = from.Add(-50 * ms)
		}
		f.Loads = []timeline.Load{{Load: record.Load{From: from, Waits: []record.Wait{{Role: c.role, For: c.wait}}}, To: from.Add(50 * ms)}}
		f.Broken.Stages[1].Kind, f.Broken.Stages[1].Evidence = c.kind, "a: dns unhealthy"
		if c.kind == record.KindCarrier {
			f.Broken.Stages[1].At, c.want = f.Broken.Zero.Add(ms), 0
		}
		list := slices.DeleteFunc(weigh(&f, c.x, nil), func(d timeline.Doubt) bool { return d.Name != "timer-crossed" })
		got := time.Duration(0)
		if len(list) > 0 && list[0].Side == timeline.BothSide {
			got = list[0].For
		}
		if got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestEndsDecide: an expectation is what both ends of it say, or can't be told,
// and then it says what would tell.
func TestEndsDecide(t *testing.T) {
	trial := func(v float64, doubts ...timeline.Doubt) timeline.Failover {
		f := sound()
		d := time.Duration(v * float64(time.Millisecond))
		f.Broken.Outage = timeline.Interval{Value: d, Low: d - ms, High: d + ms}
		f.Doubts = doubts
		return f
	}
	low := timeline.Doubt{Name: "run-queue", For: 60 * ms, Side: timeline.LowSide}
	both := timeline.Doubt{Name: "timer-crossed", For: 50 * ms, Side: timeline.BothSide}
	certain := []timeline.Failover{trial(100), trial(200), trial(300), trial(400)}
	held := []timeline.Failover{trial(100), trial(200), trial(300), trial(400, low)}
	crossed := []timeline.Failover{trial(100), trial(200), trial(300, both), trial(400)}
	repaired := []timeline.Failover{trial(100), trial(137)}
	repaired[1].Broken.Outage = timeline.Interval{Value: 137 * ms, Low: 137 * ms, Open: true}
	late := []timeline.Failover{trial(3000)}
	late[0].Broken.Outage = timeline.Interval{Value: 3 * time.Second, Low: 3 * time.Second, Open: true}
	for _, c := range []struct {
		expect  string
		trials  []timeline.Failover
		ok      bool
		value   string
		decides string // the beginning; empty where it is decided
	}{
		{"max(outage) < 410ms", certain, true, "400.0 ms", ""},
		{"max(outage) < 400.5ms", certain, false, "400.0 ms", "more requests a second: 1 trial lies between 399.0 ms and 401.0 ms"},
		{"max(outage) < 390ms", certain, false, "400.0 ms", ""},
		{"max(outage) < 410ms", held, true, "400.0 ms", ""}, // it may have been shorter: so what
		{"max(outage) < 390ms", held, false, "400.0 ms", "a quieter machine: 1 trial lies between 339.0 ms and 401.0 ms because of run-queue"},
		{"max(outage) < 300ms", held, false, "400.0 ms", ""},
		{"outage < 390ms", held, false, "400.0 ms", "a quieter machine"},
		{"outage < 250ms", held, false, "400.0 ms", ""}, // the third trial breaks it for sure
		{"outage < 1s", held, true, "100.0 ms", ""},
		{"max(outage) < 410ms", crossed, true, "400.0 ms", ""},
		{"outage < 340ms", crossed, false, "400.0 ms", ""},
		{"median(outage) < 260ms", crossed, false, "250.0 ms", "a quieter machine: 1 trial lies between 249.0 ms and 351.0 ms because of timer-crossed"},
		{"median(outage) < 230ms", []timeline.Failover{trial(200), trial(300, low)}, false, "250.0 ms", "a quieter machine, or more trials"},
		{"median(outage) < 300ms", crossed, true, "250.0 ms", ""},
		{"min(outage) >= 110ms", certain, false, "100.0 ms", ""},
		{"outage < 1s", repaired, false, "not restored", "to leave the fault in effect for longer: in 1 trial it was over after 137.0 ms"},
		{"max(outage) < 1s", repaired, false, "not restored", "to leave the fault in effect"},
		{"max(outage) < 1s", late, false, "not restored", ""},
		{"min(outage) > 120ms", repaired, false, "100.0 ms", ""},
		{"outage == 400ms", []timeline.Failover{trial(400)}, false, "400.0 ms", "more requests a second"},
		{"outage != 400ms", []timeline.Failover{trial(400)}, false, "400.0 ms", "more requests a second"},
		{"outage == 500ms", []timeline.Failover{trial(400)}, false, "400.0 ms", ""},
	} {
		e, err := scenarios.ParseExpectation(c.expect)
		if err != nil {
			t.Fatal(err)
		}
		v := evaluate(e, c.trials)
		if v.OK != c.ok || v.Value != c.value || (v.Decides == "") != (c.decides == "") || !strings.HasPrefix(v.Decides, c.decides) {
			t.Errorf("%s: %v with %s (%s to %s), decides %q; want %v with %s, %q", c.expect, v.OK, v.Value, v.Low, v.High, v.Decides, c.ok, c.value, c.decides)
		}
	}
}

// A pause between two requests may hide as long an outage. Where trials are
// compared the usual one counts for nothing: it is in all of them.
func TestWhatPausesHide(t *testing.T) {
	for pause, want := range map[time.Duration]bounded{
		1100 * time.Microsecond: exactly(0), 6 * ms: exactly(0), 7 * ms: {0, 0, 7}, 80 * ms: {0, 0, 80},
	} {
		f := sound()
		f.Recorded = []timeline.Recorded{{Group: record.ProbeGroup{Name: "p", Rate: 1000}}}
		f.Broken.Outage = timeline.Interval{High: pause}
		m, _ := metricOf("outage")
		if got, _ := m.compared(&f); got != want {
			t.Errorf("a pause of %v is compared as %v, want %v", pause, got, want)
		}
		if got, _ := m.of(&f); got != (bounded{0, 0, millis(pause)}) {
			t.Errorf("a pause of %v is judged as %v", pause, got)
		}
	}
}
