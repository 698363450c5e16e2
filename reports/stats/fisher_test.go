package stats

import (
	"math"
	"testing"
)

func TestMoreOften(t *testing.T) {
	for _, c := range []struct {
		k, n, l, m int
		want       float64
	}{
		{3, 4, 1, 4, 17.0 / 70}, // Fisher's lady tasting tea
		{4, 4, 0, 4, 1.0 / 70},
		{0, 20, 0, 20, 1},
		{0, 20, 5, 20, 1},
		{5, 20, 0, 20, 0.023563},
		{1, 20, 0, 20, 0.5},
	} {
		if got := MoreOften(c.k, c.n, c.l, c.m); math.Abs(got-c.want) > 1e-6 {
			t.Errorf("%d of %d and %d of %d: %v, want %v", c.k, c.n, c.l, c.m, got, c.want)
		}
	}
}
