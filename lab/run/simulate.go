package run

import (
	"context"
	"fmt"
	"time"

	"anylab/lab/probe"
	"anylab/lab/record"
	"anylab/lab/simulate"
)

// Simulable says what of the plan can't be simulated, nil if all can.
func (p *Plan) Simulable() error {
	for i, c := range p.cells {
		if _, err := p.simulated(i); err != nil {
			return fmt.Errorf("%w%s", err, c.suffix())
		}
	}
	return nil
}

// simulated is a cell as it is simulated.
func (p *Plan) simulated(i int) (simulate.Cell, error) {
	c := p.cells[i]
	drawn := newMoments(p.Seed, i, c.Trials)
	s := simulate.Cell{Scenario: c.Scenario, Setting: c.setting, Profiles: p.Profiles, Period: c.period(), Trip: c.roundTrip(),
		Moment: func(trial int, now record.Time) record.Time { return drawn.next(trial, c.period(), now) }}
	for _, spec := range c.Probes {
		for _, p := range c.Topology.Anycast {
			g, _ := group(c.Scenario, spec, p.Addr())
			about, _ := probe.About(spec.Kind)
			s.Groups = append(s.Groups, simulate.Group{ProbeGroup: g, Trips: about.Trips})
		}
	}
	for _, f := range c.faults {
		if f.sites != nil {
			return s, fmt.Errorf("%s strikes whoever serves %s, which is not simulated: name the site", f.spec.Kind, f.client)
		}
		made := simulate.Fault{Fault: f.Fault, Service: f.Service, ID: f.id, Spec: f.spec}
		if !f.Theory.Unbounded {
			made.Known = f.Theory.High
		}
		s.Faults = append(s.Faults, made)
	}
	return s, s.Refused()
}

// Simulate carries the plan out in virtual time and records it.
func (p *Plan) Simulate(ctx context.Context, dir *record.Dir, about record.Run) error {
	now, own, stop := record.Time(0), p.owned(), p.stopping(dir, &about)
	var err error
	for i := range p.cells {
		var c simulate.Cell
		if c, err = p.simulated(i); err == nil {
			c.Own = own[i]
			c.Enough = func(made int) (bool, error) { return stop.after(i, p.cells[i], made) }
			suffix := ""
			if len(p.cells) > 1 {
				suffix = fmt.Sprintf("-%d", i+1)
			}
			now, err = c.Run(ctx, dir, suffix, now, p.Seed+uint64(i))
		}
		if err != nil {
			break
		}
	}
	about.Outcome, about.Ended = "completed", time.Now().UTC()
	if err != nil {
		about.Outcome = err.Error()
	}
	if werr := dir.WriteRun(about); err == nil {
		err = werr
	}
	return err
}

// owned says, by cell, which trials are those of the shard that the plan is for: the
// others are simulated as well, for what comes after them depends on them, and are not
// recorded. It is nil where the plan is for all.
func (p *Plan) owned() [][]bool {
	own := make([][]bool, len(p.cells))
	if p.Shard == nil {
		return own
	}
	for i, c := range p.cells {
		own[i] = make([]bool, c.Trials)
	}
	for _, v := range p.share(p.schedule(p.beginning())) {
		for i := range v.trials {
			own[v.cell][v.first+i] = true
		}
	}
	return own
}
