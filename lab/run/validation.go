package run

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"anylab/lab/fault"
	"anylab/lab/record"
	"anylab/scenarios"
)

// Validation is what a run is to prove, and of which failures.
type Validation struct {
	record.Validation // but for the failures
	Failures          []Failure
	All               bool // equal failures are tried each by itself
}

func (v *Validation) record() *record.Validation {
	r := v.Validation
	r.Failures = []record.Failure{}
	for _, f := range v.Failures {
		r.Failures = append(r.Failures, f.Failure)
	}
	return &r
}

// tried says whether trials are made in the cell.
func (v *Validation) tried(cell map[string]string) bool {
	return slices.ContainsFunc(v.Failures, func(f Failure) bool { return f.Label == cell[record.CellLabel] && f.Tried() })
}

// bound lists the clients of whom the cell's failure asks nothing.
func (v *Validation) bound(cell map[string]string) []string {
	i := slices.IndexFunc(v.Failures, func(f Failure) bool { return f.Label == cell[record.CellLabel] })
	return v.Failures[i].Bound
}

// apply notes which failures are not tried where the clients are served by these
// sites: nobody depends on the part, or an equal one is tried.
func (v *Validation) apply(s scenarios.Scenario, served map[string][]string) {
	standing := map[string]string{} // by what failures are equal in: the one that is tried
	for i := range v.Failures {
		f := &v.Failures[i]
		if f.Not != "" || f.Like != "" {
			continue
		}
		if f.Not = f.unused(s, served); f.Not != "" || v.All || f.same == "" {
			continue
		}
		key := f.same + fmt.Sprint(f.users(s, served))
		if f.Like = standing[key]; f.Like == "" {
			standing[key] = f.Label
		}
	}
}

// Validate compiles the scenario with a cell for each failure that may be tried. what, which
// is done with them, becomes part of its name.
func Validate(s scenarios.Scenario, what string, v Validation, trials int) (*Plan, error) {
	var breaks []scenarios.Break
	for _, f := range v.Failures {
		if f.Tried() {
			breaks = append(breaks, f.spec)
		}
	}
	if len(breaks) == 0 {
		return nil, noneApplies(v.Failures)
	}
	if len(breaks) > scenarios.MaxCells {
		return nil, fmt.Errorf("these are %d failures, and at most %d can be tried in one run: choose some by their kind or name with --only, such as --only %s, and others in another run", len(breaks), scenarios.MaxCells, breaks[0].Kind)
	}
	broken, err := s.WithBreaks(what, breaks, trials)
	if err != nil {
		return nil, err
	}
	p, err := Compile(broken)
	if err != nil {
		return nil, err
	}
	for _, c := range p.cells {
		at := slices.IndexFunc(v.Failures, func(f Failure) bool { return f.Label == c.Cell[record.CellLabel] })
		v.Failures[at].Why = c.theory.Why
	}
	p.Validation = &v
	return p, nil
}

// noneApplies says why, of the first one.
func noneApplies(list []Failure) error {
	at := slices.IndexFunc(list, func(f Failure) bool { return f.Not != "" })
	if at < 0 {
		return errors.New("none of the failures applies")
	}
	return fmt.Errorf("none of the failures applies; %s: %s", list[at].Label, list[at].Not)
}

// Expected is what theory makes of a failure, before anything is measured.
type Expected struct {
	Failure
	Alike   []string      // failures of other sites that are equal, one of which is tried
	Each    time.Duration // of a trial
	Slow    time.Duration // its detection takes up to so long; 0: not known
	Noticed bool          // or nothing detects it
}

// Expected lists the failures that may be tried. Who serves whom is not known yet:
// of those that are equal it will be one.
func (p *Plan) Expected() []Expected {
	var list []Expected
	for _, c := range p.cells {
		e := p.expected(c)
		at := slices.IndexFunc(list, func(o Expected) bool { return o.same == e.same && e.same != "" })
		if at >= 0 && !p.Validation.All {
			list[at].Alike = append(list[at].Alike, e.Site)
			continue
		}
		list = append(list, e)
	}
	return list
}

func (p *Plan) expected(c cell) Expected {
	at := slices.IndexFunc(p.Validation.Failures, func(f Failure) bool { return f.Label == c.Cell[record.CellLabel] })
	e := Expected{Failure: p.Validation.Failures[at], Each: c.lasts(), Noticed: !c.theory.Unbounded || c.theory.Told != fault.Nothing}
	if !c.theory.Unbounded {
		e.Slow = c.theory.High
	}
	return e
}

// TooSlow says whether by theory no trial meets the requirements. A node whose
// daemon fails goes on forwarding, so that its detection decides nothing.
func (e Expected) TooSlow() bool {
	if e.Part == "daemon" {
		return false
	}
	return slices.ContainsFunc(e.Require, func(r record.Expectation) bool {
		return r.Unit == record.Milliseconds && strings.HasPrefix(r.Op, "<") && (!e.Noticed || e.Slow > time.Duration(r.Value*float64(time.Millisecond)))
	})
}
