package run

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"anylab/lab/record"
)

// Choose says, from what the run directory has so far, in which cells one more
// trial each is made; none: there are enough. It gets the cells in which trials may
// be made, and answers with places in their list. Before it judges it calls whole,
// which waits until the record has all of the trials made.
// The lab records and doesn't judge: whoever starts a run gives it this.
type Choose func(dir string, cells []record.Made, whole func() error) ([]int, error)

// round is a journey in rounds: cells that differ in their faults only share a lab,
// and one trial follows the other.
type round struct {
	*journey
	listed []Failure       // before it was known who is served by whom
	made   []int           // by cell
	took   []time.Duration // by cell, of all its trials
	queue  []int           // cells whose trials of this round are still to be made
	ended  record.Time     // the last trial
	done   bool
}

// rounds makes trials where they are chosen to be made.
func (j *journey) rounds(ctx context.Context) error {
	r := &round{journey: j, listed: j.Validation.Failures, made: make([]int, len(j.cells)), took: make([]time.Duration, len(j.cells))}
	shared := j.cells[0]
	shared.Cell, shared.faults = nil, nil
	in := lodging{calibration: j.Calibration}
	defer r.close()
	for !r.done {
		made, err := j.stayIn(ctx, shared, &in, r.trials)
		var shut *GateError
		if err == nil {
			continue
		}
		if !errors.As(err, &shut) || !in.settled || made == 0 && in.built > 1 {
			return err
		}
		c := j.cells[r.queue[0]]
		j.tally.ui.Step("the lab is not as at the beginning (" + list(shut.Missing) + "): " + string(record.Rebuild))
		j.dir.Emit(record.Event{At: record.Now(), Kind: record.KindForce,
			Data: record.Force{Index: r.made[r.queue[0]], Cell: c.Cell, How: record.Rebuild, Why: shut.Missing}})
	}
	return nil
}

// trials makes those of a lab.
func (r *round) trials(ctx context.Context, g *gate) (made int, err error) {
	if err := r.apply(g); err != nil {
		return 0, err
	}
	shared := g.cell
	defer func() { g.cell = shared }()
	began := record.Now()
	var left *GateError
	for ; ; made++ {
		if err := r.next(ctx, g); err != nil || r.done {
			return made, err
		}
		i := r.queue[0]
		g.cell, g.bound = r.cells[i], r.Validation.bound(r.cells[i].Cell)
		drawn := newMoments(r.Seed, g.cell.number, g.cell.Trials)
		t := &trial{gate: g, index: r.made[i], number: r.tally.done + 1, spent: spent{from: began}, left: left}
		home := g.home
		if err := t.carryOut(ctx, drawn); err != nil {
			return made, err
		}
		if !g.cell.roams() && !maps.EqualFunc(home, g.home, slices.Equal) { // it had settled on the way there
			if err := r.apply(g); err != nil {
				return made, err
			}
		}
		r.took[i] += t.ended.Sub(began)
		began, left, r.ended = t.ended, t.left, t.ended
		r.queue = r.queue[1:]
		r.made[i]++
		r.tally.done++
		r.tally.ui.Trial(r.tally.done, 0, g.cell.Cell[record.CellLabel])
		if err := r.dir.Flush(); err != nil {
			return made + 1, fmt.Errorf("write the record: %w", err)
		}
	}
}

// next sees to it that there is a trial to make, or that the journey is done.
func (r *round) next(ctx context.Context, g *gate) (err error) {
	if len(r.queue) > 0 {
		return nil
	}
	var open []int
	var cells []record.Made
	for i, c := range r.cells {
		if r.Validation.tried(c.Cell) {
			open = append(open, i)
			cells = append(cells, record.Made{Cell: c.Cell, Trials: r.made[i], Took: r.each(i), TooSlow: r.expected(c).TooSlow()})
		}
	}
	chosen, err := r.Choose(r.dir.Path(), cells, func() error { return r.recorded(ctx, g, r.ended) })
	for _, i := range chosen {
		r.queue = append(r.queue, open[i])
	}
	r.random.Shuffle(len(r.queue), func(a, b int) { r.queue[a], r.queue[b] = r.queue[b], r.queue[a] })
	r.done = len(r.queue) == 0
	return err
}

// watchersReport is how long what watches the machine may take to report.
const watchersReport = 500 * time.Millisecond

// recorded waits until the fate of every request is known and written that was sent
// before the last trial ended.
func (j *journey) recorded(ctx context.Context, g *gate, ended record.Time) error {
	var decided time.Duration
	for _, c := range j.cells {
		for _, p := range c.Probes {
			decided = max(decided, p.Timeout)
		}
	}
	if err := until(ctx, ended.Add(decided+watchersReport)); err != nil {
		return err
	}
	if err := g.loadKnown(ctx); err != nil {
		return err
	}
	return j.dir.Flush()
}

// each is how long a trial of the cell takes.
func (r *round) each(i int) time.Duration {
	if r.made[i] == 0 {
		return r.cells[i].lasts()
	}
	return r.took[i] / time.Duration(r.made[i])
}

// apply finds out, once the lab has settled, which failures nobody depends on, and
// notes them in the record.
func (r *round) apply(g *gate) error {
	served := map[string][]string{}
	for _, p := range g.clients.list() {
		for _, site := range g.home[p.Name] {
			if !slices.Contains(served[p.Client], site) {
				served[p.Client] = append(served[p.Client], site)
			}
		}
	}
	r.Validation.Failures = slices.Clone(r.listed)
	r.Validation.apply(r.Scenario, served)
	r.about.Validation = r.Validation.record()
	return r.dir.WriteRun(*r.about)
}

// close states how many trials were made. Cells of failures that are not tried are
// none of the run's.
func (r *round) close() {
	var cells []record.Cell
	for i, c := range r.about.Cells {
		c.Trials = r.made[i]
		if r.Validation.tried(c.Values) {
			cells = append(cells, c)
		}
	}
	r.about.Cells = cells
}
