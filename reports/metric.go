package reports

import (
	"maps"
	"math"
	"slices"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
)

// metric reads one number out of a trial; ok is false if the trial has none.
type metric struct {
	name string // of one client: outage(london)
	part part   // which the trial's doubts may touch
	read func(f *timeline.Failover) (r bounded, ok bool)
}

// pauses are the metrics that are times in which nothing was answered.
var pauses = []string{"interruption", "outage", "failback_outage"}

// compared reads the trial as it is compared with others: where nothing was lost,
// what may hide between two requests hides in all of them.
func (m metric) compared(f *timeline.Failover) (bounded, bool) {
	base, _ := record.ClientOf(m.name)
	if own, known := m.seen(f); known && slices.Contains(pauses, base) {
		read := m.read
		m.read = func(f *timeline.Failover) (bounded, bool) {
			r, ok := read(f)
			return lossless(own, r), ok
		}
	}
	return m.of(f)
}

// seen returns the trial as those saw it whose metric it is.
func (m metric) seen(f *timeline.Failover) (own *timeline.Failover, ok bool) {
	_, client := record.ClientOf(m.name)
	if client == "" {
		return f, true
	}
	c, ok := f.Of(client)
	if !ok {
		return nil, false
	}
	return &c.Failover, true
}

// unit is what the metric is counted in.
func (m metric) unit() record.Unit {
	u, _ := record.UnitOf(m.name)
	return u
}

// of reads the trial, and widens the ends by its doubts.
func (m metric) of(f *timeline.Failover) (bounded, bool) {
	f, known := m.seen(f)
	if !known {
		return bounded{}, false
	}
	r, ok := m.read(f)
	if !ok || m.part == untouched {
		return r, ok
	}
	if m.unit() == record.Count {
		r = r.widen(f, m.part, rate(f))
		return bounded{r.value, math.Floor(r.low), math.Ceil(r.high)}, true
	}
	return r.widen(f, m.part, 1), true
}

// metricOf returns the metric with the name, which may be of a client.
func metricOf(name string) (metric, bool) {
	base, _ := record.ClientOf(name)
	at := slices.IndexFunc(metrics, func(m metric) bool { return m.name == base })
	if at < 0 {
		return metric{}, false
	}
	m := metrics[at]
	m.name = name
	return m, true
}

// metrics say how those of record.Metrics are taken, in the order in which they
// are shown.
var metrics = []metric{
	{"interruption", throughout, interruption},
	{"outage", achieved, func(f *timeline.Failover) (bounded, bool) { return outage(f.Broken), true }},
	{"user_outage", achieved, userOutage},
	{"loss_derived_outage", served, func(f *timeline.Failover) (bounded, bool) {
		return largest(f.Broken, func(g timeline.Group) bounded { return unended(g, g.LossDerived) }), true
	}},
	{"longest_gap", served, func(f *timeline.Failover) (bounded, bool) {
		return largest(f.Broken, longest), true
	}},
	{"detection", noticed, stage(timeline.Detect)},
	{"withdrawal", passed, stage(timeline.Withdraw)},
	{"receipt", passed, stage(timeline.Receive)},
	{"propagation", passed, stage(timeline.Propagate)},
	{"announcement", passed, stage(timeline.Announce)},
	{"installation", passed, stage(timeline.Install)},
	{"return", passed, stage(timeline.Return)},
	{"restoration", served, restoration},
	{"seen", untouched, alert(false)},
	{"alerted", untouched, alert(true)},
	{"switch", served, func(f *timeline.Failover) (bounded, bool) { return switched(f.Broken), f.Fault != "" }},
	{"failback_outage", achievedBack, func(f *timeline.Failover) (bounded, bool) { return outage(f.Mended), f.Mended.Zero != 0 }},
	{"failback_switch", servedBack, func(f *timeline.Failover) (bounded, bool) {
		if backBefore(f) {
			return exactly(0), true
		}
		return switched(f.Mended), f.Mended.Zero != 0 && f.Broken.Rerouted
	}},
	{"lost", served, counted(func(f *timeline.Failover) int { return f.Broken.Lost })},
	{"loss_before", untouched, counted(func(f *timeline.Failover) int { return f.Before.Lost })},
	{"failback_lost", servedBack, func(f *timeline.Failover) (bounded, bool) {
		return exactly(float64(f.Mended.Lost)), f.Mended.Zero != 0
	}},
	{"misrouted", untouched, counted(func(f *timeline.Failover) int { return f.Broken.Misrouted })},
	{"duplicate", untouched, counted(func(f *timeline.Failover) int { return f.Broken.Duplicate })},
	{"reordered", untouched, counted(func(f *timeline.Failover) int { return f.Broken.Reordered })},
	{"gaps", untouched, func(f *timeline.Failover) (bounded, bool) {
		return largest(f.Broken, func(g timeline.Group) bounded { return exactly(float64(g.Gaps)) }), true
	}},
	{"affected_flows", untouched, counted(func(f *timeline.Failover) int { n, _ := f.Broken.Affected(); return n })},
	{"rib_in", passed, relayed(ribIn)},
	{"rib_out", passed, relayed(ribOut)},
	{"rerouted", untouched, func(f *timeline.Failover) (bounded, bool) {
		if f.Broken.Rerouted {
			return exactly(1), true
		}
		return exactly(0), true
	}},
	{affectedMetric, untouched, affected},
	{"moved_needlessly", untouched, movedNeedlessly},
	{"tcp_sessions", untouched, streams(func(s timeline.Streams) int { return s.Sessions })},
	{"tcp_survived", untouched, streams(func(s timeline.Streams) int { return s.Survived })},
	{"tcp_reset", untouched, streams(func(s timeline.Streams) int { return s.Reset })},
	{"tcp_closed", untouched, streams(func(s timeline.Streams) int { return s.Closed })},
	{"tcp_timeout", untouched, streams(func(s timeline.Streams) int { return s.TimedOut })},
	{"app_wait", served, appWait},
	{"rtt", untouched, roundTrip(func(r timeline.RoundTrips) time.Duration { return r.Before })},
	{"rtt_after", untouched, roundTrip(func(r timeline.RoundTrips) time.Duration { return r.After })},
	{"rtt_healed", untouched, roundTrip(func(r timeline.RoundTrips) time.Duration { return r.Healed })},
	{"penalty", untouched, penalty},
	{"optimal", untouched, func(f *timeline.Failover) (bounded, bool) {
		if f.Optimal != nil && *f.Optimal {
			return exactly(1), true
		}
		return exactly(0), f.Optimal != nil
	}},
}

// penalty is by how much longer the round trip is after the fault than before, of the
// client that is worst off. Who is served nearer than before has none.
func penalty(f *timeline.Failover) (bounded, bool) {
	most, known := time.Duration(0), false
	for _, r := range tripsOf(f) {
		if r.Before > 0 && r.After > 0 {
			most, known = max(most, r.After-r.Before), true
		}
	}
	return exactly(millis(most)), known
}

// tripsOf returns the round trips of each client and service.
func tripsOf(f *timeline.Failover) []timeline.RoundTrips {
	var list []timeline.RoundTrips
	for _, c := range f.Clients {
		if c.Service != "" {
			list = append(list, c.RoundTrip)
		}
	}
	if list == nil {
		return []timeline.RoundTrips{f.RoundTrip}
	}
	return list
}

// roundTrip is that of the client that is farthest away.
func roundTrip(when func(timeline.RoundTrips) time.Duration) func(*timeline.Failover) (bounded, bool) {
	return func(f *timeline.Failover) (bounded, bool) {
		most := when(f.RoundTrip)
		for _, c := range f.Clients {
			most = max(most, when(c.RoundTrip))
		}
		return exactly(millis(most)), most > 0
	}
}

// withClients are the metrics, and after them those of each client of which a
// run of several states them.
func withClients(good ...timeline.Failover) []metric {
	list := slices.Clip(metrics)
	for _, name := range clientsOf(good) {
		for _, m := range clientMetrics {
			one, _ := metricOf(record.OfClient(m, name))
			list = append(list, one)
		}
	}
	return list
}

// clientMetrics are stated of each client.
var clientMetrics = []string{"interruption", "outage", "longest_gap", "lost", "switch", "failback_outage", "failback_lost", "rtt", "rtt_after", "rtt_healed", "penalty", "optimal"}

// clientsOf returns the clients of the trials, by name, where there are several.
func clientsOf(list []timeline.Failover) []string {
	var names []string
	for _, f := range list {
		for _, c := range f.Clients {
			if !slices.Contains(names, c.Name) {
				names = append(names, c.Name)
			}
		}
	}
	if len(names) < 2 {
		return nil
	}
	slices.Sort(names)
	return names
}

// counted is a number of things in every trial.
func counted(of func(*timeline.Failover) int) func(*timeline.Failover) (bounded, bool) {
	return func(f *timeline.Failover) (bounded, bool) { return exactly(float64(of(f))), true }
}

// outage returns an episode's outage, +Inf if it did not end.
func outage(e timeline.Episode) bounded {
	return spanned(e.Outage)
}

// userOutage is that of half of the flows, at most: what a user sees who is no worse off
// than others. Whose requests were all answered was not cut off.
func userOutage(f *timeline.Failover) (bounded, bool) {
	var values, lows, highs []float64
	for _, flow := range f.Broken.Flows {
		var o bounded
		if flow.Outage != nil {
			o = spanned(*flow.Outage)
		}
		values, lows, highs = append(values, o.value), append(lows, o.low), append(highs, o.high)
	}
	if values == nil {
		return bounded{}, false
	}
	middle := func(list []float64) float64 {
		slices.Sort(list)
		return list[(len(list)-1)/2]
	}
	return bounded{middle(values), middle(lows), middle(highs)}, true
}

// interruption is what users saw, whatever ended it; +Inf if nothing did.
func interruption(f *timeline.Failover) (bounded, bool) {
	return spanned(f.Interruption().Interval), true
}

// backBefore says whether traffic had moved, and everybody was served as at first again
// when the last healing began, since another fault had been healed before.
func backBefore(f *timeline.Failover) bool {
	if f.Mended.Zero == 0 || !f.Broken.Rerouted {
		return false
	}
	early := len(f.Faults) > 1 && slices.ContainsFunc(f.Faults, func(s timeline.Steps) bool { return s.Heal != 0 && s.Heal < f.Mended.Start })
	return early && f.Mended.Switch == nil && maps.Equal(f.Mended.AnsweredBy, f.Before.AnsweredBy)
}

// switched returns when traffic moved, +Inf if it did not.
func switched(e timeline.Episode) bounded {
	if e.Switch == nil {
		return endless(e.Until.Sub(e.Zero))
	}
	return spanned(*e.Switch)
}

// largest is that of the group in which it is largest, with the largest of all
// groups' ends: which of them truly had most is not known.
func largest(e timeline.Episode, of func(timeline.Group) bounded) bounded {
	var most bounded
	for _, g := range e.Groups {
		r := of(g)
		most = bounded{max(most.value, r.value), max(most.low, r.low), max(most.high, r.high)}
	}
	return most
}

// stage returns how long a stage of the failover took.
func stage(name timeline.StageName) func(*timeline.Failover) (bounded, bool) {
	return func(f *timeline.Failover) (bounded, bool) {
		for _, d := range durations(f, f.Broken) {
			if d.stage == name {
				return d.bounded, true
			}
		}
		return bounded{}, false
	}
}

func restoration(f *timeline.Failover) (bounded, bool) {
	if f.Fault != "" && !f.Broken.Restored {
		return endless(f.Broken.Until.Sub(outcome(f.Broken))), true
	}
	return stage(timeline.Restore)(f)
}

// took is how long one stage took, in milliseconds.
type took struct {
	stage timeline.StageName
	bounded
	cause timeline.Cause
}

// durations returns how long each stage took: from the one before it that was
// seen. A stage that came out of order took no time.
func durations(f *timeline.Failover, e timeline.Episode) []took {
	list := make([]took, 0, len(e.Stages))
	from, low, high := e.Zero, e.Zero.Add(-e.Bracket), e.Zero
	if e.Later() {
		from, low, high = e.Stages[0].At, e.Stages[0].Low, e.Stages[0].High
	}
	for i, s := range e.Stages {
		if i == 0 {
			continue // the change itself
		}
		first, last := stamped(f, s)
		r := bounded{millis(max(0, s.At.Sub(from))), millis(max(0, first.Sub(high))), millis(max(0, last.Sub(low)))}
		r.low, r.high = min(r.low, r.value), max(r.high, r.value)
		list = append(list, took{s.Name, r, s.Cause})
		if s.At >= from {
			from, low, high = s.At, first, last
		}
	}
	return list
}

// longest is the longest gap of a group, in milliseconds, +Inf if it is one
// that did not end. How long one was that a repair ended is known.
func longest(g timeline.Group) bounded {
	if g.Outage.Open && g.Ended != timeline.ByRepair {
		return endless(g.Longest)
	}
	return exactly(millis(g.Longest))
}

// unended is a time of a group, in milliseconds; where its service was not
// restored nobody knows how long it would have become.
func unended(g timeline.Group, d time.Duration) bounded {
	if g.Outage.Open {
		return endless(d)
	}
	return exactly(millis(d))
}
