package reports

import (
	"slices"
	"strings"
	"testing"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
	"anylab/scenarios"
)

// nearAndFar is a trial of which two clients saw different things.
func nearAndFar() timeline.Failover {
	f, near, far := sound(), sound(), sound()
	far.Broken.Outage = timeline.Interval{Value: 300 * ms, Low: 290 * ms, High: 310 * ms}
	far.Broken.Lost, far.RoundTrip = 30, timeline.RoundTrips{Before: 200 * ms, After: 250 * ms, Healed: 200 * ms}
	far.Broken.Groups[0].Longest, f.Broken.Groups[0].Longest = 300*ms, 300*ms
	near.RoundTrip = timeline.RoundTrips{Before: ms, After: 2 * ms, Healed: ms}
	f.Clients = []timeline.Client{{Name: "london", Service: "dns", Failover: near}, {Name: "tokyo", Service: "dns", Failover: far}}
	f.Broken.Outage = far.Broken.Outage
	return f
}

func TestExpectationsOfOneClient(t *testing.T) {
	for text, want := range map[string]string{
		"p95(outage) < 1s":           "300.0 ms",
		"p95(outage(london)) < 1s":   "104.0 ms",
		"outage(tokyo) < 305ms":      "300.0 ms", // at one end only
		"lost(tokyo) == 30":          "30",
		"max(rtt(tokyo)) < 1s":       "200.0 ms",
		"rtt < 1s":                   "200.0 ms",
		"rtt_after(london) < 1s":     "2.0 ms",
		"max(detection(tokyo)) < 1s": "100.0 ms",
		"outage(paris) < 1s":         "not observed",
	} {
		e, err := scenarios.ParseExpectation(text)
		if err != nil {
			t.Fatal(err)
		}
		v := evaluate(e, []timeline.Failover{nearAndFar()})
		if v.Value != want || v.OK != (text != "outage(tokyo) < 305ms" && want != "not observed") {
			t.Errorf("%s: %s, %v; want %s", text, v.Value, v.OK, want)
		}
	}
}

// What doubt widens, it widens of the client that it touches.
func TestDoubtsOfOneClient(t *testing.T) {
	f := nearAndFar()
	f.Clients[1].Doubts = []timeline.Doubt{{Name: "run-queue", For: 50 * ms, Side: timeline.LowSide}}
	for name, low := range map[string]float64{"outage(london)": 103, "outage(tokyo)": 240} {
		if r, _ := named(t, name).of(&f); r.low != low {
			t.Errorf("%s is at least %v, want %v", name, r.low, low)
		}
	}
}

func TestSamplesHaveEachClient(t *testing.T) {
	res := judge(record.Run{Experiment: &record.Experiment{}}, []timeline.Failover{nearAndFar()})
	if got := res.Trials[0].Clients; len(got) != 2 || got[0].Client != "london" || got[0].Outage.Value != 104 || got[1].Outage.Value != 300 ||
		*got[1].RTT.After != 250 || got[1].Lost != 30 || got[1].Resolution != "group" {
		t.Errorf("clients %+v", got)
	}
	c := Sampled(res).Cells[0]
	if got := c.Values["outage(london)"]; !slices.Equal(got, []Number{104}) || c.Low["outage(london)"][0] != 103 {
		t.Errorf("the samples have %v of london, low %v", got, c.Low["outage(london)"])
	}
	alone := nearAndFar()
	alone.Clients = alone.Clients[:1]
	if values, _ := numbers(&alone, withClients(alone)); len(values) == 0 || slices.Contains(keysOf(values), "outage(london)") {
		t.Error("what the only client saw is stated twice")
	}
}

// Where the only site fails, nobody serves until it is healed.
func TestNobodyIsNamed(t *testing.T) {
	f := sound()
	f.Before.AnsweredBy, f.Mended.AnsweredBy = map[string]string{"p": "a"}, map[string]string{"p": "a"}
	f.RoundTrip = timeline.RoundTrips{Before: 149800 * time.Microsecond, Healed: 149700 * time.Microsecond}
	if got := answersText(newTrial(&f, nil, nil)); got != "a > nobody > a" {
		t.Errorf("answered by %q", got)
	}
	row := seenByClient{"london", "dns", []timeline.Failover{f}}.row()
	if trips, by := row[len(row)-2].Text, row[len(row)-1].Text; trips != "149.8 ms > - > 149.7 ms" || by != "a > nobody > a" {
		t.Errorf("round trips %q, answered by %q", trips, by)
	}
	f.RoundTrip.After = 150 * ms // by somebody who tells no name
	if got := answersText(newTrial(&f, nil, nil)); got != "a > ? > a" {
		t.Errorf("answered by %q where it is not told", got)
	}
	f.RoundTrip.After, f.RoundTrip.Healed, f.Mended.AnsweredBy = 0, 0, nil
	if got := answersText(newTrial(&f, nil, nil)); got != "a > nobody > nobody, failback: no" {
		t.Errorf("answered by %q where it did not come back", got)
	}
}

func keysOf(m map[string]Number) (list []string) {
	for k := range m {
		list = append(list, k)
	}
	return list
}

// A regression of one client is found though another one is cut off for longer.
func TestCompareFindsTheRegressionOfOneClient(t *testing.T) {
	run := func(near time.Duration) Samples {
		var list []timeline.Failover
		for i := range 10 {
			f := nearAndFar()
			o := near + time.Duration(i)*ms
			e := &f.Clients[0].Broken
			e.Outage = timeline.Interval{Value: o, Low: o, High: o}
			g := e.Groups[0]
			g.Outage, g.Longest, g.LossDerived = e.Outage, o, o
			e.Groups = []timeline.Group{g}
			list = append(list, f)
		}
		return Sampled(judge(record.Run{Experiment: &record.Experiment{}}, list))
	}
	c := Compare(run(100*ms), run(200*ms), DefaultThresholds())
	at := slices.IndexFunc(c.Rows, func(r Change) bool { return r.Metric == "outage(london)" })
	if c.Verdict != Regression || at < 0 || c.Rows[at].Verdict != Regression || c.Rows[at].Threshold != 10 {
		t.Errorf("%s, rows %+v", c.Verdict, c.Rows)
	}
}

func TestClientsAreShownWhereThereAreSeveral(t *testing.T) {
	f := nearAndFar()
	rows := cellReport{good: []timeline.Failover{f, f}}.clients()[0].Rows
	var text []string
	for _, row := range rows {
		for _, c := range row {
			text = append(text, c.Text)
		}
	}
	got := strings.Join(text, "|")
	if !strings.HasPrefix(got, "tokyo|dns|300.0 ms|290.0 to 310.0 ms|") || !strings.Contains(got, "|200.0 ms > 250.0 ms > 200.0 ms|") || len(rows) != 2 {
		t.Errorf("%s: want the client first that was cut off the longest", got)
	}
	f.Clients = f.Clients[:1]
	if list := (cellReport{good: []timeline.Failover{f}}).clients(); len(list) != 0 {
		t.Errorf("%+v of one client, who is all there is", list)
	}
}

// A site is nearest by the links' delays, whoever serves.
func TestWhoIsServedWhere(t *testing.T) {
	link := func(a, b string, delay time.Duration) record.Link {
		return record.Link{Ends: [2]record.LinkEnd{{Node: a, Delay: delay}, {Node: b, Delay: delay}}}
	}
	top := record.Topology{
		Nodes: []record.Node{{Name: "r", Role: record.RouterNode}, {Name: "s", Role: record.RouterNode}, {Name: "a", Role: record.AnycastNode},
			{Name: "b", Role: record.AnycastNode}, {Name: "london", Role: record.ClientNode}, {Name: "tokyo", Role: record.ClientNode}},
		Links: []record.Link{link("r", "a", 0), link("s", "b", 0), link("r", "s", 100*ms), link("r", "london", ms), link("s", "tokyo", ms)},
	}
	f, far := nearAndFar(), false
	for i := range f.Clients {
		own := &f.Clients[i].Failover
		own.Before.AnsweredBy = map[string]string{"p": "a"}
		own.Broken.AnsweredBy = map[string]string{"p": "b"}
		own.Mended.AnsweredBy = map[string]string{"p": "a"}
		best := f.Clients[i].Name == "london"
		own.Optimal, far = &best, far || !best
	}
	sections := cellReport{good: []timeline.Failover{f}, topology: top}.catchment()
	if len(sections) != 1 || !far {
		t.Fatalf("%d sections", len(sections))
	}
	rows := map[string]string{}
	for _, row := range sections[0].Rows {
		for _, c := range row[1:] {
			rows[row[0].Text] += c.Text + "|"
		}
	}
	if want := "b|before, healed 200.0 ms|after 250.0 ms|"; rows["tokyo"] != want {
		t.Errorf("tokyo: %q, want %q", rows["tokyo"], want)
	}
	if want := "a|before"; !strings.HasPrefix(rows["london"], want) {
		t.Errorf("london: %q, want %q", rows["london"], want)
	}
	if !strings.Contains(sections[0].Notes[0], "1 of 2 clients served by the nearest site") {
		t.Error(sections[0].Notes)
	}
	for i := range top.Links {
		top.Links[i].Ends[0].Delay, top.Links[i].Ends[1].Delay = 0, 0
	}
	if list := (cellReport{good: []timeline.Failover{f}, topology: top}).catchment(); len(list) != 0 {
		t.Errorf("%+v where nothing is far away", list)
	}
	m, _ := metricOf("penalty(tokyo)")
	if p, ok := m.of(&f); !ok || p.value != 50 {
		t.Errorf("penalty %v, want 50 ms", p)
	}
}

// Of a client who asks over two address families each has its row, if they fared
// differently.
func TestFamiliesApart(t *testing.T) {
	for _, c := range []struct {
		slower time.Duration
		want   []string
	}{
		{300 * ms, []string{"london", "london, IPv4", "london, IPv6"}},
		{104500 * time.Microsecond, nil}, // within the bounds of both
	} {
		f, four, six := sound(), sound(), sound()
		six.Broken.Outage = timeline.Interval{Value: c.slower, Low: c.slower - ms, High: c.slower + ms}
		f.Families = []timeline.Client{{Family: "IPv4", Failover: four}, {Family: "IPv6", Failover: six}}
		p := cellReport{good: []timeline.Failover{{Clients: []timeline.Client{{Name: "london", Service: "dns", Failover: f}}}}}
		var got []string
		for _, s := range p.clients() {
			for _, row := range s.Rows {
				got = append(got, row[0].Text)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("slower by %v: rows %q, want %q", c.slower, got, c.want)
		}
	}
}
