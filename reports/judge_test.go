package reports

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"anylab/lab/record"
	"anylab/reports/timeline"
	"anylab/scenarios"
)

const ms = time.Millisecond

// crashing is the experiment service-crash.
func crashing(t *testing.T) *record.Experiment {
	t.Helper()
	s, err := scenarios.Load("service-crash")
	if err != nil {
		t.Fatal(err)
	}
	return s.Experiment()
}

// sound is a trial that leaves nothing to doubt.
func sound() timeline.Failover {
	zero := record.Time(10 * time.Second)
	stage := func(name timeline.StageName, after time.Duration) timeline.Stage {
		return timeline.Stage{Name: name, At: zero.Add(after)}
	}
	episode := func(zero record.Time) timeline.Episode {
		return timeline.Episode{
			Zero: zero, Bracket: ms, Start: zero.Add(-ms), Until: zero.Add(3 * time.Second),
			Routers: []string{"upstream"}, Restored: true, Sustained: true, Rerouted: true, Sent: 3000, Lost: 104,
			Groups: []timeline.Group{{Name: "p", Sent: 3000, Lost: 104, Together: true, Affected: 1, Gaps: 1, Longest: 104 * ms,
				LossDerived: 104 * ms, Ended: timeline.ByFailover, Outage: timeline.Interval{Value: 104 * ms, Low: 103 * ms, High: 105 * ms}}},
			Flows:  []timeline.Flow{{Group: "p", Sent: 3000, Lost: 104}, {Group: "p", Flow: 1}},
			Outage: timeline.Interval{Value: 104 * ms, Low: 103 * ms, High: 105 * ms}, EndedBy: timeline.ByFailover,
			Switch: &timeline.Interval{Value: 105 * ms, Low: 103 * ms, High: 106 * ms},
		}
	}
	f := timeline.Failover{
		Fault: "service-crash", On: []string{"a"}, Node: "a", Begin: 1, End: zero.Add(9 * time.Second),
		Faults: []timeline.Steps{{Kind: "service-crash", On: []string{"a"}, Silences: true, Inject: 1, Effective: 2, Verified: 3, Heal: 4, Healed: 5, HealedVerified: 6}},
		Before: timeline.Before{Sent: 500}, Broken: episode(zero), Mended: episode(zero.Add(3 * time.Second)),
	}
	gap := func(e timeline.Episode) timeline.Gap {
		return timeline.Gap{First: e.Zero, After: e.Zero.Add(104 * ms), Lost: 104, Ended: timeline.ByFailover}
	}
	f.Interruptions = []timeline.Interruption{{Group: "p", Gaps: []timeline.Gap{gap(f.Broken), gap(f.Mended)},
		Interval: timeline.Interval{Value: 208 * ms, Low: 206 * ms, High: 210 * ms}}}
	f.Broken.Stages = []timeline.Stage{
		stage(timeline.Inject, 0), stage(timeline.Detect, 100*ms), stage(timeline.Withdraw, 101*ms),
		stage(timeline.Receive, 101*ms), stage(timeline.Install, 103*ms), stage(timeline.Restore, 105*ms),
	}
	f.Mended.Stages = []timeline.Stage{{Name: timeline.Heal, At: f.Mended.Zero}}
	f.CPUs, f.Procs = 2, map[int]string{7: "speaker on a"}
	for i := range 3 { // the last one begins when traffic has moved
		from := zero.Add(time.Duration(i) * 105 * ms / 2)
		f.Loads = append(f.Loads, timeline.Load{Load: record.Load{From: from, Idle: 100 * ms}, To: from.Add(105 * ms / 2)})
	}
	f.Loads = append(f.Loads, timeline.Load{Load: record.Load{From: f.Loads[2].To}, To: f.End})
	return f
}

func TestSoundTrialHasNoFindings(t *testing.T) {
	if list := examine(evidence{Failover: sound(), theory: &record.Bounds{Low: 90, High: 200}}); len(list) != 0 {
		t.Errorf("findings %s", names(list))
	}
}

// spoilt is a sound trial with one thing wrong, and what is found.
var spoilt = []struct {
	want     string
	severity Severity
	spoil    func(f *timeline.Failover)
}{
	{"answers-from-the-dead", Doubt, func(f *timeline.Failover) { f.Broken.FromFailed = 2 }},
	{"capture-overrun", Doubt, func(f *timeline.Failover) { f.Findings = []record.Finding{{Name: "capture-overrun"}} }},
	{"clock-unwatched", Doubt, func(f *timeline.Failover) { f.Unclocked = 6 * time.Second }},
	{"clock-step", Doubt, func(f *timeline.Failover) { f.Clock = 2 * ms }},
	{"clock-step", Doubt, func(f *timeline.Failover) {
		f.Clock, f.Findings = 2*ms, []record.Finding{{Name: "clock-step", Detail: "by 2ms"}}
	}},
	{"failback-not-restored", Note, func(f *timeline.Failover) { f.Mended.Restored = false }},
	{"failback-stage-order", Note, func(f *timeline.Failover) {
		f.Mended.Stages = append(f.Mended.Stages, timeline.Stage{Name: timeline.Detect, At: f.Mended.Zero - 5e6})
	}},
	{"fault-not-verified", Doubt, func(f *timeline.Failover) { f.Faults[0].Verified, f.Faults[0].Err = 0, "still there" }},
	{"fault-not-verified", Doubt, func(f *timeline.Failover) { f.Faults[0].Verified = 0 }},
	{"forced-back", Note, func(f *timeline.Failover) {
		f.Forced = []record.Force{{How: record.ClearSessions, On: []string{"b"}, Why: []string{"b serves"}}, {How: record.Rebuild, Why: []string{"b serves"}}}
	}},
	{"foreign-cpu", Note, func(f *timeline.Failover) { f.Loads[0].Foreign = 110 * ms }},
	{"gate-not-met", Doubt, func(f *timeline.Failover) { f.Begin = 0 }},
	{"healed-early", Note, func(f *timeline.Failover) { f.Broken.Sustained = false }},
	{"healing-not-verified", Doubt, func(f *timeline.Failover) { f.Faults[0].HealedVerified = 0 }},
	{"healing-not-verified", Doubt, func(f *timeline.Failover) { f.Faults[0].HealedVerified, f.Faults[0].Err = 0, "still broken" }},
	{"inconsistent", Doubt, func(f *timeline.Failover) { f.Broken.Groups[0].Lost = 0 }},
	{"inconsistent", Doubt, func(f *timeline.Failover) { f.Mended.Groups[0].Gaps = 0 }},
	{"inconsistent", Doubt, func(f *timeline.Failover) { f.Broken.Outage.Value = 150 * ms }},
	{"inconsistent", Doubt, func(f *timeline.Failover) {
		f.Broken.Outage, f.Broken.Groups[0].Gaps = timeline.Interval{Value: 900 * ms, Low: 899 * ms, High: 901 * ms}, 2
	}},
	{"inconsistent", Doubt, func(f *timeline.Failover) {
		f.Interruptions[0].Interval, f.Interruptions[0].Gaps = timeline.Interval{Value: 50 * ms, Low: 49 * ms, High: 51 * ms}, f.Interruptions[0].Gaps[:1]
	}},
	{"inconsistent", Doubt, func(f *timeline.Failover) { f.Broken.Groups[0].LossDerived = 400 * ms }},
	{"inconsistent", Doubt, clientWith(func(e *timeline.Episode) { e.Groups[0].Lost = 0 })},
	{"inconsistent", Doubt, clientWith(func(e *timeline.Episode) { e.Groups[0].Longest = 50 * ms })},
	{"inconsistent", Doubt, clientWith(func(e *timeline.Episode) { e.Groups[0].LossDerived = 400 * ms })},
	{"late-requests", Note, func(f *timeline.Failover) { f.Broken.Groups[0].Late = 151 }},
	{"loss-before", Doubt, func(f *timeline.Failover) { f.Before.Lost = 1 }},
	{"loss-without-fault", Doubt, func(f *timeline.Failover) { f.Faults, f.Fault = nil, "" }},
	{"netlink-overrun", Doubt, func(f *timeline.Failover) { f.Findings = []record.Finding{{Name: "netlink-overrun"}} }},
	{"machine-unwatched", Doubt, func(f *timeline.Failover) { f.Loads = nil }},
	{"machine-unwatched", Doubt, func(f *timeline.Failover) { f.Loads = f.Loads[1:] }},
	{"no-samples", Doubt, func(f *timeline.Failover) { f.Broken.Groups[0].Sent = 0 }},
	{"no-samples", Doubt, func(f *timeline.Failover) { f.Broken.Groups = nil }},
	{"no-way-back", Note, func(f *timeline.Failover) {
		f.Mute = []timeline.Mute{{Client: "london", Site: "b", Node: "b", For: 2 * time.Second}}
	}},
	{"outside-theory", Note, func(f *timeline.Failover) { f.Broken.Stages[1].At = f.Broken.Zero }},
	{"partial-loss", Note, func(f *timeline.Failover) { spread(&f.Broken, 100*ms) }},
	{"partial-loss", Note, func(f *timeline.Failover) { spread(&f.Broken, 100*ms); flowByFlow(&f.Broken) }},
	{"pressure", Note, func(f *timeline.Failover) { f.Loads[0].Stall, f.Loads[1].Stall = 100*ms, 20*ms }},
	{"probe-record-gap", Doubt, func(f *timeline.Failover) { f.Recorded = []timeline.Recorded{{Last: f.End, Missing: 1}} }},
	{"record-cut-short", Doubt, func(f *timeline.Failover) { f.End = 0 }},
	{"something-new", Doubt, func(f *timeline.Failover) { f.Findings = []record.Finding{{Name: "something-new"}} }},
	{"stage-order", Doubt, func(f *timeline.Failover) { f.Broken.Stages[5].At -= 5e6 }},
	{"stage-order", Doubt, func(f *timeline.Failover) { f.Broken.Stages[2].At -= 5e6 }},
	{"two-names", Note, func(f *timeline.Failover) { f.Recorded = []timeline.Recorded{{Last: f.End, Torn: 2}} }},
	{"unexplained", Note, func(f *timeline.Failover) { f.Broken.EndedBy, f.Broken.Switch = timeline.ByNothing, nil }},
	{"unwatched", Note, func(f *timeline.Failover) { f.Loads[0].Missed = "no PSI" }},
}

// clientWith gives the trial a client of whose outage one figure is wrong.
func clientWith(spoil func(e *timeline.Episode)) func(f *timeline.Failover) {
	return func(f *timeline.Failover) {
		own := sound()
		spoil(&own.Broken)
		f.Clients = []timeline.Client{{Name: "paris", Service: "dns", Failover: own}}
	}
}

// spread makes so much loss one of an outage of 500 ms, in several gaps between
// which routes moved.
func spread(e *timeline.Episode, lost time.Duration) {
	e.Outage = timeline.Interval{Value: 500 * ms, Low: 499 * ms, High: 501 * ms}
	e.Changes = 3
	g := &e.Groups[0]
	g.Outage, g.Gaps, g.Longest, g.LossDerived = e.Outage, 3, 200*ms, lost
}

// flowByFlow makes the group's flows fail each by itself, of which one did.
func flowByFlow(e *timeline.Episode) {
	e.Groups[0].Together = false
	gap := timeline.Gap{First: e.Zero, After: e.Zero.Add(200 * ms)}
	e.Flows[0].Gaps, e.Flows[0].Outage = []timeline.Gap{gap, gap, gap}, &e.Outage
}

// Every check fires on what it is for, and nothing else fires with it.
func TestFindings(t *testing.T) {
	for _, c := range spoilt {
		t.Run(c.want, func(t *testing.T) {
			f := sound()
			c.spoil(&f)
			list := examine(evidence{Failover: f, theory: &record.Bounds{Low: 90, High: 200}})
			if len(list) != 1 || list[0].Name != c.want || list[0].Severity != c.severity {
				t.Fatalf("findings %s, want %s(%s)", names(list), c.want, c.severity)
			}
			want := OK
			if c.severity == Doubt {
				want = Doubtful
			}
			if got := newTrial(&f, nil, list).Status; got != want {
				t.Errorf("status %s, want %s", got, want)
			}
		})
	}
}

// What looks like a doubt and is none.
func TestNoFalseFindings(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(f *timeline.Failover)
	}{
		{"the old node answers after a cut link: it is alive", func(f *timeline.Failover) { f.Faults[0].Silences, f.Broken.FromFailed = false, 5 }},
		{"stamps of different sources within the slack", func(f *timeline.Failover) { f.Broken.Stages[2].At -= 15e5 }},
		{"the last of two routers is slower than the users' one", func(f *timeline.Failover) {
			f.Broken.Routers = []string{"r1", "r2"}
			f.Broken.Stages[4].At += 50e6
		}},
		{"late, but not near an edge and not often", func(f *timeline.Failover) {
			f.Broken.Groups[0].Late = 100
			f.Findings = []record.Finding{{Name: "late-sender", Detail: "1 request"}}
		}},
		{"a quiet run without a fault", func(f *timeline.Failover) {
			f.Faults, f.Broken.Lost, f.Broken.Outage = nil, 0, timeline.Interval{High: ms}
		}},
		{"an hour of waiting, outside of the decisive time", func(f *timeline.Failover) {
			late := &f.Loads[2]
			late.Steal, late.Foreign, late.Stall, late.Missed = time.Hour, time.Hour, time.Hour, "everything"
			late.Waits = []record.Wait{{Role: record.Observed, For: time.Hour}}
		}},
		{"a sender that waited: its send times say so", func(f *timeline.Failover) {
			f.Loads[0].Waits = []record.Wait{{Role: record.Sending, For: 90 * ms}}
		}},
		{"no healing, so none to be early", func(f *timeline.Failover) { f.Broken.Sustained, f.Mended = false, timeline.Episode{} }},
	} {
		f := sound()
		c.spoil(&f)
		if list := examine(evidence{Failover: f, theory: &record.Bounds{Low: 90, High: 200}}); len(list) != 0 {
			t.Errorf("%s: %s", c.name, names(list))
		}
	}
}

func TestChecksAreSortedAndNamedOnce(t *testing.T) {
	if !slices.IsSortedFunc(checks, func(a, b check) int { return strings.Compare(a.name, b.name) }) {
		t.Error("checks are not sorted")
	}
}

func TestEveryMetricIsMeasured(t *testing.T) {
	var measured []string
	for _, m := range metrics {
		measured = append(measured, m.name)
	}
	slices.Sort(measured)
	if diff := cmp.Diff(record.MetricNames(), measured); diff != "" {
		t.Errorf("metrics that can be expected, and those that are measured (-expected +measured):\n%s", diff)
	}
	want := map[string]float64{
		"interruption": 208, "outage": 104, "loss_derived_outage": 104, "longest_gap": 104, "detection": 100, "withdrawal": 1, "receipt": 0,
		"installation": 1.5, "restoration": 1, "switch": 105, "failback_outage": 104, "failback_switch": 105, "lost": 104,
		"loss_before": 7, "failback_lost": 104, "misrouted": 3, "duplicate": 4, "reordered": 5, "gaps": 1, "affected": 1, "affected_flows": 2, "rerouted": 1,
		"moved_needlessly": 6, "tcp_sessions": 10, "tcp_survived": 1, "tcp_reset": 2, "tcp_closed": 3, "tcp_timeout": 4, "app_wait": 600,
		"rib_in": 3, "rib_out": 4, "propagation": 0.25, "announcement": 0.25, "return": 1, "rtt": 2, "rtt_after": 90, "rtt_healed": 3, "penalty": 88, "optimal": 1,
		"seen": 1000, "alerted": 2000,
	}
	f := sound()
	best := true
	f.Optimal = &best
	f.RoundTrip = timeline.RoundTrips{Before: 2 * ms, After: 90 * ms, Healed: 3 * ms}
	for i, more := range []timeline.Stage{
		{Name: timeline.Announce, At: f.Broken.Zero.Add(101250 * time.Microsecond)},
		{Name: timeline.Propagate, At: f.Broken.Zero.Add(101500 * time.Microsecond)},
	} {
		f.Broken.Stages = slices.Insert(f.Broken.Stages, 4+i, more)
	}
	f.Broken.Stages = slices.Insert(f.Broken.Stages, 7, timeline.Stage{Name: timeline.Return, At: f.Broken.Zero.Add(104 * ms)})
	f.Broken.Relays = []timeline.Relay{{In: f.Broken.Zero, Installed: f.Broken.Zero.Add(3 * ms), Out: f.Broken.Zero.Add(4 * ms)}}
	f.Alerts = []timeline.Alert{{At: f.Broken.Zero.Add(1000 * ms)}, {At: f.Broken.Zero.Add(2000 * ms), Alert: record.Alert{Firing: true}}}
	needless := 6
	f.Broken.Needless = &needless
	f.Broken.Streams = &timeline.Streams{Sessions: 10, Survived: 1, Reset: 2, Closed: 3, TimedOut: 4,
		Waits: []timeline.Wait{{Time: 200 * ms}, {Time: 600 * ms}, {Time: ms}}}
	f.Before.Lost, f.Broken.Misrouted, f.Broken.Duplicate, f.Broken.Reordered = 7, 3, 4, 5
	for _, m := range metrics {
		if r, ok := m.of(&f); !ok || r.value != want[m.name] || r.low > r.value || r.high < r.value {
			t.Errorf("%s = %v, %v; want %v", m.name, r, ok, want[m.name])
		}
	}
	f.Broken.Outage.Open, f.Broken.Restored, f.Broken.Switch, f.Mended.Switch = true, false, nil, nil
	f.Broken.Streams.Waits[2].Open = true
	for _, name := range []string{"outage", "restoration", "switch", "failback_switch", "app_wait"} {
		m, _ := metricOf(name)
		if r, ok := m.of(&f); !ok || !math.IsInf(r.value, 1) || math.IsInf(r.low, 1) || !math.IsInf(r.high, 1) {
			t.Errorf("%s = %v, %v of a trial that was not restored; want +Inf, and what was waited", name, r, ok)
		}
	}
	f.Mended.Zero, f.Broken.Stages, f.Broken.Streams, f.Broken.Needless = 0, nil, nil, nil
	for _, name := range []string{"failback_outage", "failback_switch", "failback_lost", "detection", "withdrawal",
		"moved_needlessly", "tcp_sessions", "tcp_reset", "app_wait"} {
		m, _ := metricOf(name)
		if r, ok := m.of(&f); ok {
			t.Errorf("%s = %v though nothing was seen", name, r)
		}
	}
}

func TestExpectations(t *testing.T) {
	var list []timeline.Failover
	for _, outage := range []time.Duration{100, 200, 300, 400} {
		f := sound()
		f.Broken.Outage = timeline.Interval{Value: outage * ms, Low: outage * ms, High: outage * ms}
		list = append(list, f)
	}
	censored := slices.Clone(list)
	censored[3].Broken.Outage.Open = true
	blind := slices.Clone(list)
	for i := range blind {
		blind[i].Broken.Stages = nil
	}
	for _, c := range []struct {
		expect string
		trials []timeline.Failover
		ok     bool
		value  string
	}{
		{"max(outage) < 401ms", list, true, "400.0 ms"},
		{"max(outage) < 400ms", list, false, "400.0 ms"},
		{"max(outage) <= 400ms", list, true, "400.0 ms"},
		{"min(outage) >= 100ms", list, true, "100.0 ms"},
		{"min(outage) > 100ms", list, false, "100.0 ms"},
		{"median(outage) < 251ms", list, true, "250.0 ms"},
		{"mean(outage) < 1s", list, true, "250.0 ms"},
		{"mean(outage) < 1s", censored, false, "not restored"},
		{"p90(outage) < 1s", list, true, "400.0 ms"},
		{"p95(outage) < 1s", censored, false, "not restored"},
		{"p99(outage) < 1s", list, true, "400.0 ms"},
		{"min(outage) < 1s", censored, true, "100.0 ms"},
		{"outage < 300ms", list, false, "400.0 ms"},
		{"outage < 1s", list, true, "100.0 ms"},
		{"lost == 104", list, true, "104"},
		{"lost != 104", list, false, "104"},
		{"rerouted == 0", list, false, "1"},
		{"max(detection) < 1s", blind, false, "not observed"},
		{"max(outage) < 1s", nil, false, notJudged},
	} {
		e, err := scenarios.ParseExpectation(c.expect)
		if err != nil {
			t.Fatal(err)
		}
		v := evaluate(e, c.trials)
		if v.OK != c.ok || v.Value != c.value {
			t.Errorf("%s: %v with %s, want %v with %s", c.expect, v.OK, v.Value, c.ok, c.value)
		}
	}
}

func TestMedianOutsideTheoryIsNoted(t *testing.T) {
	good := []timeline.Failover{sound()}
	if got := medianTheory(good, &record.Bounds{Low: 90, High: 96}); got != "" {
		t.Errorf("100 ms is within 96 ms and the slack, yet: %s", got)
	}
	for _, b := range []record.Bounds{{Low: 102, High: 200}, {Low: 10, High: 94}} {
		if medianTheory(good, &b) == "" {
			t.Errorf("a median of 100 ms is not within %v", b)
		}
	}
}

func TestCutLogsAreNoted(t *testing.T) {
	res := Result{}
	res.logsCut([]record.CutLog{{Log: "a/dns-health.log", Written: 9_812_345_678, Kept: 64_000_089}, {Log: "b/dns.log", Kept: 64_000_089}})
	want := []Finding{
		{"log-cut", Note, "9.8 GB were printed to logs/a/dns-health.log, of which the head and the tail are kept"},
		{"log-cut", Note, "more than 64 MB were printed to logs/b/dns.log, of which the head and the tail are kept"},
	}
	if !slices.Equal(res.Findings, want) {
		t.Errorf("%v, want %v", res.Findings, want)
	}
}

func TestWarningsAreNotedUnlessATrialTells(t *testing.T) {
	told, other := "b: b.conf:2: b announces nothing: eBGP without a policy", "c: c.conf:7: no link of c leads to 10.0.0.9"
	res := Result{Trials: []Trial{{Findings: []Finding{{untouchedFinding, Note, "nobody asked; b.conf:2: b announces nothing: eBGP without a policy"}}}}}
	res.warned([]string{told, other})
	if want := []Finding{{"warning", Note, other}}; !slices.Equal(res.Findings, want) {
		t.Errorf("%v, want %v", res.Findings, want)
	}
}

func TestExplain(t *testing.T) {
	dead := sound()
	dead.Broken.Outage.Open = true
	repaired := dead
	repaired.Interruptions = []timeline.Interruption{{Interval: timeline.Interval{Value: 137 * ms, Low: 136 * ms, High: 138 * ms}, Gaps: make([]timeline.Gap, 1)}}
	short := sound()
	short.Interruptions = []timeline.Interruption{{Interval: short.Broken.Outage, Gaps: make([]timeline.Gap, 1)}}
	quiet := sound()
	quiet.Fault, quiet.Broken.Outage, quiet.Interruptions = "", timeline.Interval{High: ms}, nil
	moved := sound()
	moved.Broken.Outage, moved.Interruptions = timeline.Interval{High: ms}, nil
	for _, c := range []struct {
		f    []timeline.Failover
		want string
	}{
		{[]timeline.Failover{sound()}, "users were typically cut off for 208.0 ms in all, in up to 2 gaps, the failover's outage was 104.0 ms; of the time until traffic had moved, detection took the most: 100.0 ms (95 %)."},
		{[]timeline.Failover{short}, "users were typically cut off for 104.0 ms; of the time until traffic had moved, detection took the most: 100.0 ms (95 %)."},
		{[]timeline.Failover{dead, dead, sound()}, "in 2 of 3 trials users were not served again until the fault was healed: they were typically cut off for 208.0 ms in all, in up to 2 gaps."},
		{[]timeline.Failover{repaired}, "in 1 of 1 trial users were not served again until the fault was healed: they were typically cut off for 137.0 ms."},
		{[]timeline.Failover{quiet}, "nothing was broken, and nothing was lost."},
		{[]timeline.Failover{moved}, "typically nothing was lost; of the time until traffic had moved, detection took the most: 100.0 ms (95 %)."},
	} {
		if got := explain(nil, c.f, nil, false); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	users := short
	users.Broken.Flows = nil
	for _, each := range []time.Duration{20, 30, 104} {
		users.Broken.Flows = append(users.Broken.Flows, timeline.Flow{Outage: &timeline.Interval{Value: each * ms, Low: each * ms, High: each * ms}})
	}
	if got := explain(nil, []timeline.Failover{users}, nil, true); !strings.HasPrefix(got, "half of the users were typically cut off for no longer than 30.0 ms, the last of them for 104.0 ms; ") {
		t.Errorf("of users who fare differently it says %q", got)
	}
	b := &record.Bounds{Low: 90, High: 110, Why: "BFD: 3 x 50ms"}
	if got := explain(nil, []timeline.Failover{sound()}, b, false); !strings.HasSuffix(got, "(95 %). A detection after 90.0 to 110.0 ms was to be expected: BFD: 3 x 50ms.") {
		t.Errorf("%q does not name the timer", got)
	}
	if got := explain(nil, []timeline.Failover{sound()}, &record.Bounds{Low: 10, High: 20, Why: "BFD"}, false); strings.Contains(got, "BFD") {
		t.Errorf("%q: the timer that should have decided did not", got)
	}
	if got := explain(nil, []timeline.Failover{quiet}, b, false); strings.Contains(got, "BFD") {
		t.Errorf("%q names a timer, though nothing was broken", got)
	}
	if got := explain(nil, []timeline.Failover{second()}, b, false); strings.Contains(got, "BFD") {
		t.Errorf("%q names the first fault's timer, though the stages are of the second", got)
	}
}

func TestNothingToExplainSaysWhy(t *testing.T) {
	out := func(list ...Finding) Trial { return Trial{Index: 1, Findings: list} }
	note := Finding{"pressure", Note, "some task waited"}
	for _, c := range []struct {
		trials []Trial
		want   string
	}{
		{nil, "no trial is conclusive."},
		{[]Trial{out(note, Finding{untouchedFinding, Note, "b served nobody"}), out(Finding{"loss-before", Doubt, "3 were lost"})}, "no trial is conclusive; trial 2: b served nobody."},
		{[]Trial{out(note, Finding{"loss-before", Doubt, "3 were lost"})}, "no trial is conclusive; trial 2: 3 were lost."},
	} {
		res, own := Result{Trials: c.trials}, &cell{}
		for i := range c.trials {
			own.trials = append(own.trials, i)
		}
		if got := res.nothingToExplain(own); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestInconclusiveLeadNamesTheFirstDoubt(t *testing.T) {
	few, calibration := Finding{"too-few-trials", Doubt, "1 of 2"}, Finding{"calibration-error", Doubt, "1 of 12"}
	doubted := Trial{Findings: []Finding{{"pressure", Note, "waited"}, {"loss-before", Doubt, "3 were lost"}}}
	for _, c := range []struct {
		res  Result
		want string
	}{
		{Result{Verdict: Pass, Trials: []Trial{doubted}}, ""},
		{Result{Verdict: Inconclusive, Findings: []Finding{few, calibration}}, "calibration-error (the run)"},
		{Result{Verdict: Inconclusive, Findings: []Finding{few}, Trials: []Trial{doubted}}, "loss-before (trial 1)"},
		{Result{Verdict: Inconclusive, Findings: []Finding{few}}, ""},
		{Result{Verdict: Inconclusive, Findings: []Finding{{"pressure", Note, "waited"}}}, "an expectation holds at one end of its bounds only"},
	} {
		if got := (&Report{Result: c.res}).firstDoubt(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for v, want := range map[Number]string{
		1.23456: "1.235", -0.0001: "0", 0: "0", Number(math.Inf(1)): "null", Number(math.NaN()): "null", 1e9: "1000000000",
	} {
		if text, err := v.MarshalJSON(); err != nil || string(text) != want {
			t.Errorf("%v: %s, %v; want %s", float64(v), text, err, want)
		}
	}
}
