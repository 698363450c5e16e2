package scenarios

import (
	"fmt"
	"slices"
	"strings"
)

// contradicted says with which of the others an expectation can't hold, whatever is
// measured: both would be of the same, and nothing lies within both.
func contradicted(e Expectation, others []Expectation) error {
	for _, o := range others {
		if e.Stat == o.Stat && e.Subject() == o.Subject() && !bothHold(e, o) {
			return fmt.Errorf("%s and %s can't both hold: nothing is so", e.Text, o.Text)
		}
	}
	return nil
}

func bothHold(a, b Expectation) bool {
	if a.Is != "" {
		same := slices.Equal(slices.Sorted(strings.SplitSeq(a.Is, "+")), slices.Sorted(strings.SplitSeq(b.Is, "+")))
		return a.Op == "!=" && b.Op == "!=" || same == (a.Op == b.Op)
	}
	between := (a.Value + b.Value) / 2
	return slices.ContainsFunc([]float64{0, a.Value, between, b.Value, 2*max(a.Value, b.Value) + 1}, func(v float64) bool { return a.Allows(v) && b.Allows(v) })
}
