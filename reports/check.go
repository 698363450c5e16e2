package reports

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// evidence is all that is known of a trial.
type evidence struct {
	timeline.Failover
	theory *record.Bounds // of the detection; nil: none
	x      record.Experiment

	simulated bool // no machine had a part in it
}

// check looks for one reason to doubt a trial. It returns what it found, or
// nothing.
type check struct {
	name     string
	severity Severity
	find     func(e evidence) string
}

// of makes a check of one that needs nothing but what the trial showed.
func of(find func(f timeline.Failover) string) func(evidence) string {
	return func(e evidence) string { return find(e.Failover) }
}

// checks is sorted by name. See anylab help measurement.
var checks = []check{
	{"answers-from-the-dead", Doubt, of(answersFromTheDead)},
	{"clock-step", Doubt, of(clockStep)},
	{"clock-unwatched", Doubt, of(clockUnwatched)},
	{"failback-not-restored", Note, of(failbackNotRestored)},
	{"failback-stage-order", Note, of(func(f timeline.Failover) string { return stageOrder(f, f.Mended) })},
	{"fault-not-verified", Doubt, faultNotVerified},
	{"forced-back", Note, of(forcedBack)},
	{"foreign-cpu", Note, of(foreignCPU)},
	{"gate-not-met", Doubt, of(gateNotMet)},
	{"healed-early", Note, of(healedEarly)},
	{"healing-not-verified", Doubt, of(healingNotVerified)},
	{"inconsistent", Doubt, of(inconsistent)},
	{"interrupted", Doubt, of(interrupted)},
	{"late-requests", Note, of(lateRequests)},
	{"loss-before", Doubt, of(lossBefore)},
	{"loss-without-fault", Doubt, of(lossWithoutFault)},
	{"machine-unwatched", Doubt, of(machineUnwatched)},
	{"no-samples", Doubt, noSamples},
	{"no-way-back", Note, of(noWayBack)},
	{"outside-theory", Note, outsideTheory},
	{"partial-loss", Note, of(partialLoss)},
	{"pressure", Note, of(pressure)},
	{"probe-record-gap", Doubt, of(probeRecordGap)},
	{"record-cut-short", Doubt, of(recordCutShort)},
	{"restarted", Note, of(restarted)},
	{"stage-order", Doubt, of(func(f timeline.Failover) string { return stageOrder(f, f.Broken) })},
	{"two-names", Note, of(twoNames)},
	{"unexplained", Note, of(unexplained)},
	{untouchedFinding, Note, untouchedUsers},
	{"unwatched", Note, of(unwatched)},
}

// ofMachine are the checks of the machine that measured.
var ofMachine = []string{"clock-unwatched", "machine-unwatched"}

// seen says what findings that were made during the run do to a trial. One
// that is not listed is a doubt. An empty severity drops it: late senders are
// judged here by what they did to the trial's edges.
var seen = map[string]Severity{
	"announce-failed": Note,
	"bgp-unreadable":  Note,
	"capture-overrun": Doubt,
	"carriers-apart":  Doubt,
	"clock-step":      Doubt,
	"late-relay":      Doubt,
	"late-sender":     "",
	"lookup-failed":   Note,
	"monitor-silent":  Note,
	"netlink-overrun": Doubt,
	"not-recovered":   Note,
	"paused":          Doubt,
	"probe-exhausted": Doubt,
	"probe-overrun":   Doubt,
	"relay-ended":     Doubt,
	"relay-overrun":   Doubt,
	"service-overrun": Doubt,
}

// examine returns everything that was found about a trial.
func examine(e evidence) []Finding {
	list := recorded(e.Findings)
	for _, c := range checks {
		if e.simulated && slices.Contains(ofMachine, c.name) {
			continue
		}
		if detail := c.find(e); detail != "" {
			list = append(list, Finding{c.name, c.severity, detail})
		}
	}
	return list
}

// recorded sums up the findings made during the run, one for each name.
func recorded(made []record.Finding) []Finding {
	details := map[string][]string{}
	for _, m := range made {
		details[m.Name] = append(details[m.Name], m.Detail)
	}
	list := []Finding{}
	for _, name := range slices.Sorted(maps.Keys(details)) {
		severity, known := seen[name]
		if !known {
			severity = Doubt
		}
		if severity == "" {
			continue
		}
		detail := details[name][0]
		if n := len(details[name]); n > 1 {
			detail = fmt.Sprintf("%s (and %d more)", detail, n-1)
		}
		list = append(list, Finding{name, severity, detail})
	}
	return list
}

func answersFromTheDead(f timeline.Failover) string {
	at := slices.IndexFunc(f.Faults, func(s timeline.Steps) bool { return s.Silences && slices.Equal(s.On, f.On) })
	if f.Broken.FromFailed == 0 || at < 0 {
		return ""
	}
	return fmt.Sprintf("after the %s, %s still answered %s", f.Faults[at].Kind, f.Node, words.Count(f.Broken.FromFailed, "request"))
}

// twoNames says of how many requests it is not known who answered them, for
// they were told two names.
func twoNames(f timeline.Failover) string {
	torn := 0
	for _, r := range f.Recorded {
		torn += r.Torn
	}
	if torn == 0 {
		return ""
	}
	return fmt.Sprintf("%s got answers under two names: they count as answered, by whom is not known", words.Count(torn, "request"))
}

// restarted says that a supervisor mended what was broken, and whether that was
// before anybody had noticed.
func restarted(f timeline.Failover) string {
	for _, s := range f.Faults {
		if s.Restarted == 0 {
			continue
		}
		text := fmt.Sprintf("what the %s ended on %s was started again after %s", s.Kind, strings.Join(s.On, "-"), words.Duration(s.Restarted.Sub(s.Effective)))
		if f.Broken.EndedBy == timeline.ByRestart {
			text += ", before traffic had moved"
		}
		return text
	}
	return ""
}

// maxStep is how far the wall clock may move against the monotonic one
// between two samples; their own error is microseconds.
const maxStep = time.Millisecond

func clockStep(f timeline.Failover) string {
	if f.Clock <= maxStep || slices.ContainsFunc(f.Findings, func(r record.Finding) bool { return r.Name == "clock-step" }) {
		return ""
	}
	return fmt.Sprintf("the wall clock moved by %s during the trial", words.Duration(f.Clock))
}

// maxUnclocked is how long the clocks, which are sampled each second, may go
// without on a machine that is busy.
const maxUnclocked = 5 * time.Second

func clockUnwatched(f timeline.Failover) string {
	if f.Unclocked <= maxUnclocked {
		return ""
	}
	return fmt.Sprintf("the clocks were not compared for %s of the trial", words.Duration(f.Unclocked))
}

func faultNotVerified(e evidence) string {
	if n := len(e.x.Faults); len(e.Faults) < n {
		return fmt.Sprintf("%s on record", words.Of(len(e.Faults), n, "planned fault"))
	}
	for _, s := range e.Faults {
		fault := fmt.Sprintf("%s on %s", s.Kind, strings.Join(s.On, "-"))
		switch {
		case s.Err != "" && s.Verified == 0:
			return fault + ": " + s.Err
		case s.Verified == 0:
			return fault + " was not seen to be in effect"
		case !s.InOrder():
			return fault + ": its steps are missing, or not in order"
		}
	}
	return ""
}

func healingNotVerified(f timeline.Failover) string {
	for _, s := range f.Faults {
		if s.Verified == 0 || s.HealedVerified != 0 {
			continue
		}
		if s.Err != "" {
			return fmt.Sprintf("%s on %s: %s", s.Kind, strings.Join(s.On, "-"), s.Err)
		}
		return fmt.Sprintf("%s on %s was not seen to be undone", s.Kind, strings.Join(s.On, "-"))
	}
	return ""
}

func interrupted(f timeline.Failover) string {
	if !f.Cut {
		return ""
	}
	return "the run was interrupted during or after this trial"
}

func gateNotMet(f timeline.Failover) string {
	if f.Begin != 0 {
		return ""
	}
	return "the trial went on without a quiet lab before it"
}

func recordCutShort(f timeline.Failover) string {
	if f.End != 0 {
		return ""
	}
	return "the record stops before the trial's end"
}

func noSamples(e evidence) string {
	for _, g := range e.Broken.Groups {
		if g.Sent == 0 {
			return fmt.Sprintf("probe %s sent nothing", g.Name)
		}
	}
	if len(e.Broken.Groups) == 0 {
		return "nothing was probed"
	}
	return unrecorded(e)
}

func lossBefore(f timeline.Failover) string {
	if f.Before.Lost == 0 {
		return ""
	}
	return fmt.Sprintf("%s were lost before the fault", words.Of(f.Before.Lost, f.Before.Sent, "request"))
}

// lossWithoutFault keeps a run without faults from reporting an outage.
func lossWithoutFault(f timeline.Failover) string {
	if len(f.Faults) > 0 || f.Broken.Outage.Value == 0 && !f.Broken.Outage.Open && f.Broken.Lost == 0 {
		return ""
	}
	return fmt.Sprintf("%s were lost though nothing was broken", words.Of(f.Broken.Lost, f.Broken.Sent, "request"))
}

func failbackNotRestored(f timeline.Failover) string {
	if f.Mended.Zero == 0 || f.Mended.Restored {
		return ""
	}
	return "users were not served again after healing"
}

// forcedBack says what was done before the trial so that it could begin like the
// others.
func forcedBack(f timeline.Failover) string {
	var steps []string
	for _, s := range f.Forced {
		text := map[record.Forcing]string{
			record.ClearSessions:  "sessions were cleared",
			record.RestartDaemons: "daemons were restarted",
			record.Rebuild:        "the lab was built anew",
		}[s.How]
		if len(s.On) > 0 {
			text += " on " + strings.Join(s.On, ", ")
		}
		steps = append(steps, text+" ("+strings.Join(s.Why, "; ")+")")
	}
	if len(steps) == 0 {
		return ""
	}
	return "to begin like the first one: " + strings.Join(steps, ", then ")
}

func healedEarly(f timeline.Failover) string {
	if f.Mended.Zero == 0 || !f.Broken.Restored || f.Broken.Sustained {
		return ""
	}
	return "the fault was healed before service had lasted for the sustain time"
}

// lateShare is how many requests may leave later than one interval of their flow
// before it is worth a note. Their moments are as they were, so bounds allow for
// it, but they are not as dense as they should be.
const lateShare = 0.05

func lateRequests(f timeline.Failover) string {
	for _, g := range f.Broken.Groups {
		if float64(g.Late) > lateShare*float64(g.Sent) {
			return fmt.Sprintf("%s of probe %s left later than one interval", words.Of(g.Late, g.Sent, "request"), g.Name)
		}
	}
	return ""
}

// orderSlack is by how much a stage may precede its cause. Packets are
// stamped by the kernel, netlink messages and verdicts by their readers,
// which may have had to wait for a processor.
const orderSlack = 2 * time.Millisecond

// stageOrder compares each stage with the one before it, which may have come as
// much earlier as its reader had to wait. Where several routers had to move
// traffic, a client may be served again before the last of them has done so.
func stageOrder(f timeline.Failover, e timeline.Episode) string {
	for i := 1; i < len(e.Stages); i++ {
		before, s := e.Stages[i-1], e.Stages[i]
		if s.Name == timeline.Restore && len(e.Routers) > 1 {
			continue
		}
		low, _ := stamped(&f, before)
		if low.Sub(s.At) > orderSlack {
			return fmt.Sprintf("%s was seen %s before %s", words.Noun(s.Name), words.Duration(before.At.Sub(s.At)), words.Noun(before.Name))
		}
	}
	return ""
}

// theorySlack is what detection may take beyond theory: a wake-up on a
// machine that has something else to do.
const theorySlack = 5 * time.Millisecond

// outsideTheory compares the detection with the bounds that follow from the
// configuration.
func outsideTheory(e evidence) string {
	f, theory := e.Failover, e.theory
	took, ok := detection().read(&f)
	if theory == nil || !ok || took.value+millis(f.Broken.Bracket) >= theory.Low && took.value <= theory.High+millis(theorySlack) {
		return ""
	}
	return fmt.Sprintf("detection took %s, theory says %s: %s", words.Milliseconds(took.value), words.Span(theory.Low, theory.High), theory.Why)
}
