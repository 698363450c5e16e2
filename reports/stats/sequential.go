package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/combin"
)

// Look is one at which a test of a probability may end: after so many trials
// there were at most so many hits.
type Look struct{ Trials, Hits int }

// Rarer returns the looks at which hits are shown to be rarer than p, 0 < p < 1,
// with 0 to allowed of them. Whoever looks at all of them, and stops at the first
// that comes out well, is wrong with a probability of at most risk where hits are
// as frequent as p. All looks are at one level, the highest that keeps to that
// (Pocock, Biometrika 64, 1977; computed exactly).
func Rarer(p, risk float64, allowed int) []Look {
	return atHighest(risk, func(level float64) []Look { return looks(p, level, allowed, math.MaxInt) }, p)
}

// RarerWithin does the same with as many hits as can be within so many trials. The
// first look, without a hit, is as early as the risk allows, but never after a
// single trial; the others are at one level with what is left of the risk.
func RarerWithin(p, risk float64, trials int) []Look {
	first := looks(p, risk, 0, trials)
	if len(first) == 0 {
		return nil
	}
	first[0].Trials = max(2, first[0].Trials)
	return atHighest(risk, func(level float64) []Look {
		later := slices.DeleteFunc(looks(p, level, trials, trials), func(l Look) bool { return l.Hits == 0 || l.Trials <= first[0].Trials })
		return append(slices.Clone(first), later...)
	}, p)
}

// atHighest returns the looks at the highest level that keeps to the risk.
func atHighest(risk float64, at func(level float64) []Look, p float64) []Look {
	if all := at(risk); Crossing(all, p) <= risk {
		return all
	}
	low, high := 0.0, risk
	for range 40 {
		level := (low + high) / 2
		if Crossing(at(level), p) <= risk {
			low = level
		} else {
			high = level
		}
	}
	return at(low)
}

// looks returns, for 0 to allowed hits, after how many trials, at most so many,
// hits as few as that are less probable than the level.
func looks(p, level float64, allowed, trials int) []Look {
	var list []Look
	n := 1
	for hits := 0; hits <= allowed; hits++ {
		for n <= trials && atMost(hits, n, p) > level {
			n++
		}
		if n > trials {
			break
		}
		list = append(list, Look{n, hits})
	}
	return list
}

// atMost is the probability of at most so many hits in n trials.
func atMost(hits, n int, p float64) float64 {
	if hits >= n {
		return 1
	}
	return mathext.RegIncBeta(float64(n-hits), float64(hits+1), 1-p)
}

// Crossing is the exact probability that some look comes out well, where a trial
// is a hit with probability p.
func Crossing(list []Look, p float64) float64 {
	going := []float64{1} // by the hits so far: the probability that no look has ended it
	crossed, n := 0.0, 0
	for _, look := range list {
		going = further(going, look.Trials-n, p)
		n = look.Trials
		for hits := 0; hits <= look.Hits && hits < len(going); hits++ {
			crossed += going[hits]
			going[hits] = 0
		}
	}
	return crossed
}

// further is the distribution of hits after n more trials.
func further(going []float64, n int, p float64) []float64 {
	next := make([]float64, len(going)+n)
	for more := range n + 1 {
		chance := math.Exp(combin.LogGeneralizedBinomial(float64(n), float64(more)) +
			float64(more)*math.Log(p) + float64(n-more)*math.Log1p(-p))
		for hits, g := range going {
			next[hits+more] += g * chance
		}
	}
	return next
}

// LeastShare returns the share of trials that are good, at least, with a
// confidence, 0 to 1, where so many of n were: Clopper and Pearson's lower bound,
// one-sided. It is 0 where none was.
func LeastShare(good, n int, confidence float64) float64 {
	if good <= 0 {
		return 0
	}
	return mathext.InvRegIncBeta(float64(good), float64(n-good+1), 1-confidence)
}
