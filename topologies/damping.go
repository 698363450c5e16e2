package topologies

import (
	"fmt"
	"math"
	"time"

	"anylab/topologies/document"
)

// Damping is route flap damping (RFC 2439): each flap adds to a route's penalty,
// which decays; a route above Suppress is not used until it is below Reuse.
type Damping struct {
	HalfLife time.Duration `yaml:"half_life" default:"15m" min:"1m" max:"45m" doc:"in which half of a penalty is forgotten, in whole minutes"`
	Reuse    int           `yaml:"reuse" default:"750" min:"1" max:"20000" doc:"the penalty below which a route is used again"`
	Suppress int           `yaml:"suppress" default:"2000" min:"1" max:"20000" doc:"the penalty above which it is not used; RFC 7196 recommends 6000 at least, a withdrawal costs 1000"`
	Longest  time.Duration `yaml:"longest" default:"60m" min:"1m" max:"255m" doc:"for which a route is kept out at most, in whole minutes"`
}

// dampingFile is the settings of damping or the word "none".
type dampingFile struct {
	Damping `yaml:",inline"`
	At      document.Raw `yaml:",self"`
}

// check refuses what daemons can't be told, and what would let a route in and out at
// once.
func (d *dampingFile) check() error {
	for _, t := range []struct {
		key   string
		value time.Duration
	}{{"half_life", d.HalfLife}, {"longest", d.Longest}} {
		if t.value%time.Minute != 0 {
			return d.At.Errorf(t.key, "%s is %v; it is told to daemons in whole minutes", t.key, document.Duration(t.value))
		}
	}
	if d.Reuse > d.Suppress {
		key := "reuse"
		if !d.At.Has(key) {
			key = "suppress"
		}
		return d.At.Errorf(key, "reuse is %d and suppress %d: a route is used again below a penalty that is no higher than that above which it is not used", d.Reuse, d.Suppress)
	}
	if most := d.ceiling(); most <= float64(d.Suppress) {
		key := "longest"
		for _, k := range []string{"suppress", "reuse", "half_life"} {
			if !d.At.Has(key) {
				key = k
			}
		}
		return d.At.Errorf(key, "nothing would be damped: a penalty is %.0f at most, which is reuse, %d, doubled for each half_life, %v, in longest, %v (RFC 2439, 4.2), and suppress is %d: say a longer longest, a shorter half_life or a lower suppress",
			most, d.Reuse, document.Duration(d.HalfLife), document.Duration(d.Longest), d.Suppress)
	}
	return nil
}

// ceiling is the penalty that decays to Reuse in Longest: the highest there is.
func (d Damping) ceiling() float64 {
	return float64(d.Reuse) * math.Exp2(d.Longest.Minutes()/d.HalfLife.Minutes())
}

// UnmarshalText accepts "none".
func (d *dampingFile) UnmarshalText(text []byte) error {
	if string(text) != "none" {
		return fmt.Errorf("%q is no damping; write {half_life: 15m, reuse: 750, suppress: 2000, longest: 60m} or none", text)
	}
	return nil
}

func (dampingFile) Words() []string { return []string{"none"} }
