package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// MostEvents bounds the expected number of events where so many were seen, with 95 %
// confidence: about 3 where none was (Garwood, Biometrika 28, 1936, one-sided).
func MostEvents(seen int) float64 { return mathext.GammaIncRegCompInv(float64(seen)+1, Alpha) }

// Heartbeat is what arrives at a listener that gives its peer up after a silence: the
// gaps between packets in order, in seconds, as long as none is lost, and the share that
// is. What is lost is lost by chance, each packet for itself.
type Heartbeat struct {
	Gaps []float64
	Loss float64
}

// rarest is how rare a row of losses is of which nobody asks any more.
const rarest = 1e-18

// Alarms is how often an hour a silence is longer than the limit, in seconds, while the
// peer lives. A silence of k lost packets is one of k + 1 gaps; how many of those are
// too long is counted in the gaps, how many there are follows from the loss. So what
// happens once in a thousand years needs no thousand years of gaps.
func (h Heartbeat) Alarms(limit float64) float64 {
	if len(h.Gaps) == 0 {
		return 0
	}
	share, row := 0.0, 1.0 // row: so many of all received packets are followed by at least k losses
	for k := 0; row > rarest; k++ {
		late := h.longer(k+1, limit)
		if late == 1 { // and so are all longer rows
			share += row
			break
		}
		share += row * (1 - h.Loss) * late
		row *= h.Loss
	}
	mean := sum(h.Gaps) / float64(len(h.Gaps))
	return share * (1 - h.Loss) / mean * 3600
}

// longer is the share of rows of n gaps, one after another, that are longer than the
// limit together. What is left after the last gap goes on with the first.
func (h Heartbeat) longer(n int, limit float64) float64 {
	late, row := 0, 0.0
	for i := range n {
		row += h.Gaps[i%len(h.Gaps)]
	}
	for i := range h.Gaps {
		if row > limit*(1+1e-12) { // as long as the limit is none: sums are rounded
			late++
		}
		row += h.Gaps[(i+n)%len(h.Gaps)] - h.Gaps[i]
	}
	return float64(late) / float64(len(h.Gaps))
}

func sum(values []float64) float64 {
	total := 0.0
	for _, v := range values {
		total += v
	}
	return total
}

// Between are the gaps between moments of arrival, in whatever order these are.
func Between(arrivals []float64) []float64 {
	sorted := slices.Sorted(slices.Values(arrivals))
	var gaps []float64
	for i := 1; i < len(sorted); i++ {
		gaps = append(gaps, sorted[i]-sorted[i-1])
	}
	return gaps
}

// Polling is a check that asks at an interval, in seconds, waits for an answer until the
// timeout, and is believed after so many failures in a row.
type Polling struct {
	Interval, Timeout float64
	Fall              int
}

// phases is at how many moments of its interval a check may be imagined to begin.
const phases = 64

// Alarms is how often an hour a row of checks fails, where a request at a moment of the
// span, from 0, is answered after a time; +Inf: not at all. All phases of the check are
// alike likely.
func (p Polling) Alarms(span float64, answered func(at float64) float64) float64 {
	alarms := 0
	for phase := range phases {
		row := 0
		for i := 0.0; ; i++ {
			at := (float64(phase)/phases + i) * p.Interval
			if at >= span {
				break
			}
			row++
			if answered(at) <= p.Timeout {
				row = 0
			}
			if row == p.Fall {
				alarms++
			}
		}
	}
	return float64(alarms) / phases / span * 3600
}

// Stalled is how long a request waits for a process that is stopped for a while at the
// beginning of each slice, in seconds.
func Stalled(stop, slice float64) func(at float64) float64 {
	return func(at float64) float64 { return max(0, stop-math.Mod(at, slice)) }
}
