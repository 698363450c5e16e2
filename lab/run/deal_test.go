package run

import (
	"slices"
	"testing"

	"anylab/lab/record"
	"anylab/scenarios"
)

// Every failure is dealt to one lab, equal ones to the same, and a trial's moment
// does not depend on who makes it.
func TestDeal(t *testing.T) {
	s, err := scenarios.Load("service-crash")
	if err != nil {
		t.Fatal(err)
	}
	plan := func() *Plan {
		list, err := Failures(s)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Validate(s, "validation", Validation{Failures: list}, 14)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	whole := plan()
	numbers := map[string]int{}
	for _, c := range whole.cells {
		numbers[c.Cell[record.CellLabel]] = c.number
	}
	for _, labs := range []int{1, 2, 3, len(whole.Expected())} {
		of, cells := map[string]int{}, 0
		for lab := range labs {
			p := plan()
			p.Deal(lab, labs)
			if len(p.cells) == 0 {
				t.Errorf("lab %d of %d has nothing to do", lab+1, labs)
			}
			cells += len(p.cells)
			for _, f := range p.Validation.Failures {
				if before, twice := of[f.Label]; twice {
					t.Errorf("%s is dealt to lab %d and to lab %d", f.Label, before+1, lab+1)
				}
				of[f.Label] = lab
			}
			for _, c := range p.cells {
				if c.number != numbers[c.Cell[record.CellLabel]] {
					t.Errorf("%v has number %d, want %d", c.Cell, c.number, numbers[c.Cell[record.CellLabel]])
				}
			}
		}
		if len(of) != len(whole.Validation.Failures) || cells != len(whole.cells) {
			t.Errorf("%d labs: %d of %d failures, %d of %d cells", labs, len(of), len(whole.Validation.Failures), cells, len(whole.cells))
		}
		for _, f := range whole.Validation.Failures {
			same := slices.DeleteFunc(slices.Clone(whole.Validation.Failures), func(o Failure) bool { return o.same == "" || o.same != f.same || !o.Tried() || !f.Tried() })
			for _, o := range same {
				if of[o.Label] != of[f.Label] {
					t.Errorf("%s and %s are equal, and dealt to labs %d and %d", f.Label, o.Label, of[f.Label]+1, of[o.Label]+1)
				}
			}
		}
	}
}
