package timeline

import (
	"cmp"
	"iter"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"

	"anylab/lab/record"
)

// Input is the record of one run.
type Input struct {
	CPUs   int                            // of the machine; 0: not known
	Events iter.Seq2[record.Event, error] // in any order
	Groups []record.ProbeGroup
	Spans  func(group string) iter.Seq2[record.Span, error] // in any order
	// Experiment states what was measured in a cell.
	Experiment func(cell map[string]string) record.Experiment
	Wanted     func(cell map[string]string) bool // whose trials are read; nil: all
	After      record.Time                       // what had ended by then is not read
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
	Kinds    map[record.Kind]int // how many events there are of each
	Nodes    map[string]bool     // that the events name
	Lasted   time.Duration       // from the first event to the last
}

// Read returns the history of a run.
func Read(in Input) (History, error) {
	var h History
	events, err := sorted(in.Events)
	if err != nil {
		return h, err
	}
	h.count(events)
	told := overhear(events)
	all := append(silences(told), windows(told)...)
	slices.SortStableFunc(all, func(a, b *trial) int { return cmp.Compare(a.until, b.until) })
	stays(all)
	all = slices.DeleteFunc(all, func(t *trial) bool { return t.until <= in.After || in.Wanted != nil && !in.Wanted(t.cell) })
	if err := dealAll(all, in); err != nil {
		return h, err
	}
	for i, f := range readAll(all, in) {
		if all[i].silence != nil {
			h.Silences = append(h.Silences, f)
		} else {
			h.Trials = append(h.Trials, f)
		}
	}
	return h, nil
}

// count says what events there are, which are sorted by time.
func (h *History) count(events []record.Event) {
	h.Kinds, h.Nodes = map[record.Kind]int{}, map[string]bool{}
	for _, e := range events {
		h.Kinds[e.Kind]++
		h.Nodes[e.Node] = true
	}
	delete(h.Nodes, "") // of no node
	if len(events) > 0 {
		h.Lasted = events[len(events)-1].At.Sub(events[0].At)
	}
}

// readAll reads the trials side by side, once each knows what there was before it.
func readAll(all []*trial, in Input) []Failover {
	var fib forwarding
	var lab record.Time
	found := make([]Failover, len(all))
	var reading sync.WaitGroup
	at := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, t := range all {
		x := in.Experiment(t.cell)
		t.byLongestMatch(x)
		t.plan(x.Faults)
		if t.silence == nil {
			if t.lab != lab {
				lab, fib = t.lab, forwarding{read: t.lab}
			}
			fib = fib.until(t.history, t.first().Inject, prefix(x.Topology))
			t.inherit(x.Topology)
		}
		start := fib
		at <- struct{}{}
		reading.Go(func() {
			found[i] = t.tells(in, x, start)
			<-at
		})
	}
	reading.Wait()
	return found
}

// tells reads one trial, or one known silence. fib holds who forwarded where when its
// fault was injected.
func (t *trial) tells(in Input, x record.Experiment, fib forwarding) Failover {
	t.open()
	defer t.close()
	t.dismiss()
	if t.silence != nil {
		return t.silent(in, x)
	}
	f := t.failover(in, x, fib)
	f.Clients = t.clients(in, x, fib, f)
	return f
}

// stays tells every trial since when its lab is there: a lab is built anew
// where a trial of another cell comes before, or where nothing else helps.
func stays(all []*trial) {
	for i, t := range all[min(1, len(all)):] {
		switch before := all[i]; {
		case t.lab != 0:
		case !maps.Equal(before.cell, t.cell):
			t.lab = before.until
		default:
			t.lab = before.lab
		}
	}
}

// failover reads one trial. fib holds who forwarded where when its fault was
// injected.
func (t *trial) failover(in Input, x record.Experiment, fib forwarding) Failover {
	first := t.first()
	f := Failover{
		Cell: t.cell, Index: t.index, Begin: t.begin, End: t.end,
		Faults: slices.Clone(t.steps()), Clock: t.clock, Unclocked: t.unclocked, Findings: t.findings, Delays: t.delays, States: t.states, Loads: t.loads, Procs: t.procs, CPUs: in.CPUs, Spent: t.spent, Returned: t.returned, Forced: t.forced, Recorded: t.recorded(), Announced: t.announced,
		Broken: Episode{Zero: t.begin, Start: t.begin, Until: t.until},
	}
	t.explain(x, fib)
	if first.Inject == 0 { // no fault: the whole trial must be quiet
		t.watch(&f.Broken, x, f.Node, 0)
		f.Before.AnsweredBy = f.Broken.AnsweredBy
		f.Optimal = t.optimal(x.Topology, f.Before.AnsweredBy)
		t.conclude(&f, x)
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
	f.Before = t.before(first.Inject)
	f.Optimal = t.optimal(x.Topology, f.Before.AnsweredBy)
	f.Meanwhile = t.meanwhile(f)
	t.read(&f, x, fib, first)
	f.Alerts = t.alerts()
	t.conclude(&f, x)
	return f
}

// explain finds out what can explain the gaps of each probe group.
func (t *trial) explain(x record.Experiment, fib forwarding) {
	t.courses = map[string]*course{}
	for _, r := range t.headline() {
		r.heals = t.heals()
		t.courses[r.group.Name] = t.course(r, x, fib)
	}
}

// parted returns the moment from when on requests were sent that the healing
// could hit: a round trip before it began. Where the fault did not last for much
// longer than that, what it hit is taken to be as far away from the client as
// what the healing hit. A healing that moves no route hits nothing.
func (t *trial) parted(start, heal record.Time) record.Time {
	inject := t.first().Inject
	rtt := inject.Sub(start)
	if rtt > heal.Sub(inject) && !t.moves(heal) {
		return heal
	}
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

// partedOf returns the moment from when on requests of the group were sent that the
// healing could hit, by its own round trip: others may be farther away. 0: none was
// begun.
func (t *trial) partedOf(r *requests) record.Time {
	heal := t.healing()
	if heal == 0 {
		return 0
	}
	return heal.Add(-r.roundTrip(t.begin, t.first().Inject))
}

// moves says whether any group's way changed after a moment, as far as it was read.
func (t *trial) moves(after record.Time) bool {
	return slices.ContainsFunc(t.headline(), func(r *requests) bool {
		c := t.courses[r.group.Name]
		return c == nil || c.way == nil || len(c.changes(after, t.until)) > 0
	})
}

// arrived returns the time, or if a failover was under way then, and came in
// spite of the healing, the moment when it had arrived.
func (t *trial) arrived(start, heal record.Time) record.Time {
	at := heal
	for _, r := range t.headline() {
		for _, s := range r.sequences(start, t.until, false) {
			for _, g := range t.courses[r.group.Name].settle(s.gapsUntil(max(heal, t.partedOf(r)))) {
				if g.Ended == ByFailover || g.Ended == ByRestart {
					at = max(at, g.After+1)
				}
			}
		}
	}
	return at
}

// dateFrom sets the episode's zero, which is that of the first fault, and its
// stages, which are those of the fault that made users wait longest.
func (e *Episode) dateFrom(first, struck Steps, stages []Stage) {
	e.Struck = struck
	if struck.Inject == first.Inject {
		e.date(Inject, first, first.Inject, first.Effective, stages)
		return
	}
	own := *e
	own.Start = e.Start.Add(struck.Inject.Sub(first.Inject))
	own.date(Inject, struck, struck.Inject, struck.Effective, stages)
	e.Stages = nil
	e.date(Inject, first, first.Inject, first.Effective, nil)
	e.Stages = own.Stages
}

// Later says whether the stages are those of a later fault than the first.
func (e Episode) Later() bool { return len(e.Stages) > 0 && e.Stages[0].At > e.Zero }

// read fills in both episodes. A site that appears, which nobody had forwarded
// to, is read the other way round: it goes again when the fault is healed.
func (t *trial) read(f *Failover, x record.Experiment, fib forwarding, first Steps) {
	w := t.watch(&f.Broken, x, f.Node, first.Effective)
	struck := t.striking(w, first.Inject.Sub(f.Broken.Start))
	fib = fib.until(t.history, struck.Inject, prefix(x.Topology))
	s := t.scene(x, failed(x.Topology, struck.On), fib, w.decider(&f.Broken, t.headline()))
	until := t.until
	if heal := t.healing(); heal != 0 {
		until = max(heal, f.Broken.Until)
	}
	if next := t.next(struck); next != 0 && (w.restore == nil || w.restore.At < next) {
		until = min(until, next)
	}
	events := between(t.history, struck.Inject, until)
	appears := len(s.routers()) == 0 && len(s.attracted(events)) > 0
	f.Broken.Client = s.client
	var routers []string
	if appears {
		routers = t.came(s, &f.Broken, w, events)
	} else {
		routers = t.left(s, &f.Broken, w, events)
	}
	f.Broken.dateFrom(first, struck, w.stages(s, events, f.Broken.Stages))
	s.causes(&f.Broken, events, routers, x, w.served)
	f.Broken.bound(t.clock, t.loads)
	w.dateSwitch(&f.Broken)
	if f.Mended.Zero != 0 {
		t.readBack(f, x, s, fib, appears)
	}
}

// scene returns where the stages of a group's outcome are looked for. fib is of
// the first family.
func (t *trial) scene(x record.Experiment, node string, fib forwarding, r *requests) scene {
	s := scene{node: node, topology: x.Topology, prefix: prefix(x.Topology), fib: fib, history: between(t.history, t.lab, t.until), past: t.past()}
	if r != nil {
		s.client = r.group.Client
		if p := r.prefix(x.Topology); p != s.prefix {
			s.prefix, s.fib = p, forwarding{read: t.lab}.until(t.history, fib.read, p)
		}
	}
	s.carriers = t.carriers[s.prefix]
	return s
}

// left fills in how the client's packets left the failed node, came how they
// came to one that appeared or is back. Both return the routers beside the node
// that are on the way.
func (t *trial) left(s scene, e *Episode, w *watched, events []record.Event) []string {
	to := endOf(events)
	after, by := s.settled(t.history, w.since(to), to, s.moved(w.served))
	turns := s.leaving(s.passage(s.fib), after, by)
	e.Routers, e.Relays, e.Hops = routersOf(turns), s.relays(events), s.hopsOf(events, turns, false)
	e.Stages = s.broken(events, turns)
	return near(turns)
}

func (t *trial) came(s scene, e *Episode, w *watched, events []record.Event, others ...string) []string {
	after, by := s.settled(t.history, w.since(s.fib.read), endOf(events), func(p passage) bool { return p.reaches(s.node) })
	turns := s.joining(after, by)
	e.Routers, e.Relays, e.Hops = routersOf(turns), s.relays(events), s.hopsOf(events, turns, true)
	if len(turns) == 0 {
		for _, r := range others {
			turns = append(turns, turn{router: r, news: []string{s.node, r}})
		}
	}
	e.Stages = s.mended(events, turns)
	return near(turns)
}

// endOf returns the moment just after the last of the events.
func endOf(events []record.Event) record.Time {
	if len(events) == 0 {
		return 0
	}
	return events[len(events)-1].At + 1
}

// readBack fills in the episode after the last healing. If that had several
// parts it tells of the one that decided.
func (t *trial) readBack(f *Failover, x record.Experiment, s scene, fib forwarding, appeared bool) {
	w := t.watch(&f.Mended, x, "", 0)
	last := t.decisive(x.Topology, w)
	before := near(s.leaving(s.passage(s.fib), passage{}, 0))
	r := w.decider(&f.Mended, t.headline())
	node := failed(x.Topology, last.On)
	if node != s.node {
		appeared, before = false, nil
	}
	s = t.scene(x, node, fib, r)
	s.fib = s.fib.until(t.history, last.Heal, s.prefix)
	events := between(t.history, last.Heal, t.until)
	f.Mended.Client = s.client
	var routers []string
	if appeared {
		routers = t.left(s, &f.Mended, w, events)
	} else {
		routers = t.came(s, &f.Mended, w, events, before...)
	}
	f.Mended.date(Heal, last, last.Heal, last.Healed, w.stages(s, events, f.Mended.Stages))
	s.causes(&f.Mended, events, routers, x, w.served)
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
	if lost := e.lostSince(); name == Inject && lost >= e.Start {
		e.Zero = max(call, min(e.Zero, lost.Add(call.Sub(e.Start)))) // Start is a round trip before the call
	}
	e.Bracket = e.Zero.Sub(call)
	start := Stage{Name: name, At: e.Zero, Low: call, High: e.Zero, Evidence: string(name) + " " + s.Kind + " on " + place(s.On)}
	e.Stages = append([]Stage{start}, stages...)
}
