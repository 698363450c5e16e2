package simulate

import (
	"context"
	"fmt"
	"slices"
	"time"

	"anylab/lab/fault"
	"anylab/lab/record"
)

// trial gates, breaks, waits and mends.
func (r *cellRun) trial(ctx context.Context, index int) error {
	if err := r.settled(settling, 0, func() bool { return r.up() && r.atHome() && r.served(0, quiet) }); err != nil {
		return err
	}
	if r.home == nil {
		for _, p := range r.probers {
			r.home = append(r.home, p.by())
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

// breakAndMend makes the faults one after the other, and heals each after its time, or
// once the outcome is known.
func (r *cellRun) breakAndMend(ctx context.Context, index int) error {
	world := r.world(uint64(index))
	type active struct {
		Fault
		fault.Injected
		from, heal record.Time
	}
	var broken []active
	start := r.now
	for _, f := range r.Faults {
		r.passUntil(start.Add(f.Spec.After))
		r.step(f, record.FaultInject)
		in, err := f.Inject(ctx, world)
		if err != nil {
			return fmt.Errorf("inject %s: %w", f.Spec.Kind, err)
		}
		r.step(f, record.FaultEffective)
		a := active{Fault: f, Injected: in, from: r.now}
		if f.Spec.For > 0 {
			a.heal = r.now.Add(f.Spec.For)
		}
		if ok, err := in.Active(ctx); ok && err == nil {
			r.step(f, record.FaultVerified)
		}
		broken = append(broken, a)
	}
	for i, a := range broken {
		if a.heal > 0 {
			r.passUntil(a.heal)
		} else {
			r.outcome(a.from, a.Known)
		}
		if i == 0 {
			r.survey(index, record.After)
		}
		r.step(a.Fault, record.FaultHeal)
		if err := a.Heal(ctx); err != nil {
			return fmt.Errorf("heal %s: %w", a.Spec.Kind, err)
		}
		r.step(a.Fault, record.FaultHealed)
		if ok, err := a.Active(ctx); !ok && err == nil {
			r.step(a.Fault, record.FaultHealVerified)
		}
	}
	return nil
}

// outcome waits until all have been served for the sustain time, or the limit.
func (r *cellRun) outcome(since record.Time, known time.Duration) {
	for end := since.Add(r.Limit + r.Trip); r.now < end && !r.served(since.Add(known), r.Sustain); {
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
		answers[p.Client] = append(answers[p.Client], p.by()...)
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
	}
}

// neighbor is whom the path was learned from: the node itself of its own.
func (p path) neighbor(n *node) *node {
	if p.from == nil {
		return n
	}
	return p.from.far.port.node
}
