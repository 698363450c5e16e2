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
	all, err := p.divisible(s)
	if err != nil {
		return err
	}
	if s.Of > all {
		return fmt.Errorf("--shard %v: there are %s, and no shard may be without one", s, trials(all))
	}
	p.Shard = &s
	return nil
}

// DivideOf is Divide for a plan that is one of several. If it has fewer trials than
// there are shards, each is a shard of its own, and some of those that all plans are
// divided into have none of them: these are idle.
func (p *Plan) DivideOf(s record.Shard) (idle bool, err error) {
	all, err := p.divisible(s)
	switch {
	case err != nil:
		return false, err
	case all == 0:
		return false, fmt.Errorf("--shard %v: there is no trial", s)
	case s.Of <= all:
		p.Shard = &s
		return false, nil
	}
	before, made := all*(s.Index-1)/s.Of, all*s.Index/s.Of
	if before == made {
		return true, nil
	}
	p.Shard = &record.Shard{Index: made, Of: all}
	return false, nil
}

// divisible counts the trials, whose number must be known beforehand.
func (p *Plan) divisible(s record.Shard) (all int, err error) {
	for _, c := range p.cells {
		if c.Until != nil {
			return 0, fmt.Errorf("--shard %v: how many trials there are is not known beforehand where until (%s) decides it; --trials N makes a number of them", s, c.Until.Text)
		}
		all += c.Trials
	}
	return all, nil
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
