package reports

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"anylab/lab/record"
	"anylab/scenarios"
)

// story is a run whose truth is known, to be written as a run directory.
// Times are milliseconds.
type story struct {
	scenario string
	set      []string
	trials   []tale
	planned  int // 0: as many as there are trials
	outcome  string
	theory   *record.Bounds
	rate     float64
	flows    int
	floor    *record.Floor
	period   time.Duration // of the slowest timer in play
	leftOut  []record.LeftOut
	silence  bool                // a known one of 20 ms, long after the trials
	labs     bool                // every trial has a lab of its own, with a prober
	extra    func(d *record.Dir) // writes more; may be nil
	shard    *record.Shard
	first    int               // the first trial's index
	differs  func(*record.Run) // makes run.json another one; may be nil

	validation *record.Validation // of failures that are cells; nil: it is to prove nothing
}

// tale is one trial of a service crash on a: after detect the health check
// knows, then come the withdrawal and the route, and traffic is back at outage.
// It is mended two seconds after the fault.
type tale struct {
	detect, outage float64
	dead           bool // never restored
	elsewhere      bool // it strikes c, which serves nobody
	lossBefore     bool
	cell           map[string]string
}

// at counts from a second after the machine's start.
func at(t float64) record.Time { return record.Time((t + 1000) * 1e6) }

// write makes the run directory.
func (s story) write(t testing.TB, dir string) {
	t.Helper()
	sc, err := scenarios.Load(s.scenario, s.set...)
	if err != nil {
		t.Fatal(err)
	}
	run := record.Run{
		ID: "20260102T030405.000Z", Scenario: sc.Name, ScenarioSHA256: "00", ScenarioYAML: sc.Source.String(), TopologyYAML: sc.Topology.Source.String(),
		Seed: 7, Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Ended: time.Date(2026, 1, 2, 3, 5, 5, 0, time.UTC),
		Outcome: s.outcome, Anylab: "v0.0.0-test", Kernel: "Linux 6.1.0", CPUs: 4, Daemons: map[string]string{"gobgp": "3.37.0"},
		Cells:   s.cells(),
		LeftOut: s.leftOut,
	}
	if run, err = scenarios.Complete(run); err != nil {
		t.Fatal(err)
	}
	if run.Validation = s.validation; s.silence {
		run.Ended = run.Started.Add(time.Hour)
	}
	for i := range run.Cells {
		if run.Cells[i].Experiment == nil { // of a cell that the scenario's text has not
			run.Cells[i].Experiment = run.Experiment
		}
	}
	if run.Shard = s.shard; s.differs != nil {
		s.differs(&run)
	}
	d, err := record.Create(dir, run)
	if err != nil {
		t.Fatal(err)
	}
	g := record.ProbeGroup{Name: "london-dns", Client: "london", Service: "dns", Kind: "dns", Rate: s.rate, Flows: s.flows, Timeout: time.Second}
	w, err := d.Samples(g)
	if err != nil {
		t.Fatal(err)
	}
	s.start(d)
	for i := range 4*len(s.trials) + 1 { // nobody waited for a processor
		d.Emit(record.Event{At: at(float64(i) * 1000), Kind: record.KindClock, Data: record.Clock{}})
		d.Emit(record.Event{At: at(float64(i+1) * 1000), Kind: record.KindLoad, Data: record.Load{From: at(float64(i) * 1000), Idle: 4 * time.Second}})
	}
	seq := uint64(0)
	if s.silence {
		s.hush(d, w, &seq)
	}
	for i, tale := range s.trials {
		if i > 0 && record.CellName(tale.cell) != record.CellName(s.trials[i-1].cell) { // another lab
			d.Emit(record.Event{At: at(float64(i) * 4000), Kind: record.KindRoute, Node: "upstream", Data: route("a")})
		}
		if s.labs {
			g.Name, g.Cell = fmt.Sprintf("london-dns-%d", i+1), tale.cell
			if w, err = d.Samples(g); err != nil {
				t.Fatal(err)
			}
		}
		s.tell(d, w, tale, s.first+i, float64(i)*4000+10, &seq)
	}
	if s.extra != nil {
		s.extra(d)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}

// start writes what every lab begins with.
func (s story) start(d *record.Dir) {
	for _, e := range []record.Event{
		{Kind: record.KindBGP, Node: "upstream", Data: record.BGP{Link: "upstream-a", From: "a", To: "upstream", Type: record.BGPKeepalive}},
		{Kind: record.KindHealth, Node: "a", Data: record.Health{Service: "dns", Healthy: true}},
		{Kind: record.KindRoute, Node: "upstream", Data: route("a")},
	} {
		e.At = at(1)
		d.Emit(e)
	}
}

// hush writes a known silence of 20 ms, half an hour into the record.
func (s story) hush(d *record.Dir, w *record.SampleWriter, seq *uint64) {
	const cut = 1.8e6
	d.Emit(record.Event{At: at(cut - 200), Kind: record.KindClock, Data: record.Clock{}})
	d.Emit(record.Event{At: at(cut + 100), Kind: record.KindLoad, Data: record.Load{From: at(cut - 200)}})
	d.Emit(record.Event{At: at(cut + 60), Kind: record.KindSilence, Node: "london", Data: record.Silence{
		Asked: 20 * time.Millisecond, Since: at(cut - 40), Cut: at(cut - 0.1), Dark: at(cut), Lift: at(cut + 20), Clear: at(cut + 20.1)}})
	for due := cut - 50; due < cut+70; due += 1000 / s.rate {
		p := record.Sample{Seq: *seq, Flow: int(*seq) % s.flows, Due: at(due), Sent: at(due), Held: 10 * time.Microsecond}
		if due < cut || due >= cut+20 {
			p.Node, p.Received = "a", p.Sent.Add(250*time.Microsecond)
		}
		w.Write(p)
		*seq++
	}
}

func (s story) cells() []record.Cell {
	var cells []record.Cell
	index := map[string]int{}
	for _, t := range s.trials {
		name := record.CellName(t.cell)
		if _, ok := index[name]; !ok {
			index[name] = len(cells)
			cells = append(cells, record.Cell{Values: t.cell, Theory: s.theory, Period: s.period, Floor: s.floor})
		}
		cells[index[name]].Trials++
	}
	if s.planned > 0 {
		cells[0].Trials = s.planned
	}
	return cells
}

func route(to string) record.Route {
	return record.Route{Prefix: netip.MustParsePrefix("192.0.2.100/32"), Hops: []record.Hop{{Node: to, Dev: "eth-" + to}}}
}

// tell writes one trial that begins at begin.
func (s story) tell(d *record.Dir, w *record.SampleWriter, tale tale, index int, begin float64, seq *uint64) {
	emit := func(t float64, kind record.Kind, node string, data any) {
		d.Emit(record.Event{At: at(t), Kind: kind, Node: node, Data: data})
	}
	fault, heal, end := begin+500, begin+2500, begin+3800
	emit(begin, record.KindTrial, "", record.Trial{Index: index, Cell: tale.cell, Phase: record.TrialBegin})
	for _, step := range []struct {
		t     float64
		phase record.FaultPhase
	}{
		{fault - 0.2, record.FaultInject}, {fault, record.FaultEffective}, {fault + 1, record.FaultVerified},
		{heal - 0.2, record.FaultHeal}, {heal, record.FaultHealed}, {heal + 1, record.FaultHealVerified},
	} {
		emit(step.t, record.KindFault, "", record.Fault{Kind: "service-crash", On: []string{tale.on()}, Phase: step.phase})
	}
	prefix := route("a").Prefix
	update := record.BGP{Link: "upstream-a", From: "a", To: "upstream", Type: record.BGPUpdate, Withdraw: []netip.Prefix{prefix}}
	if !tale.dead {
		emit(fault+tale.detect, record.KindHealth, "a", record.Health{Service: "dns", Reason: "connection refused"})
		emit(fault+tale.detect+0.4, record.KindBGP, "upstream", update)
		emit(fault+tale.outage-0.5, record.KindRoute, "upstream", route("b"))
		update.Withdraw, update.Announce = nil, []netip.Prefix{prefix}
		emit(heal+150, record.KindHealth, "a", record.Health{Service: "dns", Healthy: true})
		emit(heal+150.4, record.KindBGP, "upstream", update)
		emit(heal+151, record.KindRoute, "upstream", route("a"))
	}
	emit(end, record.KindTrial, "", record.Trial{Index: index, Cell: tale.cell, Phase: record.TrialEnd})
	for due := begin - 20; due < end+20; due += 1000 / s.rate {
		p := record.Sample{Seq: *seq, Flow: int(*seq) % s.flows, Due: at(due), Sent: at(due + 0.01)}
		if p.Node = tale.answer(due, begin+100, fault, heal); p.Node != "" {
			p.Received = p.Sent.Add(250 * time.Microsecond)
		}
		w.Write(p)
		*seq++
	}
}

func (tale tale) on() string {
	if tale.elsewhere {
		return "c"
	}
	return "a"
}

// answer says who answers what was sent at t.
func (tale tale) answer(t, early, fault, heal float64) string {
	switch {
	case tale.elsewhere:
		return "a"
	case tale.lossBefore && t >= early && t < early+20, t >= fault && t < fault+tale.outage, tale.dead && t >= fault && t < heal:
		return ""
	case t >= fault && t < heal+151 && !tale.dead:
		return "b"
	}
	return "a"
}

// crashes is a run of n trials with outages of 100 ms and a bit.
func crashes(n int) story {
	s := story{scenario: "service-crash", outcome: "completed", rate: 200, flows: 2, theory: &record.Bounds{Low: 100, High: 200, Why: "two failing checks, 100 ms apart"}}
	for i := range n {
		d := 101 + float64(i*37%97)
		s.trials = append(s.trials, tale{detect: d, outage: d + 2})
	}
	return s
}

// load writes the story to a new directory and reads it.
func (s story) load(t *testing.T) *Report {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	s.write(t, dir)
	r, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// remove deletes a file of a run directory.
func remove(t *testing.T, parts ...string) {
	t.Helper()
	if err := os.Remove(filepath.Join(parts...)); err != nil {
		t.Fatal(err)
	}
}

func names(list []Finding) string {
	var text string
	for _, f := range list {
		text += fmt.Sprintf("%s(%s) ", f.Name, f.Severity)
	}
	return text
}
