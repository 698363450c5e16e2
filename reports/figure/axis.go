package figure

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// linearTicks marks round values, about n of them.
type linearTicks struct{ n int }

// Ticks implements plot.Ticker.
func (t linearTicks) Ticks(lo, hi float64) []plot.Tick {
	step := niceStep((hi - lo) / float64(t.n))
	var ticks []plot.Tick
	for i := math.Ceil(lo / step); i*step <= hi; i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: number(i * step)})
	}
	return ticks
}

// niceStep returns the smallest of 1, 2, 5, 10, 20... that is not below x.
func niceStep(x float64) float64 {
	if !(x > 0) || math.IsInf(x, 0) {
		return 1
	}
	base := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 2, 5} {
		if m*base >= x {
			return m * base
		}
	}
	return 10 * base
}

// wideScale is logarithmic for values above unit and linear around zero, so
// that "no outage" has its place on an axis that spans decades.
type wideScale struct{ unit float64 }

// Normalize implements plot.Normalizer.
func (s wideScale) Normalize(lo, hi, x float64) float64 {
	a, b := math.Asinh(lo/s.unit), math.Asinh(hi/s.unit)
	return (math.Asinh(x/s.unit) - a) / (b - a)
}

// Ticks implements plot.Ticker: zero and the powers of ten, with the values
// between them as minor ticks.
func (s wideScale) Ticks(_, hi float64) []plot.Tick {
	ticks := []plot.Tick{{Value: 0, Label: "0"}}
	for d := math.Pow(10, math.Ceil(math.Log10(s.unit))); d <= hi; d *= 10 {
		ticks = append(ticks, plot.Tick{Value: d, Label: number(d)})
		for m := 2.0; m < 10; m++ {
			ticks = append(ticks, plot.Tick{Value: m * d})
		}
	}
	return ticks
}

// number writes x without the noise of binary fractions.
func number(x float64) string {
	return strconv.FormatFloat(math.Round(x*1e6)/1e6+0, 'f', -1, 64) // +0: no "-0"
}
