package reports

import (
	"fmt"

	"anylab/lab/record"
	"anylab/reports/stats"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// fitTrials is from how many conclusive trials on the distribution of the
// detection times is tested, and fitLevel how improbable it must be to differ
// so much.
const (
	fitTrials = 30
	fitLevel  = 0.01
)

// distributionTheory says whether the detection times are distributed as
// theory says; empty where theory doesn't say, or there are too few trials.
func distributionTheory(good []timeline.Failover, theory *record.Bounds) string {
	if theory == nil || !(theory.High > theory.Low) {
		return ""
	}
	cdf, like := distributionOf(*theory)
	// The fault may have taken effect earlier by its bracket, and whoever
	// detected it may have had to wait.
	var low, high []float64
	for i, f := range good {
		if r, ok := detection().of(&good[i]); ok {
			low, high = append(low, min(r.low, r.value-millis(theorySlack))), append(high, max(r.high, r.value+millis(f.Broken.Bracket)))
		}
	}
	if cdf == nil || len(low) < fitTrials {
		return ""
	}
	d, p := stats.Kolmogorov(low, high, cdf)
	text := fmt.Sprintf("Kolmogorov-Smirnov, n = %d, up to %s of delay allowed: D = %.2f, p %s", len(low), words.Duration(theorySlack), d, probability(p))
	if n := len(good) - len(low); n > 0 {
		text += "; left out, being without detection: " + words.Count(n, "trial")
	}
	if p < fitLevel {
		return fmt.Sprintf("the detection times are not distributed as theory says, %s (%s): an assumption about the timers is wrong, or the trials fell in step with one", like, text)
	}
	return fmt.Sprintf("the detection times are distributed as theory says, %s (%s)", like, text)
}

// distributionOf returns the distribution function that theory states, and
// its name; nil if it states none.
func distributionOf(b record.Bounds) (cdf func(float64) float64, like string) {
	between := "from " + words.Span(b.Low, b.High)
	switch b.Shape {
	case record.Uniform:
		return stats.Uniform(b.Low, b.High), "uniformly " + between
	case record.Jittered:
		return stats.JitteredRest(b.Low, b.High), "by a timer with jitter " + between
	case record.JitteredFirst:
		return stats.First(stats.JitteredRest(b.Low, b.High)), "by the earlier of two timers with jitter " + between
	}
	return nil, ""
}

func probability(p float64) string {
	if text := pValue(p); p < 0.001 {
		return text
	}
	return "= " + pValue(p)
}
