package reports

import (
	"errors"
	"fmt"
	"strings"

	"anylab/reports/page"
)

// Comparable says why two runs should not be compared, nil if they may be:
// they were made on different machines, or measured different things. The
// caller may allow either; then it is a note of the comparison.
//
// Numbers of different machines are not normalised: most of a failover is
// timers, which are the same everywhere, and the rest is computing, which
// isn't, in a proportion that differs from stage to stage.
func Comparable(base, head Samples, acrossMachines, acrossScenarios bool) error {
	var errs []error
	if d := differentMachines(base.Run, head.Run); d != "" && !acrossMachines {
		errs = append(errs, fmt.Errorf("the runs are of different machines (%s); "+
			"numbers are not normalised, because timers don't scale with the machine and computing does: "+
			"make both runs on one machine, compare ratios within each run (--ratio), or say --across-machines", d))
	}
	if d := differentExperiments(base.Run, head.Run); d != "" && !acrossScenarios {
		errs = append(errs, fmt.Errorf("the runs measured different things (%s); say --across-scenarios to compare them all the same", d))
	}
	return errors.Join(errs...)
}

// Caveats notes what Comparable was told to overlook.
func (c *Changes) Caveats() {
	if d := differentMachines(c.Base, c.Head); d != "" {
		c.note("different machines: %s; a difference may be the machine's", d)
	}
	if d := differentExperiments(c.Base, c.Head); d != "" {
		c.note("different scenarios: %s; a difference may be the scenario's", d)
	}
}

// differentMachines lists what differs; what one side doesn't know, as of an
// older record, doesn't.
func differentMachines(a, b RunInfo) string {
	var list []string
	for _, part := range []struct{ name, a, b string }{
		{"kernel", a.Kernel, b.Kernel},
		{"cpus", number(a.CPUs), number(b.CPUs)},
		{"processor", a.CPU, b.CPU},
		{"host", a.Host, b.Host},
	} {
		if part.a != "" && part.b != "" && part.a != part.b {
			list = append(list, fmt.Sprintf("%s %s and %s", part.name, page.Line(part.a), page.Line(part.b)))
		}
	}
	return strings.Join(list, ", ")
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// differentExperiments says how the scenarios differ. How many trials there
// are and what is expected of them may differ, if both sides know the sum
// that leaves these out.
func differentExperiments(a, b RunInfo) string {
	switch {
	case a.Scenario != b.Scenario:
		return fmt.Sprintf("scenario %s and %s", page.Line(a.Scenario), page.Line(b.Scenario))
	case a.Experiment != "" && b.Experiment != "":
		if a.Experiment != b.Experiment {
			return fmt.Sprintf("experiment_sha256 %.12s and %.12s: the scenario was changed, or a file that it names", a.Experiment, b.Experiment)
		}
	case a.ScenarioSHA256 != b.ScenarioSHA256:
		return fmt.Sprintf("scenario_sha256 %.12s and %.12s: the scenario was changed, or a file that it names", a.ScenarioSHA256, b.ScenarioSHA256)
	}
	return ""
}
