package reports

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"anylab/reports/timeline"
	"anylab/reports/words"
)

// farAbove is by what factor an outage may exceed the longest gap in it where
// routes did not move in between.
const farAbove = 3

// inconsistent compares a trial's figures with each other, and those of each
// client. They are taken from the same requests in different ways, so that they
// can't contradict each other unless one of them is wrong. A known silence is
// compared with the truth.
func inconsistent(f timeline.Failover) string {
	if f.Silence != nil {
		return ""
	}
	if text := contradictory(f); text != "" {
		return text
	}
	for _, c := range f.Clients {
		if text := contradictory(c.Failover); text != "" {
			return fmt.Sprintf("%s, asking %s: %s", c.Name, c.Service, text)
		}
	}
	return ""
}

func contradictory(f timeline.Failover) string {
	for _, e := range []timeline.Episode{f.Broken, f.Mended} {
		if text := cmp.Or(contradiction(e), overcounted(e)); text != "" {
			return text
		}
	}
	cut, outage := f.Interruption(), f.Broken.Outage
	pieces := slices.ContainsFunc(f.Broken.Groups, func(g timeline.Group) bool { return g.Gaps > 1 }) // of a flow that was cut off for less in all, but over a longer time
	if pieces || len(cut.Gaps) != 1 || cut.Open || outage.Open || outage.Low <= cut.High {
		return ""
	}
	return fmt.Sprintf("an outage of %s is longer than the interruption, %s, which was one gap", words.Duration(outage.Value), words.Duration(cut.Value))
}

// contradiction looks for one within an episode.
func contradiction(e timeline.Episode) string {
	var longest time.Duration
	gaps, lost := 0, 0
	for _, g := range e.Groups {
		longest, gaps, lost = max(longest, g.Longest), max(gaps, g.Gaps), lost+g.Lost
	}
	lasted := words.Duration(e.Outage.Value)
	switch {
	case len(e.Groups) == 0: // nothing was asked
	case lost == 0 && (e.Outage.Value > 0 || e.Outage.Open):
		return fmt.Sprintf("an outage of %s though nothing was lost", lasted)
	case lost > 0 && gaps == 0:
		return fmt.Sprintf("%s were lost, but there was no gap", words.Count(lost, "request"))
	case e.Outage.Open:
	case gaps == 1 && e.Outage.Value > longest:
		return fmt.Sprintf("an outage of %s is longer than the only gap, %s", lasted, words.Duration(longest))
	case gaps > 1 && e.Rerouted && e.Changes == 0 && e.Outage.Value > farAbove*longest:
		return fmt.Sprintf("an outage of %s is far longer than the longest gap, %s, though no route changed", lasted, words.Duration(longest))
	}
	return ""
}

// unexplained looks for an outage that nothing is known to have ended: the same
// site answered again, by the same way, while the fault was in effect.
func unexplained(f timeline.Failover) string {
	e := f.Broken
	if f.Fault == "" || f.Silence != nil || e.Outage.Open || e.Outage.Value == 0 || e.EndedBy != timeline.ByNothing || e.Switch != nil {
		return ""
	}
	by := " by the same site"
	if len(f.Before.AnsweredBy) == 0 { // nobody tells
		by = ""
	}
	return fmt.Sprintf("users were served again after %s%s, though no route was seen to change and nothing had been healed", words.Duration(e.Outage.Value), by)
}
