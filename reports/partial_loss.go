package reports

import (
	"fmt"
	"time"

	"anylab/reports/timeline"
	"anylab/reports/words"
)

// tally is what was lost of one sequence of requests: of a group whose flows fail
// together, else of a flow.
type tally struct {
	of      string
	outage  timeline.Interval
	gaps    int
	longest time.Duration // gap
	lost    time.Duration // as many intervals as requests were lost
}

// tallies lists those that lost something and have an outage that has ended.
func tallies(e timeline.Episode) []tally {
	var list []tally
	for _, g := range e.Groups {
		switch {
		case g.Lost == 0:
		case !g.Together:
			list = append(list, flowTallies(e, g)...)
		case !g.Outage.Open:
			list = append(list, tally{g.Name, g.Outage, g.Gaps, g.Longest, g.LossDerived})
		}
	}
	return list
}

func flowTallies(e timeline.Episode, g timeline.Group) []tally {
	var list []tally
	interval := g.LossDerived * time.Duration(g.Affected) / time.Duration(g.Lost) // of each flow
	for _, f := range e.Flows {
		if f.Group != g.Name || f.Outage == nil || f.Outage.Open {
			continue
		}
		var longest time.Duration
		for _, gap := range f.Gaps {
			longest = max(longest, gap.After.Sub(gap.First))
		}
		list = append(list, tally{fmt.Sprintf("%s, flow %d", g.Name, f.Flow), *f.Outage, len(f.Gaps), longest, time.Duration(f.Lost) * interval})
	}
	return list
}

// overcounted looks for more lost requests than the gaps have room for.
func overcounted(e timeline.Episode) string {
	for _, t := range tallies(e) {
		if room := time.Duration(t.gaps) * max(t.longest, t.outage.High); t.lost > farAbove*room {
			return fmt.Sprintf("%s: as many requests were lost as are sent in %s, in %s of at most %s", t.of, words.Duration(t.lost), words.Count(t.gaps, "gap"), words.Duration(t.longest))
		}
	}
	return ""
}

// partialLoss tells of an outage in most of which requests were answered: users
// were served, and lost requests again and again.
func partialLoss(f timeline.Failover) string {
	const least = 100 * time.Millisecond
	if f.Silence != nil {
		return ""
	}
	for _, t := range tallies(f.Broken) {
		if t.outage.Low > farAbove*t.lost && t.outage.Low-t.lost > least {
			return fmt.Sprintf("%s: in an outage of %s only as many requests were lost as are sent in %s: service came and went", t.of, words.Duration(t.outage.Value), words.Duration(t.lost))
		}
	}
	return ""
}
