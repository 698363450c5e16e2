package run

import (
	"fmt"

	"anylab/lab/record"
)

// Enough judges, from what the run directory has so far, whether a cell has
// enough trials by its rule, and says how narrow the interval is.
// The lab records and doesn't judge: whoever starts a run gives it this.
type Enough func(dir string, cell map[string]string, rule record.Precision) (enough bool, why string, err error)

// growth is by how much a cell's trials grow from one judgement to the next. Every
// one takes time, and is another chance to find the interval narrow by luck.
const growth = 1.1

// stopping keeps, over all visits, which cells have enough trials.
type stopping struct {
	enough Enough
	dir    string
	about  *record.Run
	next   map[int]int // by cell: the number of trials at the next judgement
	met    map[int]bool
}

func (p *Plan) stopping(dir *record.Dir, about *record.Run) *stopping {
	return &stopping{enough: p.Enough, dir: dir.Path(), about: about, next: map[int]int{}, met: map[int]bool{}}
}

// after judges a cell after its made-th trial, if that is due, and notes in
// run.json what was found. It says whether the cell has enough trials.
func (s *stopping) after(number int, c cell, made int) (bool, error) {
	if s == nil || s.enough == nil || c.Until == nil || made < max(c.Until.Min, s.next[number]) && made < c.Trials {
		return false, nil
	}
	s.next[number] = int(float64(made)*growth) + 1
	enough, why, err := s.enough(s.dir, c.Cell, *c.Until)
	if err != nil {
		return false, fmt.Errorf("judge after %d trials: %w", made, err)
	}
	s.met[number] = enough
	noted := &s.about.Cells[number]
	noted.Stop = &record.Stop{Rule: c.Until.Text, Least: c.Until.Min, Most: c.Trials, Made: made, Met: enough, Why: why}
	if enough {
		noted.Trials = made
	}
	return enough, nil
}

// howMany says how many trials are planned.
func (c cell) howMany() string {
	switch {
	case c.Until != nil:
		return fmt.Sprintf("%d to %d (until %s) trials", c.Until.Min, c.Trials, c.Until.Text)
	}
	return trials(c.Trials)
}

func trials(n int) string {
	if n == 1 {
		return "1 trial"
	}
	return fmt.Sprintf("%d trials", n)
}

// targets returns how many trials the cell shall have after each round. Those
// that are made in any case are divided evenly; after them each round adds a
// third, so that cells stay interleaved without a lab being built for every
// few trials.
func (c cell) targets(rounds int) []int {
	sure := c.Trials
	if c.Until != nil && rounds > 1 {
		sure = c.Until.Min
	}
	var list []int
	for round := range rounds {
		list = append(list, sure*(round+1)/rounds)
	}
	for n := sure; n < c.Trials; {
		n = min(c.Trials, n+max(1, n/3))
		list = append(list, n)
	}
	return list
}
