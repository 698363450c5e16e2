package stats

import (
	"math"
	"slices"
	"sort"

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
	n, step := 0, 1
	for hits := 0; hits <= allowed; hits++ {
		rare := func(n int) bool { return atMost(hits, n, p) <= level }
		likely := n // one hit more takes one trial more at least
		for step = max(1, step/2); likely+step <= trials && !rare(likely+step); step *= 2 {
			likely += step
		}
		n = likely + 1 + sort.Search(min(step-1, trials-likely), func(i int) bool { return rare(likely + 1 + i) })
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
	going := hitChances{chances: []float64{1}} // of what no look has ended
	crossed, n := 0.0, 0
	for _, look := range list {
		going = going.add(binomial(look.Trials-n, p))
		n = look.Trials
		for len(going.chances) > 0 && going.least <= look.Hits {
			crossed += going.chances[0]
			going.least, going.chances = going.least+1, going.chances[1:]
		}
		if going = going.below(list[len(list)-1].Hits + 1).trimmed(); len(going.chances) == 0 {
			break
		}
	}
	return crossed
}

// hitChances is how probable numbers of hits are, from the least on.
type hitChances struct {
	least   int
	chances []float64
}

// binomial is that of n trials.
func binomial(n int, p float64) hitChances {
	s := hitChances{chances: make([]float64, n+1)}
	for hits := range s.chances {
		s.chances[hits] = math.Exp(combin.LogGeneralizedBinomial(float64(n), float64(hits)) +
			float64(hits)*math.Log(p) + float64(n-hits)*math.Log1p(-p))
	}
	return s.trimmed()
}

// add is that of the sum.
func (s hitChances) add(o hitChances) hitChances {
	sum := hitChances{s.least + o.least, make([]float64, len(s.chances)+len(o.chances)-1)}
	for i, a := range s.chances {
		for k, b := range o.chances {
			sum.chances[i+k] += a * b
		}
	}
	return sum
}

// below leaves out numbers from so many on: no look comes out well with them any more.
func (s hitChances) below(most int) hitChances {
	s.chances = s.chances[:max(0, min(len(s.chances), most-s.least))]
	return s
}

// negligible is a chance that changes no digit of a float64 that anybody looks at,
// added up over all numbers of hits and all looks.
const negligible = 1e-40

// trimmed leaves out what is negligible at both ends.
func (s hitChances) trimmed() hitChances {
	for len(s.chances) > 0 && s.chances[0] < negligible {
		s.least, s.chances = s.least+1, s.chances[1:]
	}
	for n := len(s.chances); n > 0 && s.chances[n-1] < negligible; n-- {
		s.chances = s.chances[:n-1]
	}
	return s
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
