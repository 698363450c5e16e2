package stats

import (
	"fmt"
	"math"
)

// MinTrials returns how many values it takes for the largest of them to
// bound the quantile p, 0 < p < 1, with 95 % confidence: the smallest n with
// p^n <= 5 %. It is 29 for p90, 59 for p95 and 299 for p99.
func MinTrials(p float64) int {
	return int(math.Ceil(math.Log(1-confidence) / math.Log(p)))
}

// ZeroViolations returns the probability that a violation may still have, at
// 95 % confidence, when none was seen in n trials: about 3/n (the rule of
// three; exactly, the root of (1-p)^n = 5 %). It is 1 for n = 0.
func ZeroViolations(n int) float64 {
	if n <= 0 {
		return 1
	}
	return 1 - math.Pow(1-confidence, 1/float64(n))
}

// tailWarnings names the quantiles that n values cannot support.
func tailWarnings(n int) []string {
	var warnings []string
	for _, p := range []float64{0.90, 0.95, 0.99} {
		if need := MinTrials(p); n < need {
			warnings = append(warnings, fmt.Sprintf(
				"p%.0f: n = %d is too small, the maximum bounds it with 95 %% confidence from n = %d", 100*p, n, need))
		}
	}
	return warnings
}
