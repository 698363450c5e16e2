package reports

import (
	"fmt"
	"slices"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// The checks of this file ask whether the machine had processors for the lab
// in the decisive time: from the fault until the last thing happened that the
// trial reports.

const (
	// waitShare is the share of the decisive time that a thread under test may
	// have waited for a processor. A few percent are the sum of the short waits
	// of a server that answers a thousand requests a second. ownShare is the
	// same of our own threads: what that does to their stamps is in the bounds of
	// the stages.
	waitShare, ownShare = 0.10, 0.25
	// stealShare is what a hypervisor may have taken, of all processors.
	stealShare = 0.05
	// busyShare is from what share on others' use of the processors, or the
	// pressure on them, is worth a note: it delays nothing by itself.
	busyShare = 0.5
	// loadedShare is the same where something took longer than it should.
	loadedShare = 0.25
)

// decisive is the part of a load sample that falls into the decisive time. A
// sample does not tell when within it something happened, so what it counts
// may all have fallen into that part.
type decisive struct {
	timeline.Load
	overlap time.Duration
}

func decisiveTime(f timeline.Failover) (from, to record.Time) {
	if len(f.Faults) == 0 {
		return f.Broken.Zero, f.Broken.Until // nothing was broken: all of the trial counts
	}
	return f.Broken.Zero, outcome(f.Broken)
}

// decisively returns the samples that touch the decisive time, and its length.
func decisively(f timeline.Failover) ([]decisive, time.Duration) {
	from, to := decisiveTime(f)
	var list []decisive
	for _, l := range f.Loads {
		if overlap := min(l.To, to).Sub(max(l.From, from)); overlap > 0 {
			list = append(list, decisive{l, overlap})
		}
	}
	return list, to.Sub(from)
}

// runQueue looks for threads that were ready and did not get to run: those of
// the daemons and services, whose speed is what is measured, and our own,
// which stamp. A sender's waiting is in its requests' send times already.
func runQueue(f timeline.Failover) string {
	list, span := decisively(f)
	for _, c := range []struct {
		role  record.Role
		share float64
	}{{record.Observed, waitShare}, {record.Observing, ownShare}} {
		sum, worst := longestWaits(list, c.role, usualWait(f, c.role))
		if sum > max(delayFloor, time.Duration(c.share*float64(span))) {
			return fmt.Sprintf("threads of %s waited up to %s for a processor in the %s until traffic had moved",
				whose(c.role, f.Procs[worst.PID]), words.Duration(sum), words.Duration(span))
		}
	}
	return ""
}

// longestWaits adds up the longest waits of a role's threads, and returns the
// worst. As many waits as a thread had, each as long as usual, are taken to be
// spread over the sample. What it waited more than that may all have fallen
// into the decisive time.
func longestWaits(list []decisive, role record.Role, usual time.Duration) (sum time.Duration, worst record.Wait) {
	for _, d := range list {
		for _, w := range d.Waits {
			if w.Role != role {
				continue
			}
			spread := min(w.For, time.Duration(w.Times)*usual)
			share := part(d.overlap, d.To.Sub(d.From))
			sum += min(d.overlap, w.For-spread+time.Duration(share*float64(spread)))
			if w.For > worst.For {
				worst = w
			}
		}
	}
	return sum, worst
}

// enoughSamples are needed to say what is usual.
const enoughSamples = 5

// usualWait is how long a thread of the role waited each time that it was to
// run, where nothing was decided: the median over the trial's other samples. 0
// if they are too few.
func usualWait(f timeline.Failover, role record.Role) time.Duration {
	from, to := decisiveTime(f)
	var each []time.Duration
	for _, l := range f.Loads {
		if l.To > from && l.From < to {
			continue
		}
		for _, w := range l.Waits {
			if w.Role == role && w.Times > 0 {
				each = append(each, w.For/time.Duration(w.Times))
			}
		}
	}
	if len(each) < enoughSamples {
		return 0
	}
	slices.Sort(each)
	return each[len(each)/2]
}

// whose names a thread's process.
func whose(role record.Role, name string) string {
	switch {
	case role == record.Observing:
		return "the observers"
	case name == "":
		return "the lab's programs"
	}
	return name
}

// steal looks for a hypervisor that ran others on our processors.
func steal(f timeline.Failover) string {
	list, span := decisively(f)
	var sum time.Duration
	for _, d := range list {
		sum += min(d.Steal, d.overlap)
	}
	if sum <= max(delayFloor, time.Duration(stealShare*float64(span))) {
		return ""
	}
	return fmt.Sprintf("the hypervisor took up to %s of processor time in the %s until traffic had moved", words.Duration(sum), words.Duration(span))
}

// foreignCPU says how much of the machine others used, where that was a lot.
func foreignCPU(f timeline.Failover) string {
	if share := foreignShare(f); share > busyShare {
		return fmt.Sprintf("other programs used %.0f %% of the machine's processors", 100*share)
	}
	return ""
}

func foreignShare(f timeline.Failover) float64 {
	list, _ := decisively(f)
	var foreign, all time.Duration
	for _, d := range list {
		foreign += d.Foreign
		all += time.Duration(f.CPUs) * d.To.Sub(d.From)
	}
	return part(foreign, all)
}

// pressure says for how much of the time some task of the machine, whoever's,
// had to wait for a processor.
func pressure(f timeline.Failover) string {
	if share := stallShare(f); share > busyShare {
		return fmt.Sprintf("some task waited for a processor %.0f %% of the time", 100*share)
	}
	return ""
}

func stallShare(f timeline.Failover) float64 {
	list, _ := decisively(f)
	var stall, all time.Duration
	for _, d := range list {
		stall += d.Stall
		all += d.To.Sub(d.From)
	}
	return part(stall, all)
}

func part(of, all time.Duration) float64 {
	if all == 0 {
		return 0
	}
	return float64(of) / float64(all)
}

// underLoad looks for a detection that took longer than theory allows on a busy
// machine: which of the two it was can't be told. A process that is to die, for
// one, waits for a processor as well, and takes what counted that with it.
func underLoad(f timeline.Failover, theory *record.Bounds) string {
	took, ok := stage(timeline.Detect)(f)
	if theory == nil || !ok || took <= theory.High+millis(theorySlack) {
		return ""
	}
	foreign, stall := foreignShare(f), stallShare(f)
	if max(foreign, stall) <= loadedShare {
		return ""
	}
	return fmt.Sprintf("detection took %s, theory says at most %s; meanwhile other programs used %.0f %% of the processors, and some task waited for one %.0f %% of the time",
		words.Milliseconds(took), words.Milliseconds(theory.High), 100*foreign, 100*stall)
}

// unwatched tells what this kernel keeps to itself.
func unwatched(f timeline.Failover) string {
	list, _ := decisively(f)
	for _, d := range list {
		if d.Missed != "" {
			return "the machine's load is not fully known: " + d.Missed
		}
	}
	return ""
}
