package reports

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
)

// render returns the run's report in every form that people read.
func render(t *testing.T, r *Report) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for name, format := range map[string]Format{"table": Table, "markdown": Markdown, "html": HTML} {
		var b strings.Builder
		if err := format(&b, r); err != nil {
			t.Fatal(err)
		}
		texts[name] = b.String()
	}
	return texts
}

// judged replaces what the trials of a stored run showed of flows.
func judged(t *testing.T, change func(f *timeline.Failover)) *Report {
	t.Helper()
	r := crashes(3).load(t)
	for i := range r.Failovers {
		change(&r.Failovers[i])
	}
	r.Result = judge(r.Run, r.Failovers)
	return r
}

func TestLongLivedConnectionsAreReported(t *testing.T) {
	r := judged(t, func(f *timeline.Failover) {
		f.Broken.Streams = &timeline.Streams{Sessions: 4, Survived: 1, Reset: 3,
			Waits: []timeline.Wait{{Time: 210 * ms}, {Time: 150 * ms}, {Time: 620 * ms}}}
	})
	for form, text := range render(t, r) {
		for _, want := range []string{"long-lived TCP", "longest wait", "620.0 ms", "retransmission timer"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q", form, want)
			}
		}
	}
	text, err := json.Marshal(r.Result.Trials[0].TCP)
	want := `{"sessions":4,"survived":1,"reset":3,"closed":0,"timed_out":0,"app_wait_ms":{"median":210,"max":620}}`
	if err != nil || string(text) != want {
		t.Errorf("tcp: %s, %v; want %s", text, err, want)
	}
}

func TestAnswersThatNeverComeAreNull(t *testing.T) {
	got := newTCP(&timeline.Streams{Waits: []timeline.Wait{{Time: 2 * time.Second, Open: true}, {Time: ms}, {Time: 3 * ms}}})
	text, err := json.Marshal(got.AppWait)
	if want := `{"median":3,"max":null}`; err != nil || string(text) != want {
		t.Errorf("app_wait_ms: %s, %v; want %s", text, err, want)
	}
}

func TestMovedFlowsAreReported(t *testing.T) {
	for _, n := range []int{0, 7} {
		r := judged(t, func(f *timeline.Failover) { f.Broken.Needless = &n })
		for form, text := range render(t, r) {
			if said := strings.Contains(text, "Flows that moved though their node had not failed: median 7"); said != (n > 0) {
				t.Errorf("%s with %d moved flows says so: %v", form, n, said)
			}
		}
		if got := r.Result.Trials[0].Moved; got == nil || *got != n {
			t.Errorf("moved_needlessly %v, want %d", got, n)
		}
	}
}

// A report of datagrams alone says nothing of connections.
func TestNoConnectionsNoSection(t *testing.T) {
	r := crashes(3).load(t)
	for form, text := range render(t, r) {
		if strings.Contains(text, "long-lived") || strings.Contains(text, "retransmission") {
			t.Errorf("%s speaks of connections", form)
		}
	}
	if r.Result.Trials[0].TCP != nil {
		t.Error("tcp is there without such probes")
	}
}

// What is recorded of connections reaches the result.
func TestConnectionsOfAStoredRun(t *testing.T) {
	dir := t.TempDir() + "/run"
	s := crashes(1)
	s.extra = func(d *record.Dir) {
		w, err := d.Samples(record.ProbeGroup{Name: "london-tcp", Client: "london", Service: "tcp", Kind: "tcp-stream", Rate: 50, Flows: 1, Timeout: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 200 {
			p := record.Sample{Seq: uint64(i), Due: at(float64(i) * 20), Sent: at(float64(i) * 20), Node: "a"}
			if p.Received = p.Sent.Add(ms); i >= 26 && i < 36 { // the fault is at 510 ms
				p.Received, p.Node = 0, ""
			}
			w.Write(p)
		}
		for t, event := range map[float64]record.StreamEvent{12: record.StreamConnected, 700: record.StreamReset} {
			d.Emit(record.Event{At: at(t), Kind: record.KindStream, Node: "london", Data: record.Stream{Group: "london-tcp", Event: event, Node: "a"}})
		}
	}
	s.write(t, dir)
	r, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	tcp := r.Result.Trials[0].TCP
	if tcp == nil || tcp.Sessions != 1 || tcp.Reset != 1 || tcp.AppWait.Max != 201 {
		t.Errorf("tcp %+v, want one connection, reset, and a wait of 201 ms", tcp)
	}
	if got := r.Result.Trials[0].Outage.Value; got > 110 {
		t.Errorf("outage %v ms, want that of the datagrams", got)
	}
}
