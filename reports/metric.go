package reports

import (
	"math"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
)

// metric reads one number out of a trial; ok is false if the trial has none,
// +Inf stands for "longer than was waited".
type metric struct {
	name  string
	value func(f timeline.Failover) (v float64, ok bool)
}

// unit is what the metric is counted in.
func (m metric) unit() record.Unit {
	u, _ := record.UnitOf(m.name)
	return u
}

// metrics say how those of record.Metrics are taken, in the order in which they
// are shown.
var metrics = []metric{
	{"interruption", interruption},
	{"outage", func(f timeline.Failover) (float64, bool) { return f.Broken.Outage.Milliseconds(), true }},
	{"loss_derived_outage", func(f timeline.Failover) (float64, bool) {
		return largest(f.Broken, func(g timeline.Group) float64 { return unended(g, g.LossDerived) }), true
	}},
	{"longest_gap", func(f timeline.Failover) (float64, bool) {
		return largest(f.Broken, longest), true
	}},
	{"detection", stage(timeline.Detect)},
	{"withdrawal", stage(timeline.Withdraw)},
	{"receipt", stage(timeline.Receive)},
	{"installation", stage(timeline.Install)},
	{"restoration", restoration},
	{"switch", func(f timeline.Failover) (float64, bool) { return switched(f.Broken), f.Fault != "" }},
	{"failback_outage", func(f timeline.Failover) (float64, bool) { return f.Mended.Outage.Milliseconds(), f.Mended.Zero != 0 }},
	{"failback_switch", func(f timeline.Failover) (float64, bool) {
		return switched(f.Mended), f.Mended.Zero != 0 && f.Broken.Rerouted
	}},
	{"lost", func(f timeline.Failover) (float64, bool) { return float64(f.Broken.Lost), true }},
	{"loss_before", func(f timeline.Failover) (float64, bool) { return float64(f.Before.Lost), true }},
	{"failback_lost", func(f timeline.Failover) (float64, bool) { return float64(f.Mended.Lost), f.Mended.Zero != 0 }},
	{"misrouted", func(f timeline.Failover) (float64, bool) { return float64(f.Broken.Misrouted), true }},
	{"duplicate", func(f timeline.Failover) (float64, bool) { return float64(f.Broken.Duplicate), true }},
	{"reordered", func(f timeline.Failover) (float64, bool) { return float64(f.Broken.Reordered), true }},
	{"gaps", func(f timeline.Failover) (float64, bool) {
		return largest(f.Broken, func(g timeline.Group) float64 { return float64(g.Gaps) }), true
	}},
	{"affected_flows", func(f timeline.Failover) (float64, bool) { return float64(newPassage(f.Broken).Affected), true }},
	{"rib_in", ribMillis(ribIn)},
	{"rib_out", ribMillis(ribOut)},
	{"rerouted", func(f timeline.Failover) (float64, bool) {
		if f.Broken.Rerouted {
			return 1, true
		}
		return 0, true
	}},
	{"moved_needlessly", movedNeedlessly},
	{"tcp_sessions", streams(func(s timeline.Streams) int { return s.Sessions })},
	{"tcp_survived", streams(func(s timeline.Streams) int { return s.Survived })},
	{"tcp_reset", streams(func(s timeline.Streams) int { return s.Reset })},
	{"tcp_closed", streams(func(s timeline.Streams) int { return s.Closed })},
	{"tcp_timeout", streams(func(s timeline.Streams) int { return s.TimedOut })},
	{"app_wait", appWait},
}

// interruption is what users saw, whatever ended it; +Inf if nothing did.
func interruption(f timeline.Failover) (float64, bool) {
	return f.Interruption().Milliseconds(), true
}

// switched returns when traffic moved, +Inf if it did not.
func switched(e timeline.Episode) float64 {
	if e.Switch == nil {
		return math.Inf(1)
	}
	return millis(e.Switch.Value)
}

func largest(e timeline.Episode, of func(timeline.Group) float64) float64 {
	v := 0.0
	for _, g := range e.Groups {
		v = max(v, of(g))
	}
	return v
}

// stage returns how long a stage of the failover took.
func stage(name timeline.StageName) func(timeline.Failover) (float64, bool) {
	return func(f timeline.Failover) (float64, bool) {
		for _, d := range durations(f.Broken) {
			if d.stage == name {
				return d.ms, true
			}
		}
		return 0, false
	}
}

func restoration(f timeline.Failover) (float64, bool) {
	if f.Fault != "" && !f.Broken.Restored {
		return math.Inf(1), true
	}
	return stage(timeline.Restore)(f)
}

// took is how long one stage took.
type took struct {
	stage timeline.StageName
	ms    float64
}

// durations returns how long each stage took: from the one before it that was
// seen. A stage that came out of order took no time.
func durations(e timeline.Episode) []took {
	var list []took
	from := e.Zero
	for i, s := range e.Stages {
		if i == 0 {
			continue // the change itself
		}
		list = append(list, took{s.Name, millis(max(0, s.At.Sub(from)))})
		from = max(from, s.At)
	}
	return list
}

// longest is the longest gap of a group, in milliseconds, +Inf if it is one
// that did not end. How long one was that a repair ended is known.
func longest(g timeline.Group) float64 {
	if g.Outage.Open && g.Ended != timeline.ByRepair {
		return math.Inf(1)
	}
	return millis(g.Longest)
}

// unended is a time of a group, in milliseconds; where its service was not
// restored nobody knows how long it would have become.
func unended(g timeline.Group, d time.Duration) float64 {
	if g.Outage.Open {
		return math.Inf(1)
	}
	return millis(d)
}
