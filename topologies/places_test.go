package topologies

import (
	"math"
	"strings"
	"testing"
	"time"
)

// Distances are those of great-circle tables, to within half a per cent: the earth is
// no sphere.
func TestDistances(t *testing.T) {
	for _, c := range []struct {
		a, b string
		km   float64
	}{
		{"london", "new york", 5570}, {"Singapore", "london", 10850}, {"sydney", "santiago", 11340}, {"tokyo", "tokyo", 0},
		{"auckland", "honolulu", 7090}, {"cape-town", "sao_paulo", 6345},
	} {
		a, okA := city(c.a)
		b, okB := city(c.b)
		if km := a.Kilometres(b); !okA || !okB || math.Abs(km-c.km) > 0.005*c.km {
			t.Errorf("%s to %s: %.0f km, want %.0f", c.a, c.b, km, c.km)
		}
		if math.Abs(a.Kilometres(b)-b.Kilometres(a)) > 1e-9 {
			t.Errorf("%s to %s is not as far as back", c.a, c.b)
		}
	}
}

func placed(top, a, b, link string) string {
	return "name: x\n" + top + `nodes:
  r: {role: router, asn: 65000` + a + `}
  a: {role: anycast, asn: 65001` + b + `}
  c: {role: client}
links:
  - {endpoints: [r, a]` + link + `}
  - {endpoints: [r, c]}
anycast: 192.0.2.1/32
`
}

// 1.5 ms for each 100 km there and back, of which light in glass takes 1.
func TestDelayByDistance(t *testing.T) {
	for _, c := range []struct {
		name, top, a, b, link string
		out, back             time.Duration
	}{
		{"two cities", "", ", at: london", ", at: new-york", ", delay: distance", 41806 * time.Microsecond, 41806 * time.Microsecond},
		{"along the equator", "", ", at: [0, 0]", ", at: [0.0, -90]", ", delay: distance", 75108 * time.Microsecond, 75108 * time.Microsecond},
		{"as light", "inflation: 1\n", ", at: [0, 0]", ", at: [0, 90]", ", delay: distance", 50072 * time.Microsecond, 50072 * time.Microsecond},
		{"a detour of this link", "inflation: 1\n", ", at: [0, 0]", ", at: [0, 90]", ", delay: distance, inflation: 2", 100144 * time.Microsecond, 100144 * time.Microsecond},
		{"one way is another", "inflation: 1\n", ", at: [0, 0]", ", at: [0, 90]", ", delay: distance, to: {a: {delay: 3ms}}", 3 * time.Millisecond, 50072 * time.Microsecond},
		{"places alone change nothing", "", ", at: london", ", at: new-york", ", delay: 2ms", 2 * time.Millisecond, 2 * time.Millisecond},
	} {
		top, err := Parse("x.yaml", []byte(placed(c.top, c.a, c.b, c.link)))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		l := top.Links[0]
		near := func(got, want time.Duration) bool { return (got - want).Abs() <= want/100 }
		if out, back := l.Ends[0].Shape.Delay, l.Ends[1].Shape.Delay; !near(out, c.out) || !near(back, c.back) {
			t.Errorf("%s: %v and %v, want %v and %v", c.name, out, back, c.out, c.back)
		}
	}
}

func TestPlacesThatAreNone(t *testing.T) {
	for _, c := range []struct{ top, a, link, want string }{
		{"", ", at: londn", "", `x.yaml:3:37: unknown city "londn" (did you mean "london"?)`},
		{"", ", at: [91, 0]", "", "x.yaml:3:37: a place is a city or its latitude and longitude"},
		{"", ", at: [NaN, 0]", "", "a place is a city or"},
		{"", ", at: [1, 2, 3]", "", "a place is a city or"},
		{"", "", ", delay: distance", "x.yaml:7:32: the distance is not known: r has no place"},
		{"", ", at: london", ", delay: distance", "the distance is not known: a has no place"},
		{"", "", ", delay: 11s", "delay is 11s; it must be at most 10s"},
		{"", "", ", delay: 5ms, inflation: 2", "x.yaml:7:48: it is of a delay that is the link's length: give the link delay: distance"},
		{"", "", ", delay: far", `x.yaml:7:32: "far" is neither a duration, such as 50ms, nor distance`},
		{"inflation: 0.5\n", "", "", "inflation"},
	} {
		_, err := Parse("x.yaml", []byte(placed(c.top, c.a, "", c.link)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c, err, c.want)
		}
	}
}
