package timeline

import (
	"maps"
	"slices"
	"time"

	"anylab/lab/record"
	"anylab/topologies"
)

// trial is the part of a run's record that belongs to one trial.
type trial struct {
	index      int
	cell       map[string]string
	begin, end record.Time
	until      record.Time // end, or the record's end
	faults     map[int]*Steps
	clock      time.Duration
	findings   []record.Finding
	delays     []Delay
	loads      []Load
	procs      map[int]string
	states     []State
	spent      *record.Spent
	silence    *record.Silence // not a trial, but a known silence
	client     string          // that it was made for
	history    []record.Event  // everything from the run's start to until
	groups     []*requests
}

// windows cuts sorted events into trials.
func windows(events []record.Event) []*trial {
	var list []*trial
	var open *trial
	for _, e := range events {
		switch d := e.Data.(type) {
		case record.Trial:
			if d.Phase == record.TrialBegin || open == nil {
				open = &trial{index: d.Index, cell: d.Cell, faults: map[int]*Steps{}}
				list = append(list, open)
			}
			if d.Phase == record.TrialBegin {
				open.begin = e.At
				continue
			}
			open.end, open.spent = e.At, d.Spent
			open = nil
		case record.Fault:
			if open != nil {
				open.step(e.At, d)
			}
		}
	}
	for i, t := range list {
		t.until = t.end
		if t.end == 0 {
			t.until = stop(list[i+1:], events)
		}
		t.overhear(events)
		t.look(events)
	}
	return list
}

// look collects the trial's states. They were looked at around what the trial
// measures, so they name the trial.
func (t *trial) look(events []record.Event) {
	for _, e := range events {
		if d, ok := e.Data.(record.State); ok && d.Index == t.index && maps.Equal(d.Cell, t.cell) {
			t.states = append(t.states, State{e.Node, d})
		}
	}
}

// stop returns when a trial without an end stops: at the next one's begin, or
// with the record.
func stop(later []*trial, events []record.Event) record.Time {
	if len(later) > 0 && later[0].begin != 0 {
		return later[0].begin
	}
	return events[len(events)-1].At + 1
}

// overhear collects what concerns the trial without being about it.
func (t *trial) overhear(events []record.Event) {
	t.history, t.procs = between(events, 0, t.until), map[int]string{}
	var offset *int64
	for _, e := range t.history {
		switch d := e.Data.(type) {
		case record.Finding:
			switch {
			case e.At < t.begin:
			case d.From != 0:
				t.delays = append(t.delays, Delay{d.Name, d.Detail, d.From, e.At})
			default:
				t.findings = append(t.findings, d)
			}
		case record.Proc:
			if e.Kind == record.KindStart {
				t.procs[d.PID] = d.Name + " on " + e.Node
			}
		case record.Load:
			if e.At >= t.begin {
				t.loads = append(t.loads, Load{d, e.At})
			}
		case record.Clock:
			if offset != nil && e.At >= t.begin {
				t.clock = max(t.clock, time.Duration(d.OffsetNS-*offset).Abs())
			}
			offset = &d.OffsetNS
		}
	}
}

// step notes one step of one fault.
func (t *trial) step(at record.Time, d record.Fault) {
	s := t.faults[d.ID]
	if s == nil {
		s = &Steps{Kind: d.Kind, On: d.On}
		t.faults[d.ID] = s
	}
	if d.Err != "" {
		s.Err = string(d.Phase) + ": " + d.Err
		return
	}
	switch d.Phase {
	case record.FaultInject:
		s.Inject = at
	case record.FaultEffective:
		s.Effective = at
	case record.FaultVerified:
		s.Verified = at
	case record.FaultHeal:
		s.Heal = at
	case record.FaultHealed:
		s.Healed = at
	case record.FaultHealVerified:
		s.HealedVerified = at
	}
}

// steps returns the trial's faults by their id.
func (t *trial) steps() []Steps {
	var ids []int
	for id := range t.faults {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	var list []Steps
	for _, id := range ids {
		list = append(list, *t.faults[id])
	}
	return list
}

// first returns the fault that was injected first.
func (t *trial) first() Steps {
	var first Steps
	for _, s := range t.steps() {
		if s.Inject != 0 && (first.Inject == 0 || s.Inject < first.Inject) {
			first = s
		}
	}
	return first
}

// lastHealed returns the fault whose healing was done last: only then is
// everything whole again.
func (t *trial) lastHealed() Steps {
	var last Steps
	for _, s := range t.steps() {
		if s.Heal != 0 && s.Healed >= last.Healed {
			last = s
		}
	}
	return last
}

// firstHeal returns when healing began.
func (t *trial) firstHeal() record.Time {
	var first record.Time
	for _, s := range t.faults {
		if s.Heal != 0 && (first == 0 || s.Heal < first) {
			first = s.Heal
		}
	}
	return first
}

// failed returns the node that a fault at the place takes out of service: the
// node itself, or of a link's ends the one that serves. Of two routers it is
// the one farther from the clients.
func failed(t topologies.Topology, on []string) string {
	if len(on) != 2 {
		return first(on)
	}
	far := distances(t)
	a, _ := t.Node(on[0])
	b, _ := t.Node(on[1])
	switch {
	case a.Role == topologies.Anycast && b.Role != topologies.Anycast:
		return on[0]
	case b.Role == topologies.Anycast && a.Role != topologies.Anycast:
		return on[1]
	case far[on[0]] > far[on[1]]:
		return on[0]
	}
	return on[1]
}

func first(on []string) string {
	if len(on) == 0 {
		return ""
	}
	return on[0]
}

// distances returns how many links each node is away from the nearest client.
func distances(t topologies.Topology) map[string]int {
	far := map[string]int{}
	queue := t.Of(topologies.Client)
	for _, n := range queue {
		far[n] = 0
	}
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		for _, l := range t.LinksOf(n) {
			_, peer := l.Of(n)
			if _, seen := far[peer.Node]; !seen {
				far[peer.Node] = far[n] + 1
				queue = append(queue, peer.Node)
			}
		}
	}
	return far
}

// place names where a fault is: "a", or "upstream-a".
func place(on []string) string {
	if len(on) == 2 {
		return on[0] + "-" + on[1]
	}
	return first(on)
}
