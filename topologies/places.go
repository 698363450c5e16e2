package topologies

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"anylab/topologies/document"
)

// Place is where a node stands.
type Place struct {
	Name     string  // of the city; empty where coordinates are given
	Lat, Lon float64 // degrees, north and east
}

const (
	earthRadius  = 6371.0088          // km, the mean one
	lightInGlass = 299.792458 * 2 / 3 // km in a millisecond
)

// Kilometres returns the great-circle distance, by the haversine formula.
func (p Place) Kilometres(q Place) float64 {
	const degree = math.Pi / 180
	lat, lon := (q.Lat-p.Lat)*degree, (q.Lon-p.Lon)*degree
	h := math.Pow(math.Sin(lat/2), 2) + math.Cos(p.Lat*degree)*math.Cos(q.Lat*degree)*math.Pow(math.Sin(lon/2), 2)
	return 2 * earthRadius * math.Asin(math.Sqrt(h))
}

// wayDelay is how long light in glass takes for the distance, one way, times the
// inflation; whole microseconds.
func wayDelay(km, inflation float64) time.Duration {
	ms := km / lightInGlass * inflation
	return time.Duration(math.Round(ms*1000)) * time.Microsecond
}

// linkDelay is a link's delay: a duration, or byDistance.
type linkDelay time.Duration

const (
	byDistance   linkDelay = -1
	longestDelay           = 10 * time.Second
)

// UnmarshalText reads "40ms" or "distance".
func (d *linkDelay) UnmarshalText(text []byte) error {
	if string(text) == "distance" {
		*d = byDistance
		return nil
	}
	v, err := document.ParseDuration(string(text))
	switch {
	case err != nil && !strings.ContainsAny(string(text), "0123456789"):
		err = fmt.Errorf("%q is neither a duration, such as 50ms, nor distance", text)
	case v > longestDelay:
		err = fmt.Errorf("delay is %s; it must be at most 10s", text)
	}
	*d = linkDelay(v)
	return err
}

// Example shows the form in a JSON Schema.
func (linkDelay) Example() (pattern, example string) {
	return `^(distance|([0-9.]+(ns|us|µs|ms|s|m|h))+)$`, "40ms"
}

// addPlace reads where the node stands.
func addPlace(n *Node, nf nodeFile) error {
	switch at := nf.Place; len(at) {
	case 0:
		return nil
	case 1:
		p, ok := city(at[0])
		if !ok {
			return nf.At.Errorf("at", "%s; or coordinates, as in [1.35, 103.82]", document.NoSuch("city", at[0], slices.Sorted(maps.Keys(cities))))
		}
		n.Place = &p
		return nil
	case 2:
		lat, errLat := degrees(at[0], 90)
		lon, errLon := degrees(at[1], 180)
		if errLat == nil && errLon == nil {
			n.Place = &Place{Lat: lat, Lon: lon}
			return nil
		}
	}
	return nf.At.Errorf("at", "a place is a city or its latitude and longitude in degrees, as in [1.35, 103.82]: -90 to 90 north, -180 to 180 east")
}

func degrees(s string, most float64) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(math.Abs(v) <= most) {
		return 0, strconv.ErrRange
	}
	return v, nil
}

// city finds a city by its name, however it is written: new-york, New York.
func city(name string) (Place, bool) {
	plain := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r == ' ' || r == '-' || r == '_' {
				return -1
			}
			return r
		}, strings.ToLower(s))
	}
	for known, at := range cities {
		if plain(known) == plain(name) {
			return Place{known, at[0], at[1]}, true
		}
	}
	return Place{}, false
}

// measure gives a link whose delay is said to be that of its length what it is.
func (l *Link) measure(f topologyFile, lf linkFile, t *Topology) error {
	if lf.Delay != byDistance {
		if lf.Inflation != nil {
			return lf.At.Errorf("inflation", "it is of a delay that is the link's length: give the link delay: distance")
		}
		return nil
	}
	var ends [2]Place
	for i, e := range l.Ends {
		n, _ := t.Node(e.Node)
		if n.Place == nil {
			return lf.At.Errorf("delay", "the distance is not known: %s has no place; say where it is, as in %s: {at: london}", e.Node, e.Node)
		}
		ends[i] = *n.Place
	}
	l.Kilometres = ends[0].Kilometres(ends[1])
	inflation := f.Inflation
	if lf.Inflation != nil {
		inflation = *lf.Inflation
	}
	for i := range l.Ends {
		l.Ends[i].Shape.Delay, l.Ends[i].Measured = wayDelay(l.Kilometres, inflation), true
	}
	return nil
}
