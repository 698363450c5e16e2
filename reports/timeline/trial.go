package timeline

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"time"

	"anylab/lab/record"
)

// trial is the part of a run's record that belongs to one trial.
type trial struct {
	index      int
	cell       map[string]string
	lab        record.Time // nothing before is of the trial's lab
	begin, end record.Time
	until      record.Time // end, or the record's end
	faults     map[int]*Steps
	ordered    []Steps // the faults, as steps returns them; nil: they were not asked for
	clock      time.Duration
	unclocked  time.Duration
	findings   []record.Finding
	delays     []Delay
	loads      []Load
	procs      map[int]string
	states     []State
	spent      *record.Spent
	returned   *bool
	forced     []record.Force  // to bring the lab to where the trial began
	silence    *record.Silence // not a trial, but a known silence
	client     string          // that it was made for
	history    []record.Event  // everything from the run's start to until
	overheard  *overheard      // of the whole run
	found      index           // of the history
	groups     []*requests
	courses    map[string]*course        // by probe group
	announced  map[string][]netip.Prefix // by each node, since its lab is there
	carriers   map[netip.Prefix]carriers
}

// windows cuts sorted events into trials.
func windows(told *overheard) []*trial {
	var list []*trial
	var open *trial
	for _, e := range told.events {
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
			open.end, open.spent, open.returned = e.At, d.Spent, d.Returned
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
			t.until = stop(list[i+1:], told.events)
		}
		told.tell(t)
		told.look(t)
	}
	return list
}

// stop returns when a trial without an end stops: at the next one's begin, or
// with the record.
func stop(later []*trial, events []record.Event) record.Time {
	if len(later) > 0 && later[0].begin != 0 {
		return later[0].begin
	}
	return events[len(events)-1].At + 1
}

// step notes one step of one fault.
func (t *trial) step(at record.Time, d record.Fault) {
	s := t.faults[d.ID]
	if s == nil {
		s = &Steps{Kind: d.Kind, On: d.On, Service: d.Service}
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
		s.Healed, s.Traffic = at, d.Traffic
	case record.FaultHealVerified:
		s.HealedVerified = at
	}
}

// plan adds to the faults what the experiment says of them.
func (t *trial) plan(faults []record.PlannedFault) {
	for id, s := range t.faults {
		s.Silences = id < len(faults) && faults[id].Silences
		if id < len(faults) && faults[id].Ends {
			t.revive(s)
		}
	}
	t.ordered = nil
}

// revive takes the supervisor that started again what the fault had ended for
// what mended it: there was nothing left to heal later.
func (t *trial) revive(s *Steps) {
	for _, e := range between(t.history, s.Effective, t.until) {
		d, ok := e.Data.(record.Restart)
		if ok && d.Err == "" && slices.Equal(s.On, []string{e.Node}) && (s.Service == "" || s.Service == d.Name) && (s.Heal == 0 || e.At < s.Heal) {
			s.Heal, s.Healed, s.Restarted = e.At, e.At, e.At
			return
		}
	}
}

// steps returns the trial's faults by their id.
func (t *trial) steps() []Steps {
	if t.ordered == nil {
		for _, id := range slices.Sorted(maps.Keys(t.faults)) {
			t.ordered = append(t.ordered, *t.faults[id])
		}
	}
	return t.ordered
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

// next returns when another fault began after one was healed, 0 if none did: what that
// one causes is not the healed one's.
func (t *trial) next(healed Steps) record.Time {
	var first record.Time
	for _, s := range t.steps() {
		if healed.Heal != 0 && s.Inject > max(healed.Heal, healed.Healed, healed.HealedVerified) && (first == 0 || s.Inject < first) {
			first = s.Inject
		}
	}
	return first
}

// apart is the least time between two healings that are not parts of one.
const apart = 100 * time.Millisecond

// healing returns when the last healing of the trial began, 0 if none did.
// Faults that were healed one right after another were healed together; what
// was healed before that is part of what the trial's users went through.
func (t *trial) healing() record.Time {
	healed := slices.DeleteFunc(slices.Clone(t.steps()), func(s Steps) bool { return s.Heal == 0 })
	slices.SortFunc(healed, func(a, b Steps) int { return cmp.Compare(b.Heal, a.Heal) })
	var began record.Time
	for _, s := range healed {
		if began != 0 && began.Sub(max(s.Heal, s.Healed, s.HealedVerified)) >= apart {
			break
		}
		began = s.Heal
	}
	return began
}

// heals returns when each of the faults began to be healed that were.
func (t *trial) heals() []healing {
	var list []healing
	for _, s := range t.steps() {
		if s.Heal != 0 {
			list = append(list, healing{began: s.Heal})
		}
	}
	return list
}

// failed returns the node that a fault at the place takes out of service: the
// node itself, or of a link's ends the one that serves. Of two routers it is
// the one farther from the clients.
func failed(t record.Topology, on []string) string {
	if len(on) != 2 {
		return first(on)
	}
	far := distances(t)
	a, _ := t.Node(on[0])
	b, _ := t.Node(on[1])
	switch {
	case a.Role == record.AnycastNode && b.Role != record.AnycastNode:
		return on[0]
	case b.Role == record.AnycastNode && a.Role != record.AnycastNode:
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
func distances(t record.Topology) map[string]int {
	far := map[string]int{}
	queue := t.Of(record.ClientNode)
	for _, n := range queue {
		far[n] = 0
	}
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		for l := range t.LinksOf(n) {
			peer := l.Far(n)
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

// past is what happened in the trial's lab.
func (t *trial) past() past { return past{t.found, t.lab, t.until} }
