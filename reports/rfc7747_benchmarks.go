package reports

import (
	"math"
	"slices"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
)

// Benchmarks that other parts of the reports look for.
const (
	fullTime    = "full convergence time"
	derivedTime = "loss-derived convergence time"
	ribInTime   = "RIB-IN convergence (UPDATE received to route installed)"
	ribOutTime  = "RIB-OUT convergence (UPDATE received to UPDATE sent)"
)

// rfc7747Benchmarks are in the order of RFC 7747 section 6. A route, for the
// route-specific methods, is one flow: there is a single prefix, and with
// several equal paths flows are what converges apart.
var rfc7747Benchmarks = []benchmark{
	{"packets offered to the DUT", "packets", count(func(e timeline.Episode) int { return e.Sent })},
	{"packets forwarded by the DUT", "packets", count(func(e timeline.Episode) int { return e.Sent - e.Lost })},
	{"connectivity packet loss", "packets", count(func(e timeline.Episode) int { return e.Lost })},
	{"convergence packet loss", "packets", count(convergenceLoss)},
	{"out-of-order packets", "packets", count(func(e timeline.Episode) int { return e.Reordered })},
	{"duplicate packets", "packets", count(func(e timeline.Episode) int { return e.Duplicate })},
	{"first route convergence time", "s", firstRoute},
	{fullTime, "s", fullConvergence},
	{derivedTime, "s", lossDerived},
	{"route-specific convergence time, minimum", "s", perRoute(lossTime, minimum)},
	{"route-specific convergence time, maximum", "s", perRoute(lossTime, maximum)},
	{"route-specific convergence time, median", "s", perRoute(lossTime, medianOf)},
	{"route-specific convergence time, average", "s", perRoute(lossTime, average)},
	{"loss of connectivity periods", "periods", count(periods)},
	{"loss of connectivity period, longest", "s", longestPeriod},
	{"route-specific loss of connectivity, minimum", "s", perRoute(longestGap, minimum)},
	{"route-specific loss of connectivity, maximum", "s", perRoute(longestGap, maximum)},
	{"route-specific loss of connectivity, median", "s", perRoute(longestGap, medianOf)},
	{"route-specific loss of connectivity, average", "s", perRoute(longestGap, average)},
	{"traffic on the new route (switch)", "s", switchTime},
	{ribInTime, "s", ribTime(ribIn)},
	{ribOutTime, "s", ribTime(ribOut)},
}

func count(of func(timeline.Episode) int) func(timeline.Episode, conditions) (reading, bool) {
	return func(e timeline.Episode, _ conditions) (reading, bool) {
		return reading{value: float64(of(e)), exact: true}, true
	}
}

func seconds(d time.Duration) float64 { return d.Seconds() }

// interval turns a measured interval into a reading; one that did not end is
// infinite.
func interval(i timeline.Interval) (reading, bool) {
	if i.Open {
		return reading{value: math.Inf(1), low: seconds(i.Low), high: math.Inf(1)}, true
	}
	return reading{value: seconds(i.Value), low: seconds(i.Low), high: seconds(i.High)}, true
}

func fullConvergence(e timeline.Episode, _ conditions) (reading, bool) { return interval(e.Outage) }

// firstRoute is the shortest outage of a flow that had one. Where all flows
// share one path they converge together.
func firstRoute(e timeline.Episode, _ conditions) (reading, bool) {
	together := map[string]bool{}
	for _, g := range e.Groups {
		together[g.Name] = g.Together
	}
	var first *timeline.Interval
	for _, f := range e.Flows {
		if f.Outage != nil && !together[f.Group] && (first == nil || f.Outage.Value < first.Value) {
			first = f.Outage
		}
	}
	if first == nil {
		return interval(e.Outage)
	}
	return interval(*first)
}

// lossDerived has the accuracy of RFC 6413 section 6.1.3: the number of
// destinations over the offered load, either way.
func lossDerived(e timeline.Episode, in conditions) (reading, bool) {
	worst, found := reading{value: -1}, false
	for _, g := range e.Groups {
		probe, ok := in.group(g.Name)
		if v := unended(g, g.LossDerived).value / 1000; ok && v > worst.value {
			worst, found = around(v, spacing(g, probe)), true
		}
	}
	return worst, found
}

// spacing is the time between two requests that share a path, in seconds.
func spacing(g timeline.Group, probe record.ProbeGroup) float64 {
	if g.Together {
		return seconds(probe.Interval()) / float64(max(1, probe.Flows))
	}
	return seconds(probe.Interval())
}

func around(v, apart float64) reading {
	return reading{value: v, low: max(0, v-apart), high: v + apart}
}

// perRoute takes a time of each flow and sums them up. Its accuracy is the
// interval of a flow (RFC 6413 section 6.3.3).
func perRoute(of func(timeline.Flow, record.ProbeGroup) time.Duration, sum func([]float64) float64) func(timeline.Episode, conditions) (reading, bool) {
	return func(e timeline.Episode, in conditions) (reading, bool) {
		var values []float64
		apart := 0.0
		for _, f := range e.Flows {
			if probe, ok := in.group(f.Group); ok {
				v := seconds(of(f, probe))
				if f.Outage != nil && f.Outage.Open {
					v = math.Inf(1)
				}
				values = append(values, v)
				apart = max(apart, seconds(probe.Interval()))
			}
		}
		if len(values) == 0 {
			return reading{}, false
		}
		return around(sum(values), apart), true
	}
}

// lossTime is a flow's lost packets over its rate.
func lossTime(f timeline.Flow, g record.ProbeGroup) time.Duration {
	return time.Duration(f.Lost) * g.Interval()
}

// longestGap is the longest run of a flow's lost packets, over its rate.
func longestGap(f timeline.Flow, g record.ProbeGroup) time.Duration {
	lost := 0
	for _, gap := range f.Gaps {
		lost = max(lost, gap.Lost)
	}
	return time.Duration(lost) * g.Interval()
}

func minimum(v []float64) float64 { return slices.Min(v) }

func maximum(v []float64) float64 { return slices.Max(v) }

func medianOf(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

func average(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

func periods(e timeline.Episode) int {
	n := 0
	for _, g := range e.Groups {
		n = max(n, g.Gaps)
	}
	return n
}

// convergenceLoss counts what was lost in the longest run of each flow: what
// is lost apart from it was lost for another reason.
func convergenceLoss(e timeline.Episode) int {
	n := 0
	for _, f := range e.Flows {
		longest := 0
		for _, gap := range f.Gaps {
			longest = max(longest, gap.Lost)
		}
		n += longest
	}
	return n
}

func longestPeriod(e timeline.Episode, in conditions) (reading, bool) {
	worst, apart := 0.0, 0.0
	for _, g := range e.Groups {
		probe, ok := in.group(g.Name)
		if !ok {
			return reading{}, false
		}
		worst = max(worst, unended(g, g.Longest).value/1000)
		apart = max(apart, spacing(g, probe))
	}
	return around(worst, apart), len(e.Groups) > 0
}

func switchTime(e timeline.Episode, _ conditions) (reading, bool) {
	if e.Switch == nil {
		return reading{}, false
	}
	return interval(*e.Switch)
}

func ribTime(of func(timeline.Episode) (timeline.Interval, bool)) func(timeline.Episode, conditions) (reading, bool) {
	return func(e timeline.Episode, _ conditions) (reading, bool) {
		i, ok := of(e)
		if !ok {
			return reading{}, false
		}
		return interval(i)
	}
}
