package run

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"anylab/lab/fault"
	"anylab/lab/probe"
	"anylab/lab/record"
	"anylab/lab/world"
	"anylab/scenarios"
	"anylab/topologies"
)

// Standing is a lab that is up: by hand, or where a run has stopped.
type Standing struct {
	Scenario  scenarios.Scenario
	World     *world.World
	Unsettled []string // why it has not settled; none: it has

	rig *rig
}

func (r *rig) standing() *Standing {
	return &Standing{Scenario: r.cell.Scenario, World: &r.world, rig: r}
}

// Close takes the lab down.
func (s *Standing) Close() error { return s.rig.close(false) }

// Stand brings the lab of the first cell up as a run does before its first trial,
// and leaves it there: nobody asks any more, and nobody takes an end of a process
// for the lab's. A lab that does not settle stands, too. dir keeps its logs.
func (p *Plan) Stand(ctx context.Context, dir *record.Dir, say func(string)) (_ *Standing, err error) {
	building, end := context.WithCancelCause(ctx)
	var stands atomic.Bool
	r := newRig(p.cells[0], dir, "", say, func(cause error) {
		if !stands.Load() {
			end(cause)
		}
	})
	r.shown, r.passed, r.byHand = p.Exposed, p.Env, true
	s, shut := r.standing(), (*GateError)(nil)
	err = r.stand(building, p.patienceWith(r.cell))
	stands.Store(true)
	if errors.As(err, &shut) && ctx.Err() == nil {
		s.Unsettled, err = shut.Missing, nil
	}
	if err != nil {
		return nil, errors.Join(because(building, err, dir.Path()), r.close(ctx.Err() != nil))
	}
	return s, nil
}

// stand builds the lab, lets it settle and ends the probes.
func (r *rig) stand(ctx context.Context, patience time.Duration) error {
	if err := r.build(ctx); err != nil {
		return err
	}
	g := &gate{rig: r, patience: patience}
	for _, step := range []func(context.Context) error{g.connected, r.startProbes, g.settle} {
		if err := step(ctx); err != nil {
			return errors.Join(err, r.undoTo(r.stands))
		}
	}
	return r.undoTo(r.stands)
}

// undoTo undoes what was made last, but for so much.
func (r *rig) undoTo(kept int) error {
	var errs []error
	for _, undo := range slices.Backward(r.undo[kept:]) {
		errs = append(errs, undo())
	}
	r.undo = r.undo[:kept]
	return errors.Join(errs...)
}

// Fault makes a fault of the lab, which has passed its check.
func (s *Standing) Fault(spec scenarios.Fault) (fault.Fault, error) {
	if _, ok := scenarios.Serving(spec.On); ok {
		return nil, errors.New("by hand a fault strikes a node or a link that is named")
	}
	return compileFault(spec, s.World.Setting)
}

// Ask is how one client asks one service at one of its addresses.
type Ask struct {
	Client, Service string
	Config          probe.Config
}

// Asks lists how the client asks the service, at each anycast address: as the
// scenario has it, else in the manner of the service. An empty name stands for all.
func (s *Standing) Asks(client, service string) ([]Ask, error) {
	var list []Ask
	for _, n := range s.World.Lab.Nodes() {
		for _, svc := range s.Scenario.Services {
			if n.Role != topologies.Client || client != "" && client != n.Name || service != "" && service != svc.Name {
				continue
			}
			asked, err := s.asks(n.Name, svc.Name)
			if err != nil && (client == "" || service == "") {
				continue // what it answers is not known
			}
			if err != nil {
				return nil, err
			}
			list = append(list, asked...)
		}
	}
	return list, nil
}

func (s *Standing) asks(client, service string) ([]Ask, error) {
	spec := scenarios.Probe{From: client, Service: service, Rate: 1, Flows: 1}
	for _, p := range s.Scenario.Probes {
		if p.From == client && p.Service == service {
			spec = p
		}
	}
	if err := knownProbe(s.Scenario, &spec, s.Scenario.Source.Root()); err != nil {
		return nil, err
	}
	var list []Ask
	for _, p := range s.Scenario.Topology.Anycast {
		_, config := group(s.Scenario, spec, p.Addr())
		list = append(list, Ask{client, service, config})
	}
	return list, nil
}
