package run

import (
	"fmt"
	"math/rand/v2"

	"anylab/lab/record"
)

// Divide leaves the plan the part of its trials that is the shard's: of a run in
// its order, the visits and their trials one after another, as even a stretch as
// can be. So all shards together make the trials of the run, each at the moment
// that is drawn for it there.
func (p *Plan) Divide(s record.Shard) error {
	all := 0
	for _, c := range p.cells {
		if c.Until != nil {
			return fmt.Errorf("--shard %v: how many trials there are is not known beforehand where until (%s) decides it; --trials N makes a number of them", s, c.Until.Text)
		}
		all += c.Trials
	}
	if s.Of > all {
		return fmt.Errorf("--shard %v: there are %s, and no shard may be without one", s, trials(all))
	}
	p.Shard = &s
	return nil
}

// beginning is the random choice of everything, from its begin.
func (p *Plan) beginning() *rand.Rand { return rand.New(rand.NewPCG(p.Seed, 0)) }

// share cuts the shard's stretch out of the visits. Its machine is calibrated before
// its first trial, and cells as often as in the whole run.
func (p *Plan) share(visits []visit) []visit {
	if p.Shard == nil {
		return visits
	}
	all := 0
	for _, v := range visits {
		all += v.trials
	}
	from, to := all*(p.Shard.Index-1)/p.Shard.Of, all*p.Shard.Index/p.Shard.Of
	var own []visit
	for _, v := range visits {
		first, last := max(0, from), min(v.trials, to)
		if from, to = from-v.trials, to-v.trials; first >= last {
			continue
		}
		part := visit{cell: v.cell, number: len(own), first: v.first + first, trials: last - first}
		switch {
		case len(own) == 0:
			part.calibration = p.Calibration
		case first == 0:
			part.calibration = v.calibration
		}
		own = append(own, part)
	}
	return own
}

// shares is how many trials of each cell the visits make.
func (p *Plan) shares(visits []visit) []int {
	made := make([]int, len(p.cells))
	for _, v := range visits {
		made[v.cell] += v.trials
	}
	return made
}
