package reports

import (
	"anylab/lab/record"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// Reached is what a setting comes to, held against a goal.
type Reached struct {
	Trials int    `json:"trials"` // conclusive ones
	Value  Number `json:"ms"`     // of the goal's statistic, in the worst cell
	Low    Number `json:"low_ms"` // the truth is between these
	High   Number `json:"high_ms"`
	Meets  bool   `json:"meets"`
	Fails  bool   `json:"fails"` // it surely does not; neither: it can't be told

	Violating int `json:"violating"` // trials of all cells that are beyond the goal
}

// String is the value with the ends between which the truth is, of which the upper one is
// held against the goal.
func (r Reached) String() string {
	value := words.Milliseconds(float64(r.Value))
	if r.Low < r.High {
		value += " (" + words.Span(float64(r.Low), float64(r.High)) + ")"
	}
	return value
}

// Against holds the run against a goal, in each of its cells, and returns the worst.
func (r *Report) Against(goal record.Expectation) Reached {
	var worst Reached
	violating := 0
	for i, c := range divide(r.Run, r.Failovers).list {
		one := reached(goal, r.Result.conclusive(c, r.Failovers))
		if violating += one.Violating; i == 0 || one.worse(worst) {
			worst = one
		}
	}
	worst.Violating = violating
	return worst
}

// Lacks names a cell of which no trial has what a goal is about, though it has conclusive
// ones.
func (r *Report) Lacks(goal record.Expectation) (cell string, lacks bool) {
	for _, c := range divide(r.Run, r.Failovers).list {
		good := r.Result.conclusive(c, r.Failovers)
		if len(good) > 0 && reached(goal, good).Trials == 0 {
			return record.CellName(c.Values), true
		}
	}
	return "", false
}

// Values are those of a goal's metric in all conclusive trials.
func (r *Report) Values(goal record.Expectation) []float64 {
	m, _ := metricOf(goal.Subject())
	var list []float64
	for _, c := range divide(r.Run, r.Failovers).list {
		for _, v := range collect(m, r.Result.conclusive(c, r.Failovers)) {
			list = append(list, v.value)
		}
	}
	return list
}

func reached(goal record.Expectation, good []timeline.Failover) Reached {
	m, _ := metricOf(goal.Subject())
	all := collect(m, good)
	if len(all) == 0 {
		return Reached{}
	}
	stat, holds := bare(goal, all.all())
	if goal.Stat != "" {
		stat = all.statistic(goal.Stat)
		holds = within(stat, goal)
	}
	out := Reached{len(all), Number(stat.value), Number(stat.low), Number(stat.high), holds == yes, holds == no, 0}
	for _, t := range all {
		if within(t.bounded, goal) == no {
			out.Violating++
		}
	}
	return out
}

// worse says whether a cell is farther from the goal than another one.
func (r Reached) worse(than Reached) bool {
	switch {
	case than.Trials == 0 || r.Trials == 0:
		return r.Trials < than.Trials
	case r.Fails != than.Fails:
		return r.Fails
	case r.Meets != than.Meets:
		return than.Meets
	}
	return r.Value > than.Value
}
