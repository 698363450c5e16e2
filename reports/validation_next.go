package reports

import (
	"cmp"
	"slices"
	"time"

	"anylab/lab/record"
	"anylab/reports/stats"
)

// Chooser says, round by round, of which failures more trials are needed.
type Chooser struct {
	validation record.Validation
	standard   stats.Standard
	until      time.Time // the budget's end; zero: there is none
	seen       map[string]progress
	refuted    bool
}

// progress is how a failure stood when it was last looked at.
type progress struct {
	closed   bool
	trials   int
	violated int  // of them, for the client with most
	more     int  // trials that decide it, if all goes well
	vain     bool // nothing speaks for a refutation, and doubt has spoiled the proof
}

// leastDoubtful is how many trials, all of them inconclusive, show that there is more
// to it than chance: that the fault can't be made, say.
const leastDoubtful = 3

// NewChooser begins the time of a validation's budget.
func NewChooser(v record.Validation) *Chooser {
	c := &Chooser{validation: v, standard: wanted(v), seen: map[string]progress{}}
	if v.Budget > 0 {
		c.until = time.Now().Add(v.Budget)
	}
	return c
}

// Next returns the places of the cells that get one more trial each; none: all is
// decided, or there is no time. Before it looks at a trial it waits until the record of
// it is whole.
func (c *Chooser) Next(dir string, cells []record.Made, whole func() error) ([]int, error) {
	if slices.ContainsFunc(cells, func(m record.Made) bool { return c.due(m) }) {
		if err := whole(); err != nil {
			return nil, err
		}
		if err := c.look(dir); err != nil {
			return nil, err
		}
	}
	var open []int
	for i, m := range cells {
		if !c.seen[record.CellName(m.Cell)].closed {
			open = append(open, i)
		}
	}
	if c.refuted && c.validation.FailFast {
		return nil, nil
	}
	if c.until.IsZero() {
		return open, nil
	}
	return c.affordable(open, cells, time.Until(c.until)), nil
}

// due says whether the cell's trials may have decided something.
func (c *Chooser) due(m record.Made) bool {
	p := c.seen[record.CellName(m.Cell)]
	violated := p.violated + m.Trials - p.trials // at most
	return !p.closed && (c.standard.Looks(m.Trials, violated) || m.Trials == leastIdle || m.Trials == leastDoubtful || m.Trials == 1 && c.validation.Budget > 0)
}

// look judges what there is.
func (c *Chooser) look(dir string) error {
	r, err := Load(dir)
	if err != nil {
		return err
	}
	for _, f := range r.Result.Validation.Failures {
		p := progress{closed: !f.of.Tried() || f.Not != "", trials: len(f.trials), vain: true}
		open := false
		for _, a := range f.Clients {
			p.violated = max(p.violated, a.Violated)
			proof := stats.Proof{Answer: a.Answer, N: a.Trials, Met: a.Met, Violated: a.Violated, More: a.More}
			if c.standard.Open(proof) {
				open = true
				p.more = max(p.more, c.more(a))
				p.vain = p.vain && a.More == 0 && a.Violated == 0
			}
		}
		spoiled := len(f.trials) >= leastDoubtful && !slices.ContainsFunc(f.trials, func(t tried) bool { return t.status != Doubtful })
		p.closed = p.closed || f.Answer == stats.Refuted || len(f.trials) > 0 && !open || spoiled
		c.refuted = c.refuted || f.Answer == stats.Refuted
		c.seen[f.Failure] = p
	}
	return nil
}

// more is how many trials decide it if they go on like those so far.
func (c *Chooser) more(a Answered) int {
	switch {
	case a.More > 0:
		return a.More
	case a.Violated == a.Trials:
		return max(1, c.standard.Quickest()-a.Trials)
	}
	return c.standard.Most() - a.Trials
}

// first is the part of the time left that a first trial of every failure may take.
const first = 3

// affordable are the cells that the time left is best spent on: at first every one
// gets a trial, if that leaves time for more, which shows what is likely refuted
// soon; then those come to an end that need the least, and last those of which no end is
// in sight.
func (c *Chooser) affordable(open []int, cells []record.Made, left time.Duration) []int {
	var fresh []int
	var all time.Duration
	for _, i := range open {
		if cells[i].Trials == 0 {
			fresh, all = append(fresh, i), all+cells[i].Took
		}
	}
	if len(fresh) > 0 && all <= left/first {
		return fresh
	}
	need := func(i int) time.Duration {
		more := c.seen[record.CellName(cells[i].Cell)].more
		switch {
		case more == 0 && cells[i].TooSlow:
			more = max(1, c.standard.Quickest()-cells[i].Trials)
		case more == 0:
			more = max(1, c.standard.Shortest()-cells[i].Trials)
		}
		return time.Duration(more) * cells[i].Took
	}
	vain := func(i int) int {
		if c.seen[record.CellName(cells[i].Cell)].vain {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(open, func(a, b int) int { return cmp.Or(cmp.Compare(vain(a), vain(b)), cmp.Compare(need(a), need(b))) })
	var chosen []int
	for _, i := range open {
		if n := need(i); n <= left || len(chosen) == 0 && cells[i].Took <= left {
			chosen, left = append(chosen, i), left-n
		}
	}
	return chosen
}
