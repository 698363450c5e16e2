package timeline

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"anylab/lab/record"
)

// overheard is what a run's record says beside the trials' own steps, in order
// of time and sorted so that a trial finds its part without reading the rest:
// a run may have thousands of trials.
type overheard struct {
	events  []record.Event // all of them
	notes   []record.Event // findings
	loads   []record.Event
	clocks  []record.Event
	starts  map[int][]record.Event            // of processes, by number: numbers come again
	states  map[string][]State                // by trial
	streams map[string]map[int][]record.Event // by probe group and flow
	forces  map[string][]record.Event         // by the trial that came next
	offers  []record.Event                    // BGP messages that open a session or announce something
	index

	told     announcements
	carriers map[netip.Prefix]*carried
}

func overhear(events []record.Event) *overheard {
	o := &overheard{events: events, starts: map[int][]record.Event{}, states: map[string][]State{},
		streams: map[string]map[int][]record.Event{}, forces: map[string][]record.Event{}, carriers: map[netip.Prefix]*carried{}, index: newIndex()}
	for _, e := range events {
		o.add(e)
		switch d := e.Data.(type) {
		case record.Finding:
			o.notes = append(o.notes, e)
		case record.BGP:
			if d.Type == record.BGPOpen || len(d.Announce) > 0 {
				o.offers = append(o.offers, e)
			}
		case record.Load:
			o.loads = append(o.loads, e)
		case record.Clock:
			o.clocks = append(o.clocks, e)
		case record.Proc:
			if e.Kind == record.KindStart {
				o.starts[d.PID] = append(o.starts[d.PID], e)
			}
		case record.State:
			key := trialKey(d.Index, d.Cell)
			o.states[key] = append(o.states[key], State{e.Node, d})
		case record.Force:
			key := trialKey(d.Index, d.Cell)
			o.forces[key] = append(o.forces[key], e)
		case record.Stream:
			if o.streams[d.Group] == nil {
				o.streams[d.Group] = map[int][]record.Event{}
			}
			o.streams[d.Group][d.Flow] = append(o.streams[d.Group][d.Flow], e)
		}
	}
	return o
}

// trialKey tells the trials of a run apart. Values are quoted: whatever they
// are, no two cells look alike.
func trialKey(index int, cell map[string]string) string { return fmt.Sprintf("%d %q", index, cell) }

// tell gives the trial what concerns it without being about it.
func (o *overheard) tell(t *trial) {
	t.overheard, t.found, t.history = o, o.index, between(o.events, 0, t.until)
	for _, e := range o.forces[trialKey(t.index, t.cell)] {
		f, _ := e.Data.(record.Force)
		if t.forced = append(t.forced, f); f.How == record.Rebuild {
			t.lab = e.At
		}
	}
	t.loads = o.loadsOf(t.begin, t.until)
	for _, e := range between(o.notes, t.begin, t.until) {
		if d, ok := e.Data.(record.Finding); ok {
			if d.From != 0 {
				t.delays = append(t.delays, Delay{d.Name, d.Detail, d.From, e.At})
			} else {
				t.findings = append(t.findings, d)
			}
		}
	}
	t.clock, t.unclocked = o.clock(t.begin, t.until), o.unclocked(t.begin, t.until)
	t.procs = o.procs(t.loads, t.until)
}

// loadsOf returns the samples of the machine's load that say something of the
// span, the one that was under way at its end included.
func (o *overheard) loadsOf(from, to record.Time) []Load {
	var list []Load
	for _, e := range o.loads[preceding(o.loads, from):] {
		l := Load{e.Data.(record.Load), e.At}
		if l.From >= to {
			break
		}
		list = append(list, l)
	}
	return list
}

// unclocked is the longest time without a sample of the clocks that touches the
// span: since the one before it, or since the record began.
func (o *overheard) unclocked(from, to record.Time) time.Duration {
	last, first := o.events[0].At, preceding(o.clocks, from)
	if first > 0 {
		last = o.clocks[first-1].At
	}
	var most time.Duration
	for _, e := range between(o.clocks, from, to) {
		most, last = max(most, e.At.Sub(last)), e.At
	}
	return max(most, to.Sub(last))
}

// clock is the largest change from one sample of the clocks to the next, of
// those that were taken between the two times.
func (o *overheard) clock(from, to record.Time) time.Duration {
	var most time.Duration
	first := preceding(o.clocks, from)
	for i := max(first, 1); i < preceding(o.clocks, to); i++ {
		now, last := o.clocks[i].Data.(record.Clock), o.clocks[i-1].Data.(record.Clock)
		most = max(most, time.Duration(now.OffsetNS-last.OffsetNS).Abs())
	}
	return most
}

// procs names the processes that had to wait, as they were called last before
// the time.
func (o *overheard) procs(loads []Load, to record.Time) map[int]string {
	names := map[int]string{}
	for _, l := range loads {
		for _, w := range l.Waits {
			if n := preceding(o.starts[w.PID], to); n > 0 {
				e := o.starts[w.PID][n-1]
				names[w.PID] = e.Data.(record.Proc).Name + " on " + e.Node
			}
		}
	}
	return names
}

// look gives the trial its states. They were looked at around what the trial
// measures, so they name the trial.
func (o *overheard) look(t *trial) { t.states = o.states[trialKey(t.index, t.cell)] }

// preceding counts the sorted events that came before the time.
func preceding(events []record.Event, at record.Time) int {
	n, _ := slices.BinarySearchFunc(events, at, func(e record.Event, t record.Time) int { return cmp.Compare(e.At, t) })
	return n
}

// between returns the part of sorted events with from <= At < to.
func between(events []record.Event, from, to record.Time) []record.Event {
	i, j := preceding(events, from), preceding(events, to)
	return events[i:max(i, j)]
}
