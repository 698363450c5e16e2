package reports

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
	"anylab/scenarios"
)

// standard is a run whose report follows RFC 7747: service crashes, in a
// scenario that asks for it.
func standard(n int) story {
	s := crashes(n)
	s.set = []string{"standard=rfc7747"}
	return s
}

func TestRFC7747(t *testing.T) {
	s := standard(4)
	s.trials[3].lossBefore = true
	r := s.load(t)
	if len(r.Result.RFC7747) != 1 {
		t.Fatalf("%d sections, want one", len(r.Result.RFC7747))
	}
	sec := r.Result.RFC7747[0]
	// Section 6 of the RFC, item by item.
	for _, name := range []string{
		"test topology", "parallel links", "interface type", "convergence event", "eBGP sessions", "iBGP sessions",
		"eBGP neighbors", "iBGP neighbors", "routes per peer", "total unique routes", "total non-unique routes", "IGP configured",
		"route mixture", "route packing", "policy configured", "SIDR origin authentication", "BGPsec", "packet size offered to the DUT",
		"offered load", "packet sampling interval on the tester", "forwarding delay threshold",
		"interface failure indication delay", "hold time", "MinRouteAdvertisementInterval (MRAI)", "MinASOriginationInterval (MAOI)",
		"keepalive time", "ConnectRetry", "TCP maximum segment size", "TCP slow start threshold, maximum window size",
	} {
		if p := parameter(sec, name); p.Value == "" {
			t.Errorf("the parameter %q is not stated", name)
		}
	}
	for name, want := range map[string]string{
		"eBGP sessions": "3", "iBGP sessions": "0", "total non-unique routes": "2", "hold time": "9", "keepalive time": "3",
		"offered load": "1000", "forwarding delay threshold": "1", "convergence event": "service-crash on a", "BFD": "none",
	} {
		if got := parameter(sec, name).Value; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for bytes, want := range map[int]string{42: "42 + 8 + 20", 0: "not recorded"} {
		in := conditions{groups: []record.ProbeGroup{{Client: "london", Service: "dns", Kind: "dns", Payload: bytes}}}
		if got := in.load(*r.Run.Experiment)[0].Value; got != want {
			t.Errorf("packets of %d bytes are stated as %q, want %q", bytes, got, want)
		}
	}
	for _, part := range [][]Benchmark{sec.Event, sec.Reversion} {
		for _, name := range []string{
			"packets offered to the DUT", "packets forwarded by the DUT", "connectivity packet loss", "convergence packet loss",
			"out-of-order packets", "duplicate packets", "first route convergence time", "full convergence time", "loss-derived convergence time",
			"route-specific convergence time, minimum", "route-specific convergence time, maximum", "route-specific convergence time, median",
			"route-specific convergence time, average", "loss of connectivity period, longest",
			"route-specific loss of connectivity, minimum", "route-specific loss of connectivity, average",
			ribInTime,
		} {
			if b := found7747(part, name); b.N != 3 {
				t.Errorf("%s: %d trials, want the 3 conclusive ones", name, b.N)
			}
		}
	}
	offered, forwarded, lost := found7747(sec.Event, "packets offered to the DUT"), found7747(sec.Event, "packets forwarded by the DUT"), found7747(sec.Event, "connectivity packet loss")
	if offered.Median != 400 || forwarded.Max+lost.Min != 400 || lost.Accuracy != nil {
		t.Errorf("offered %+v, forwarded %+v, lost %+v; 200 a second for 2 s", offered, forwarded, lost)
	}
	full := found7747(sec.Event, "full convergence time")
	if math.Abs(float64(full.Median)-0.140) > 0.02 || full.Accuracy == nil || full.Accuracy[0] > full.Median || full.Accuracy[1] < full.Median {
		t.Errorf("full convergence %+v, want about 0.14 s within its interval", full)
	}
	if derived := found7747(sec.Event, "loss-derived convergence time"); derived.Accuracy == nil || math.Abs(float64(derived.Accuracy[1]-derived.Median)-0.005) > 1e-6 {
		t.Errorf("loss-derived %+v, want an accuracy of one packet at 200 a second", derived)
	}
	if back := found7747(sec.Reversion, "full convergence time"); back.Median != 0 || back.N != 3 {
		t.Errorf("reversion %+v, want no loss", back)
	}
}

// What a daemon's own timers are is a fact of the record, where it is known.
func TestRFC7747StatesTheDaemonsOwnTimers(t *testing.T) {
	in := conditions{run: record.Run{Timers: map[string]record.DaemonTimers{
		"prompt": {ConnectRetry: time.Second}, "slow": {MRAI: 30 * time.Second, ConnectRetry: 120 * time.Second},
	}}}
	for daemon, want := range map[string][2]string{
		"prompt": {"none", "1"}, "slow": {"30", "120"}, "other": {"the default of other", "the default of other"},
	} {
		list := RFC7747{Parameters: in.timers(record.Node{Daemon: daemon}, sessions{}, record.Experiment{})}
		got := [2]string{parameter(list, "MinRouteAdvertisementInterval (MRAI)").Value, parameter(list, "ConnectRetry").Value}
		if got != want {
			t.Errorf("%s: MRAI and ConnectRetry %q, want %q", daemon, got, want)
		}
	}
	said := sessions{timers: record.Timers{MRAI: 5 * time.Second, ConnectRetry: 7 * time.Second}}
	list := RFC7747{Parameters: in.timers(record.Node{Daemon: "slow"}, said, record.Experiment{})}
	for name, want := range map[string]string{"MinRouteAdvertisementInterval (MRAI)": "5", "ConnectRetry": "7"} {
		if got := parameter(list, name).Value; got != want {
			t.Errorf("%s %q, want %s s, as the scenario says", name, got, want)
		}
	}
}

func parameter(s RFC7747, name string) Parameter {
	for _, p := range s.Parameters {
		if p.Name == name {
			return p
		}
	}
	return Parameter{}
}

func found7747(list []Benchmark, name string) Benchmark {
	for _, b := range list {
		if b.Name == name {
			return b
		}
	}
	return Benchmark{}
}

func TestRFC7747IsPartOfEveryReport(t *testing.T) {
	r := standard(2).load(t)
	for name, format := range map[string]Format{"markdown": Markdown, "html": HTML, "json": JSON} {
		var b bytes.Buffer
		if err := format(&b, r); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"forwarding delay threshold", "full convergence time", "eversion", "out-of-order packets"} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s lacks %q", name, want)
			}
		}
	}
	var b bytes.Buffer
	if err := JSON(&b, r); err != nil {
		t.Fatal(err)
	}
	var back Result
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || len(back.RFC7747) != 1 || len(back.RFC7747[0].Event) == 0 {
		t.Errorf("%v; read back %+v", err, back.RFC7747)
	}
	if plain := crashes(2).load(t); plain.Result.RFC7747 != nil {
		t.Error("a scenario that doesn't ask for the standard's report has it")
	}
}

// stating is a run of the scenario without a trial.
func stating(s scenarios.Scenario) conditions {
	return conditions{run: record.Run{Scenario: s.Name, Experiment: s.Experiment(), Cells: []record.Cell{{Experiment: s.Experiment()}}}}
}

func TestRFC7747OfInternalSessionsAndCases(t *testing.T) {
	sc, err := scenarios.Load("rfc7747-5.1.4-ibgp")
	if err != nil {
		t.Fatal(err)
	}
	res := Result{}
	list := res.rfc7747(stating(sc), nil)
	if len(list) != 1 || list[0].Case != "5.1.4" {
		t.Fatalf("%+v", list)
	}
	if got := parameter(list[0], "iBGP sessions").Value + parameter(list[0], "eBGP sessions").Value; got != "12" {
		t.Errorf("1 internal and 2 external sessions, got %q", got)
	}
	if got := parameter(list[0], "device under test").Value; !strings.HasPrefix(got, "dut, AS 65000") {
		t.Errorf("device under test: %s", got)
	}
	if len(list[0].Event)+len(list[0].Reversion) != 0 {
		t.Error("results without a trial")
	}
}

func TestRFC7747OfMultihopSessions(t *testing.T) {
	sc, err := scenarios.Load("rfc7747-5.1.5-ebgp-multihop")
	if err != nil {
		t.Fatal(err)
	}
	res := Result{}
	list := res.rfc7747(stating(sc), nil)
	if len(list) != 1 || list[0].Case != "5.1.5" {
		t.Fatalf("%+v", list)
	}
	if got := parameter(list[0], "eBGP sessions"); got.Value != "3" || got.Unit != "sessions, 2 of them multihop" {
		t.Errorf("%+v", got)
	}
}

// TestRouteSpecificTimes: flows that converge apart, two of four, on a probe of
// which each flow sends every 10 ms.
func TestRouteSpecificTimes(t *testing.T) {
	in := conditions{groups: []record.ProbeGroup{{Name: "g", Rate: 400, Flows: 4}}}
	flow := func(n int, lost ...int) timeline.Flow {
		f := timeline.Flow{Group: "g", Flow: n}
		for _, l := range lost {
			f.Gaps = append(f.Gaps, timeline.Gap{Lost: l})
			f.Lost += l
		}
		if f.Lost > 0 {
			f.Outage = &timeline.Interval{Value: time.Duration(f.Lost) * 10 * time.Millisecond}
		}
		return f
	}
	e := timeline.Episode{Flows: []timeline.Flow{flow(0), flow(1, 3), flow(2, 8, 2), flow(3)},
		Groups: []timeline.Group{{Name: "g", LossDerived: 65 * time.Millisecond}}, Outage: timeline.Interval{Value: 100 * time.Millisecond}}
	f := timeline.Failover{Broken: e}
	list := benchmarks([]timeline.Failover{f}, afterFault, in)
	for name, want := range map[string]float64{
		"first route convergence time": 0.03, "full convergence time": 0.1, "loss-derived convergence time": 0.065,
		"route-specific convergence time, minimum": 0, "route-specific convergence time, maximum": 0.1,
		"route-specific convergence time, median": 0.015, "route-specific convergence time, average": 0.0325,
		"route-specific loss of connectivity, maximum": 0.08, "convergence packet loss": 11,
	} {
		if got := found7747(list, name); math.Abs(float64(got.Median)-want) > 1e-9 || got.N != 1 {
			t.Errorf("%s: %+v, want %v", name, got, want)
		}
	}
	if b := found7747(list, "loss-derived convergence time"); b.Accuracy == nil || float64(b.Accuracy[1]) != 0.075 {
		t.Errorf("%+v, want an accuracy of a flow's 10 ms", b)
	}
	e.Outage.Open = true
	list = benchmarks([]timeline.Failover{{Broken: e}}, afterFault, in)
	if full := found7747(list, "full convergence time"); inSeconds(full.Median) != "not restored" {
		t.Errorf("convergence that never came: %+v", full)
	}
}
