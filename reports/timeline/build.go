package timeline

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"anylab/lab/record"
)

// Input is the record of one run.
type Input struct {
	CPUs    int                            // of the machine; 0: not known
	Events  iter.Seq2[record.Event, error] // in any order
	Groups  []record.ProbeGroup
	Samples func(group string) iter.Seq2[record.Sample, error] // in any order
	// Experiment states what was measured in a cell.
	Experiment func(cell map[string]string) record.Experiment
	Wanted     func(cell map[string]string) bool // whose trials are read; nil: all
}

// Build returns what each trial of a run showed, in order of time.
func Build(in Input) ([]Failover, error) {
	h, err := Read(in)
	return h.Trials, err
}

// History is what a run showed, in order of time. The known silences that came
// before the first trial are read as failovers, by the same code as the trials.
type History struct {
	Silences []Failover
	Trials   []Failover
}

// Read returns the history of a run.
func Read(in Input) (History, error) {
	var h History
	events, err := sorted(in.Events)
	if err != nil {
		return h, err
	}
	told := overhear(events)
	all := append(silences(told), windows(told)...)
	slices.SortStableFunc(all, func(a, b *trial) int { return cmp.Compare(a.until, b.until) })
	stays(all)
	if in.Wanted != nil {
		all = slices.DeleteFunc(all, func(t *trial) bool { return !in.Wanted(t.cell) })
	}
	if err := dealAll(all, in); err != nil {
		return h, err
	}
	var fib forwarding
	var lab record.Time
	for _, t := range all {
		x := in.Experiment(t.cell)
		t.dismiss()
		t.plan(x.Faults)
		if t.silence != nil {
			h.Silences = append(h.Silences, t.silent(in, x))
			continue
		}
		if t.lab != lab {
			lab, fib = t.lab, forwarding{read: t.lab}
		}
		fib = fib.until(t.history, t.first().Inject, prefix(x.Topology))
		h.Trials = append(h.Trials, t.failover(in, x, fib))
	}
	return h, nil
}

// stays tells every trial since when its lab is there: a lab is built anew
// where a trial of another cell comes before.
func stays(all []*trial) {
	for i, t := range all[min(1, len(all)):] {
		before := all[i]
		if t.lab = before.lab; !maps.Equal(before.cell, t.cell) {
			t.lab = before.until
		}
	}
}

// sorted collects the events by time: sources write concurrently.
func sorted(events iter.Seq2[record.Event, error]) ([]record.Event, error) {
	var list []record.Event
	for e, err := range events {
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	slices.SortStableFunc(list, func(a, b record.Event) int { return cmp.Compare(a.At, b.At) })
	return list, nil
}

// failover reads one trial. fib holds who forwarded where when its fault was
// injected.
func (t *trial) failover(in Input, x record.Experiment, fib forwarding) Failover {
	first := t.first()
	f := Failover{
		Cell: t.cell, Index: t.index, Begin: t.begin, End: t.end,
		Faults: t.steps(), Clock: t.clock, Findings: t.findings, Delays: t.delays, States: t.states, Loads: t.loads, Procs: t.procs, CPUs: in.CPUs, Spent: t.spent, Recorded: t.recorded(),
		Broken: Episode{Zero: t.begin, Start: t.begin, Until: t.until},
	}
	t.explain(x, fib)
	if first.Inject == 0 { // no fault: the whole trial must be quiet
		t.watch(&f.Broken, x, f.Node, 0)
		f.Before.AnsweredBy = f.Broken.AnsweredBy
		t.conclude(&f)
		return f
	}
	rtt := t.roundTrip(first.Inject)
	f.Fault, f.On = first.Kind, first.On
	f.Node = failed(x.Topology, first.On)
	f.Broken = Episode{Zero: first.Effective, Start: first.Inject.Add(-rtt), Until: t.until}
	if heal := t.healing(); heal != 0 {
		f.Broken.Until = t.arrived(f.Broken.Start, t.parted(f.Broken.Start, heal))
		f.Mended = Episode{Zero: t.lastHealed().Healed, Start: f.Broken.Until, Until: t.until}
	}
	f.Before = t.before(f.Broken.Start)
	t.read(&f, x, fib, first)
	t.conclude(&f)
	return f
}

// explain finds out what can explain the gaps of each probe group.
func (t *trial) explain(x record.Experiment, fib forwarding) {
	t.courses = map[string]*course{}
	for _, r := range t.headline() {
		t.courses[r.group.Name] = t.course(r, x, fib)
	}
}

// parted returns the moment from when on requests were sent that the healing
// could hit: a round trip before it began. Where the fault did not last for much
// longer than that, what it hit is taken to be as far away from the client as
// what the healing hit.
func (t *trial) parted(start, heal record.Time) record.Time {
	inject := t.first().Inject
	rtt := inject.Sub(start)
	at := heal.Add(-rtt)
	for _, r := range t.headline() {
		lost := slices.IndexFunc(r.sent(start, heal), record.Sample.Lost)
		if lost < 0 {
			continue
		}
		if first := r.sent(start, heal)[lost].Sent; first >= heal.Add(-rtt) && first <= t.first().Effective.Add(rtt) {
			at = max(at, heal.Add(-max(0, inject.Sub(first))))
		}
	}
	return at
}

// arrived returns the time, or if a failover was under way then, and came in
// spite of the healing, the moment when it had arrived.
func (t *trial) arrived(start, heal record.Time) record.Time {
	at := heal
	for _, r := range t.headline() {
		for _, s := range r.sequences(start, t.until, false) {
			for _, g := range t.courses[r.group.Name].settle(s.gapsUntil(heal)) {
				if g.Ended == ByFailover {
					at = max(at, g.After+1)
				}
			}
		}
	}
	return at
}

// read fills in both episodes. A site that appears, which nobody had forwarded
// to, is read the other way round: it goes again when the fault is healed.
func (t *trial) read(f *Failover, x record.Experiment, fib forwarding, first Steps) {
	s := scene{node: f.Node, topology: x.Topology, fib: fib}
	until := t.until
	if heal := t.healing(); heal != 0 {
		until = max(heal, f.Broken.Until)
	}
	events := between(t.history, first.Inject, until)
	f.Broken.Routers = s.routers()
	there, back := scene.broken, scene.mended
	if came := s.attracted(events); len(f.Broken.Routers) == 0 && len(came) > 0 {
		f.Broken.Routers, there, back = came, scene.mended, scene.broken
	}
	after := there(s, events, f.Broken.Routers)
	f.Broken.Relays = s.relays(events)
	w := t.watch(&f.Broken, x, f.Node, first.Effective)
	f.Broken.date(Inject, first, first.Inject, first.Effective, w.stages(after))
	f.Broken.bound(t.clock, t.loads)
	w.dateSwitch(&f.Broken)
	if f.Mended.Zero != 0 {
		t.readBack(f, x, s, back)
	}
}

// readBack fills in the episode after the last healing. If that had several
// parts it tells of the one that decided.
func (t *trial) readBack(f *Failover, x record.Experiment, s scene, stages func(scene, []record.Event, []string) []Stage) {
	w := t.watch(&f.Mended, x, "", 0)
	last := t.decisive(x.Topology, w)
	s.fib = s.fib.until(t.history, last.Heal, prefix(x.Topology))
	events := between(t.history, last.Heal, t.until)
	f.Mended.Routers = f.Broken.Routers
	if node := failed(x.Topology, last.On); node != s.node {
		s.node, stages = node, scene.mended
		f.Mended.Routers = s.attracted(events)
	}
	after := stages(s, events, f.Mended.Routers)
	f.Mended.Relays = s.relays(events)
	f.Mended.date(Heal, last, last.Heal, last.Healed, w.stages(after))
	f.Mended.bound(t.clock, t.loads)
	w.dateSwitch(&f.Mended)
}

// date sets the episode's zero and its stages. The call that makes a change
// brackets the instant of effect: it lies between call and done. A stage seen
// in between proves that the effect came no later than that, which narrows
// the bracket; time zero moves there, for nothing precedes its cause. So does
// the first request that was lost to a fault.
func (e *Episode) date(name StageName, s Steps, call, done record.Time, stages []Stage) {
	if done == 0 {
		return // the call failed: nothing can be dated
	}
	e.Zero = done
	for _, st := range stages {
		e.Zero = max(call, min(e.Zero, st.At))
	}
	if lost := e.lostSince(); name == Inject && lost != 0 {
		e.Zero = max(call, min(e.Zero, lost.Add(call.Sub(e.Start)))) // Start is a round trip before the call
	}
	e.Bracket = e.Zero.Sub(call)
	start := Stage{Name: name, At: e.Zero, Evidence: string(name) + " " + s.Kind + " on " + place(s.On)}
	e.Stages = append([]Stage{start}, stages...)
}
