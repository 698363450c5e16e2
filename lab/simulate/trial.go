package simulate

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"anylab/lab/fault"
	"anylab/lab/record"
)

// trial gates, breaks, waits and mends.
func (r *cellRun) trial(ctx context.Context, index int) error {
	if err := r.settled(settling, 0, func() bool { return r.up() && r.atHome() && r.served(0, quiet) && r.now.Sub(r.changed) >= r.Settle }); err != nil {
		return err
	}
	if r.home == nil {
		for _, p := range r.probers {
			r.home = append(r.home, p.nodes())
		}
	}
	r.forget(r.now.Add(-time.Minute))
	r.survey(index, record.Before)
	r.mark(index, record.TrialBegin, nil)
	if len(r.Faults) == 0 {
		r.passUntil(r.now.Add(2*r.Sustain + r.Trip))
		r.mark(index, record.TrialEnd, nil)
		return nil
	}
	r.passUntil(r.Moment(index, r.now.Add(before+r.Trip)))
	if err := r.breakAndMend(ctx, index); err != nil {
		return err
	}
	healed := r.now
	end := healed.Add(r.Limit + r.Trip)
	back := func() bool { return r.atHome() && r.served(healed, r.Sustain) }
	for !back() && r.now < end {
		r.pass(look)
	}
	returned := back()
	r.mark(index, record.TrialEnd, &returned)
	r.survey(index, record.Healed)
	return nil
}

func (r *cellRun) mark(index int, phase record.TrialPhase, returned *bool) {
	r.emit(record.KindTrial, "", record.Trial{Index: index, Cell: r.Scenario.Cell, Phase: phase, Returned: returned})
}

// broken is a fault that is in effect.
type broken struct {
	Fault
	fault.Injected
	known record.Time // theory has it detected by then
	heal  record.Time // when to heal; 0: when the outcome is known
}

// breakAndMend makes the faults at their offsets, and heals each after its time, or all
// once the outcome is known.
func (r *cellRun) breakAndMend(ctx context.Context, index int) error {
	world := r.world(uint64(index))
	waiting := slices.Clone(r.Faults)
	slices.SortStableFunc(waiting, func(a, b Fault) int { return cmp.Compare(a.Spec.After, b.Spec.After) })
	var active []broken
	start, surveyed := r.now, false
	for len(waiting) > 0 || len(active) > 0 {
		heal, at := next(start, waiting, active)
		if heal < 0 {
			r.passUntil(at)
			b, err := r.inject(ctx, world, waiting[0])
			if err != nil {
				return err
			}
			waiting, active = waiting[1:], append(active, b)
			continue
		}
		if r.passUntil(at); at == 0 {
			r.outcome(active)
		}
		if !surveyed && len(waiting) == 0 {
			r.survey(index, record.After)
			surveyed = true
		}
		due := active[heal : heal+1]
		if at == 0 { // faults without a time of their own are healed together
			due = active
		}
		for _, b := range due {
			if err := r.mend(ctx, b); err != nil {
				return err
			}
		}
		active = slices.Delete(active, heal, heal+len(due))
	}
	return nil
}

// next says what comes next and when: the healing of active faults from one on, or the
// injection of the first that waits (heal is -1). 0 is once the outcome is known.
func next(start record.Time, waiting []Fault, active []broken) (heal int, at record.Time) {
	heal = -1
	for i, b := range active {
		if b.heal != 0 && (heal < 0 || b.heal < at) {
			heal, at = i, b.heal
		}
	}
	if len(waiting) > 0 {
		if inject := start.Add(waiting[0].Spec.After); heal < 0 || inject <= at {
			return -1, inject
		}
	}
	return max(heal, 0), at
}

func (r *cellRun) inject(ctx context.Context, world *fault.World, f Fault) (broken, error) {
	r.step(f, record.FaultInject)
	in, err := f.Inject(ctx, world)
	if err != nil {
		return broken{}, fmt.Errorf("inject %s: %w", f.Spec.Kind, err)
	}
	r.step(f, record.FaultEffective)
	b := broken{Fault: f, Injected: in, known: r.now.Add(f.Known)}
	if f.Spec.For > 0 {
		b.heal = r.now.Add(f.Spec.For)
	}
	if ok, err := in.Active(ctx); ok && err == nil {
		r.step(f, record.FaultVerified)
	}
	return b, nil
}

func (r *cellRun) mend(ctx context.Context, b broken) error {
	r.step(b.Fault, record.FaultHeal)
	if err := b.Heal(ctx); err != nil {
		return fmt.Errorf("heal %s: %w", b.Spec.Kind, err)
	}
	r.step(b.Fault, record.FaultHealed)
	if ok, err := b.Active(ctx); !ok && err == nil {
		r.step(b.Fault, record.FaultHealVerified)
	}
	return nil
}

// outcome waits until all have been served for the sustain time, or the limit.
func (r *cellRun) outcome(active []broken) {
	known := slices.MaxFunc(active, func(a, b broken) int { return cmp.Compare(a.known, b.known) }).known
	for end := r.now.Add(r.Limit + r.Trip); r.now < end && !r.served(known, r.Sustain); {
		r.pass(look)
	}
}

func (r *cellRun) step(f Fault, phase record.FaultPhase) {
	r.emit(record.KindFault, "", record.Fault{ID: f.ID, Kind: f.Spec.Kind, On: f.Spec.On, Phase: phase, Service: f.Service})
}

// survey notes where traffic goes.
func (r *cellRun) survey(index int, when record.When) {
	answers := map[string][]string{}
	for _, p := range r.probers {
		answers[p.Client] = append(answers[p.Client], p.nodes()...)
	}
	for _, n := range r.order {
		s := record.State{Index: index, Cell: r.Scenario.Cell, When: when, What: record.BestPath, Nodes: []string{}}
		if n.speaker == nil {
			s.What, s.Nodes = record.Catchment, answers[n.Name]
			slices.Sort(s.Nodes)
			s.Nodes = slices.Compact(s.Nodes)
		} else {
			for _, p := range n.speaker.best[r.Topology.Anycast[0]] {
				s.Nodes = append(s.Nodes, p.neighbor(n).Name)
			}
			slices.Sort(s.Nodes)
		}
		r.emit(record.KindState, n.Name, s)
		if held := n.held(r.Topology.Anycast[0]); len(held) > 0 {
			s.What, s.Nodes = record.Damped, held
			r.emit(record.KindState, n.Name, s)
		}
	}
}

// held names the neighbors whose route is suppressed for its flaps.
func (n *node) held(p netip.Prefix) []string {
	if n.speaker == nil {
		return nil
	}
	var list []string
	for _, e := range n.speaker.ends() {
		if e.suppressed(p) {
			list = append(list, e.far.port.node.Name)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// neighbor is whom the path was learned from: the node itself of its own.
func (p path) neighbor(n *node) *node {
	if p.from == nil {
		return n
	}
	return p.from.far.port.node
}
