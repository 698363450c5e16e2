package reports

import (
	"maps"
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// untouchedUsers says that a fault struck a site that served nobody who asked,
// and that nobody noticed: such a trial tells nothing of the failover. It is
// what was meant where the scenario expects nobody to be affected.
func untouchedUsers(e evidence) string {
	struck, known := e.x.Topology.Node(e.Node)
	meant := slices.ContainsFunc(e.x.Expect, func(x record.Expectation) bool { return x.Metric == affectedMetric })
	if meant || !known || struck.Role != record.AnycastNode || moved(e.Failover) {
		return ""
	}
	serving := servingBefore(e.Failover)
	if len(serving) == 0 || slices.Contains(serving, e.Node) {
		return ""
	}
	text := "the " + e.Fault + " touched nobody who asked: " + strings.Join(serving, ", ") + " served them, " + e.Node +
		" served nobody (strike who serves, or expect: unaffected)"
	if struck.Config != nil {
		text = strings.Join(append([]string{text}, struck.Config.Unannounced...), "; ")
	}
	if n := e.Broken.Lost + e.Mended.Lost; n > 0 {
		text += "; " + words.Count(n, "request") + " were lost on a way on which nothing changed"
	}
	return text
}

// moved says whether the fault or its repair was seen to act on the users' way:
// what a busy machine loses is neither's doing.
func moved(f timeline.Failover) bool {
	acted := func(e timeline.Episode) bool {
		return e.Rerouted || e.Outage.Open || e.EndedBy != "" && e.EndedBy != timeline.ByNothing
	}
	return acted(f.Broken) || acted(f.Mended)
}

// untouchedFinding names that, and makes the trial's status.
const untouchedFinding = "untouched"

// leavesOut says whether the finding keeps its trial out of the statistics.
func (f Finding) leavesOut() bool { return f.Severity == Doubt || f.Name == untouchedFinding }

// affectedMetric is 1 of a trial in which somebody noticed the fault.
const affectedMetric = "affected"

// affects says whether anybody lost anything, or was served by another site.
func affects(f timeline.Failover) bool {
	return f.Broken.Lost > 0 || f.Broken.Rerouted || f.Mended.Lost > 0
}

func affected(f *timeline.Failover) (bounded, bool) {
	if affects(*f) {
		return exactly(1), true
	}
	return exactly(0), true
}

// servingBefore returns the sites that answered somebody before the fault,
// sorted, as far as answers tell.
func servingBefore(f timeline.Failover) []string {
	sites := map[string]bool{}
	for _, node := range f.Before.AnsweredBy {
		for _, site := range strings.Split(node, timeline.Together) {
			sites[site] = true
		}
	}
	for _, s := range f.States {
		if s.What == record.Catchment && s.When == record.Before {
			for _, node := range s.Nodes {
				sites[node] = true
			}
		}
	}
	delete(sites, "")
	return slices.Sorted(maps.Keys(sites))
}
