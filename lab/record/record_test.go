package record

import (
	"errors"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var samplePayloads = map[Kind]any{
	KindAddress: Address{Prefix: netip.MustParsePrefix("192.0.2.100/32"), Dev: "eth0", Gone: true},
	KindAlert:   Alert{Rule: "BGPSessionDown", Of: "a", Firing: true},
	KindStream:  Stream{Group: "london-tcp", Flow: 2, Event: StreamReset, Node: "a", Waited: 200 * time.Millisecond},
	KindTrial:   Trial{Index: 3, Cell: map[string]string{"daemon": "frr"}, Phase: TrialBegin},
	KindFault:   Fault{ID: 1, Kind: "link-down", On: []string{"upstream", "a"}, Phase: FaultEffective, Err: "no"},
	KindCarrier: Carrier{Dev: "eth0", Peer: "a", Up: true},
	KindRoute: Route{Prefix: netip.MustParsePrefix("192.0.2.100/32"),
		Hops: []Hop{{Node: "a", Via: netip.MustParseAddr("10.0.0.1"), Dev: "eth0", Down: true}}},
	KindLookup: Lookup{Dst: netip.MustParseAddr("2001:db8::100"), Hop: Hop{Node: "b"}},
	KindBGP: BGP{Link: "upstream-a", From: "a", To: "upstream", Out: true, Type: BGPUpdate,
		Withdraw: []netip.Prefix{netip.MustParsePrefix("2001:db8::100/128")}},
	KindBFD:     BFD{Link: "upstream-a", From: "a", To: "upstream", State: "down", Diag: 1},
	KindVRRP:    Advertisement{Segment: "r-a-b", From: "a", Out: true, ID: 51},
	KindHealth:  Health{Service: "dns", Healthy: false, Reason: "refused"},
	KindStart:   Proc{Name: "gobgp", PID: 7},
	KindExit:    Proc{Name: "gobgp", PID: 7, Status: "signal: killed"},
	KindClock:   Clock{OffsetNS: -5},
	KindRestart: Restart{Name: "frr", After: 2 * time.Second, Err: "no"},
	KindSilence: Silence{Cell: map[string]string{"daemon": "frr"}, Asked: time.Millisecond, Since: 1, Cut: 2, Dark: 3, Lift: 4, Clear: 5},
	KindLoad:    Load{From: 1, Foreign: 2, Steal: 3, Idle: 4, Stall: 5, Waits: []Wait{{Role: Sending, PID: 6, For: 7}}, Missed: "no PSI"},
	KindState:   State{Index: 3, Cell: map[string]string{"daemon": "frr"}, When: Before, What: Catchment, Nodes: []string{"a"}},
	KindForce:   Force{Index: 3, Cell: map[string]string{"daemon": "frr"}, How: ClearSessions, On: []string{"b"}, Why: []string{"away"}},
	KindInternet: InternetTrial{Cell: map[string]string{"on": "a"}, Index: 1, Seed: 2, Before: []float64{1, 0, 0}, After: []float64{0, 1, 0},
		Moved: [][]float64{{0, 1}}, Shares: []InternetShare{{At: 3, Of: []float64{1}}}, Outage: InternetOutage{Affected: 0.5, Times: []time.Duration{4}},
		Spread: Spread{Converged: true, Reached: 5, Settled: []time.Duration{6}, Messages: 7}},
	KindStock:   Stock{Goroutines: 1, Heap: 2, Files: 3, Namespaces: 4, Holds: []Held{{Of: "dns on a", Processes: 5, Files: 6, Memory: 7}}},
	KindFinding: Finding{Name: "clock-step", Detail: "by 2 ms"},
}

var equate = cmp.Options{cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{}), cmpopts.EquateEmpty()}

func create(t *testing.T) *Dir {
	t.Helper()
	d, err := Create(filepath.Join(t.TempDir(), "run"), Run{ID: "x"})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestEveryKindSurvivesTheFile(t *testing.T) {
	d := create(t)
	var want []Event
	const later = 100 // than every moment that a sample payload names
	for _, kind := range slices.Sorted(maps.Keys(payloads)) {
		if kind == KindEnd {
			continue // what it says is checked, and not returned
		}
		data, ok := samplePayloads[kind]
		if !ok {
			t.Fatalf("no sample payload for kind %s", kind)
		}
		e := Event{At: Time(later + len(want)), Kind: kind, Node: "a", Data: data}
		want = append(want, e)
		d.Emit(e)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	var got []Event
	for e, err := range Events(d.Path()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e)
	}
	if diff := cmp.Diff(want, got, equate); diff != "" {
		t.Error(diff)
	}
}

func TestConcurrentEventsStayWhole(t *testing.T) {
	d := create(t)
	var emitting sync.WaitGroup
	for i := range 8 {
		emitting.Go(func() {
			for range 500 {
				d.Emit(Event{At: Time(i), Kind: KindClock, Data: Clock{}})
			}
		})
	}
	emitting.Wait()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range Events(d.Path()) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 8*500 {
		t.Errorf("%d events, want %d", n, 8*500)
	}
}

func TestAKilledRunIsReadable(t *testing.T) {
	d := create(t)
	g := ProbeGroup{Name: "g", Flows: 1, Rate: 10}
	w, err := d.Samples(g)
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint64(3) {
		d.Emit(Event{Kind: KindClock, Data: Clock{}})
		w.Write(Sample{Seq: i, Received: 1})
	}
	if err := d.Flush(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	for _, f := range []string{"events.jsonl", "probes/g.csv"} {
		cutLastBytes(t, filepath.Join(d.Path(), f), 3)
	}
	events, samples := 0, 0
	for _, err := range Events(d.Path()) {
		if err != nil {
			t.Error(err)
		}
		events++
	}
	for _, err := range Samples(d.Path(), "g") {
		if err != nil {
			t.Error(err)
		}
		samples++
	}
	if events != 2 || samples != 2 {
		t.Errorf("%d events and %d samples, want the 2 whole ones of each", events, samples)
	}
}

func cutLastBytes(t *testing.T, path string, n int64) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, info.Size()-n); err != nil {
		t.Fatal(err)
	}
}

func TestSamplesSurviveTheFile(t *testing.T) {
	d := create(t)
	g := ProbeGroup{Name: "london-dns", Client: "london", Service: "dns", Kind: "dns", Rate: 1000, Flows: 16, Timeout: time.Second}
	w, err := d.Samples(g)
	if err != nil {
		t.Fatal(err)
	}
	want := []Sample{
		{Seq: 0, Flow: 0, Due: 10, Sent: 11, Received: 12, Node: "a"},
		{Seq: 1, Flow: 1, Due: 20, Sent: 21},
		{Seq: 1<<62 + 15, Flow: 15, Due: 30, Sent: 31, Received: 1_000_000_031},
	}
	for _, s := range want {
		w.Write(s)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	groups, err := ProbeGroups(d.Path())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]ProbeGroup{g}, groups); diff != "" {
		t.Error(diff)
	}
	var got []Sample
	for s, err := range Samples(d.Path(), g.Name) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, s)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMalformedRecordsNameTheLine(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"no JSON":      {"events.jsonl", "nonsense\n", "events.jsonl is damaged: line 1: it is not JSON"},
		"no time":      {"events.jsonl", `{"at":-1,"kind":"clock","data":{"offset_ns":0}}` + "\n", "events.jsonl is damaged: line 1: its time is negative"},
		"unknown kind": {"events.jsonl", `{"at":1,"kind":"clock","data":{"offset_ns":0}}` + "\n" + `{"at":1,"kind":"moon","data":{}}` + "\n", `events.jsonl is damaged: line 2: unknown event kind "moon"`},
		"few fields":   {"probes/g.csv", "# {\"rate\":1,\"flows\":9}\nseq,flow,due,sent,received,node\n1,2\n", "line 3: 2 fields"},
		"no number":    {"probes/g.csv", "# {\"rate\":1,\"flows\":9}\nseq,flow,due,sent,received,node\n1,2,3,x,5,a\n", "line 3:"},
	} {
		t.Run(name, func(t *testing.T) {
			d := create(t)
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(d.Path(), c.file), []byte(c.text), 0o644); err != nil {
				t.Fatal(err)
			}
			var got error
			for _, err := range Events(d.Path()) {
				got = errors.Join(got, err)
			}
			for _, err := range Samples(d.Path(), "g") {
				if !errors.Is(err, os.ErrNotExist) {
					got = errors.Join(got, err)
				}
			}
			if got == nil || !strings.Contains(got.Error(), c.want) {
				t.Errorf("error %v, want one with %q", got, c.want)
			}
		})
	}
}

func TestADirectoryHoldsOneRun(t *testing.T) {
	d := create(t)
	if _, err := Create(d.Path(), Run{}); !errors.Is(err, os.ErrExist) {
		t.Errorf("second run in one directory: error %v, want ErrExist", err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

func TestAFailedWriteIsKept(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full here:", err)
	}
	if _, err := newSampleWriter(full, ProbeGroup{}); err == nil {
		t.Error("a header fitted on a full device")
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "samples"))
	if err != nil {
		t.Fatal(err)
	}
	w, err := newSampleWriter(f, ProbeGroup{})
	if err != nil {
		t.Fatal(err)
	}
	_ = f.Close() // from here on writes fail
	w.Write(Sample{})
	if err := w.Flush(); err == nil {
		t.Error("a write to a closed file succeeded")
	}
	if err := w.Close(); err == nil {
		t.Error("Close forgot the failed write")
	}
}

func TestAProbeFileWithoutItsFirstLineIsSkipped(t *testing.T) {
	d := create(t)
	if _, err := d.Samples(ProbeGroup{Name: "whole", Rate: 1, Flows: 1}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(d.Path(), "probes", "cut.csv"), []byte("# {"), 0o644); err != nil {
		t.Fatal(err)
	}
	// The run is killed here: nothing is closed, and the header is there.
	groups, err := ProbeGroups(d.Path())
	if err != nil || len(groups) != 1 || groups[0].Name != "whole" {
		t.Errorf("groups %v, error %v; want the whole one", groups, err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestTheClockRunsForward(t *testing.T) {
	a := Now()
	b := Now()
	if b < a {
		t.Errorf("clock went from %d to %d", a, b)
	}
	mapped := Time(time.Now().UnixNano() - int64(ClockOffset()))
	if d := mapped.Sub(Now()).Abs(); d > 5*time.Second {
		t.Errorf("wall clock maps to a moment %v from now", d)
	}
}

// Ten thousand a second are read while they are measured.
func TestSamplesAreReadWithoutAllocating(t *testing.T) {
	var p SampleParser
	want := Sample{Seq: 9, Flow: 3, Due: 1_000_000_000_000, Sent: 1_000_000_000_100, Received: 1_000_000_500_000, Node: "a", Held: 1}
	line := AppendSample(nil, want)
	var got Sample
	var err error
	allocated := testing.AllocsPerRun(100, func() { got, err = p.Parse(line[:len(line)-1]) })
	if got != want || err != nil || allocated != 0 {
		t.Errorf("%+v, %v, %v allocations, want %+v", got, err, allocated, want)
	}
}
