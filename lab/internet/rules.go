package internet

import (
	"math/rand/v2"
	"time"

	"anylab/scenarios"
)

// Mix is how a time is spread over the ASes. The zero Mix is 0 for all.
type Mix []Portion

// Portion is a share of the ASes that have the same time.
type Portion scenarios.Portion

func mixOf(list []scenarios.Portion) Mix {
	var m Mix
	for _, p := range list {
		m = append(m, Portion(p))
	}
	return m
}

func (m Mix) draw(r *rand.Rand) time.Duration {
	if len(m) == 0 {
		return 0
	}
	at := r.Float64()
	for _, p := range m {
		if at -= p.Share; at < 0 {
			return p.Time
		}
	}
	return m[len(m)-1].Time
}

// Delay is how long a message takes over a link: each link has its own, between two
// bounds.
type Delay struct {
	Low, High time.Duration
}

// of draws the delay of a link: the same both ways, for the seed.
func (d Delay) of(seed uint64, a, b int32) time.Duration {
	if d.High <= d.Low {
		return d.Low
	}
	h := mix(seed ^ mix(uint64(min(a, b))<<32|uint64(max(a, b))))
	return d.Low + time.Duration(h%uint64(d.High-d.Low+1))
}

// mix scatters bits (splitmix64's last step).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
