package simulate

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

const (
	leastSeen = 5  // times, or they say too little of a step
	levels    = 11 // quantiles at equal steps, the least and the most included
)

// Profile is what was seen of a daemon, on the base of what was known of it: a step that
// was not seen often enough is left as it was. kept names those.
func (d *Distiller) Profile(daemon string, base Profile) (p Profile, kept []string) {
	p, p.Daemon = base, daemon
	t := d.times[daemon]
	if t == nil {
		t = &stepTimes{}
	}
	set := func(name string, to *spread, seen []float64, without ...spread) {
		if len(seen) < leastSeen {
			kept = append(kept, fmt.Sprintf("%s (%d)", name, len(seen)))
			return
		}
		*to = quantiles(seen)
		for _, w := range without {
			*to = to.less(w)
		}
	}
	if len(t.installed) >= leastSeen && len(t.passed) >= leastSeen {
		p.Receive = nil // it is part of the two
	}
	set("install", &p.Install, t.installed, p.Receive)
	set("send", &p.Send, t.passed, p.Receive)
	set("session_end", &p.SessionEnd, t.left, p.Install)
	set("carrier", &p.Carrier, t.cut, p.SessionEnd.and(p.Install))
	set("command", &p.Command, t.commanded, p.Send)
	set("connect", &p.Connect, t.connected)
	set("again", &p.Again, t.again)
	set("start", &p.Start, t.started)
	set("greet", &p.Greet, t.greets(p.GreetMore))
	return p, kept
}

// greets are the times from a session's start to the first UPDATE, without what each
// neighbor adds.
func (t *stepTimes) greets(more float64) []float64 {
	var list []float64
	for _, g := range t.greeted {
		list = append(list, max(0, g.us-more*float64(g.neighbors)))
	}
	return list
}

// Daemons are those that were seen, sorted.
func (d *Distiller) Daemons() []string { return slices.Sorted(maps.Keys(d.times)) }

// Seen says how often each step was.
func (d *Distiller) Seen(daemon string) string {
	t := d.times[daemon]
	if t == nil {
		return "nothing"
	}
	var list []string
	for _, c := range []struct {
		name string
		seen []float64
	}{{"install", t.installed}, {"send", t.passed}, {"session_end", t.left}, {"carrier", t.cut}, {"command", t.commanded}, {"connect", t.connected}, {"again", t.again}, {"start", t.started}, {"greet", t.greets(0)}} {
		if len(c.seen) > 0 {
			list = append(list, fmt.Sprintf("%s %d", c.name, len(c.seen)))
		}
	}
	return strings.Join(list, ", ")
}

// quantiles are those of what was seen, but for what was far out (Tukey's outer fence):
// a daemon that had to wait for a processor, or for another one.
func quantiles(seen []float64) spread {
	sorted := slices.Sorted(slices.Values(seen))
	low, high := spread(sorted).at(0.25), spread(sorted).at(0.75)
	sorted = slices.DeleteFunc(sorted, func(us float64) bool { return us > high+3*(high-low) })
	list := make(spread, levels)
	for i := range list {
		list[i] = spread(sorted).at(float64(i) / (levels - 1))
	}
	return list
}

// at is the quantile of a share.
func (s spread) at(share float64) float64 {
	if len(s) == 0 {
		return 0
	}
	at := share * float64(len(s)-1)
	i := int(at)
	if i+1 >= len(s) {
		return math.Round(s[len(s)-1])
	}
	return math.Round(s[i] + (at-float64(i))*(s[i+1]-s[i]))
}

// less takes a step out of a way, quantile by quantile: what a busy machine makes slow
// is slow altogether.
func (s spread) less(step spread) spread {
	list := make(spread, levels)
	for i := range list {
		share := float64(i) / (levels - 1)
		list[i] = max(0, s.at(share)-step.at(share))
		if i > 0 {
			list[i] = max(list[i], list[i-1])
		}
	}
	return list
}

func (s spread) and(step spread) spread {
	list := make(spread, levels)
	for i := range list {
		share := float64(i) / (levels - 1)
		list[i] = s.at(share) + step.at(share)
	}
	return list
}
