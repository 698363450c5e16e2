package reports

import (
	"fmt"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
)

// The checks of this file ask whether the machine had processors for the lab
// in the decisive time: from the fault until the last thing happened that the
// trial reports.

const (
	// waitShare is the share of the decisive time that a thread under test may
	// have waited for a processor. A few percent are the sum of a thousand short
	// waits, such as a server has that answers as many requests. ownShare is the
	// same of our own threads: what that does to their stamps is in the bounds of
	// the stages.
	waitShare, ownShare = 0.10, 0.25
	// stealShare is what a hypervisor may have taken, of all processors.
	stealShare = 0.05
	// busyShare is from what share on others' use of the processors, or the
	// pressure on them, is worth a note: it delays nothing by itself.
	busyShare = 0.5
)

// decisive is the part of a load sample that falls into the decisive time. A
// sample does not tell when within it something happened, so what it counts
// may all have fallen into that part.
type decisive struct {
	timeline.Load
	overlap time.Duration
}

// decisively returns the samples that touch the decisive time, and its length.
func decisively(f timeline.Failover) ([]decisive, time.Duration) {
	from, to := f.Broken.Zero, outcome(f.Broken)
	if len(f.Faults) == 0 {
		to = f.Broken.Until // nothing was broken: all of the trial counts
	}
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
		sum, worst := longestWaits(list, c.role)
		if sum > max(delayFloor, time.Duration(c.share*float64(span))) {
			return fmt.Sprintf("threads of %s waited up to %v for a processor in the %v until traffic had moved",
				whose(c.role, f.Procs[worst.PID]), rounded(sum), rounded(span))
		}
	}
	return ""
}

// longestWaits adds up the longest waits of a role's threads, and returns the worst.
func longestWaits(list []decisive, role record.Role) (sum time.Duration, worst record.Wait) {
	for _, d := range list {
		for _, w := range d.Waits {
			if w.Role == role {
				sum += min(w.For, d.overlap)
			}
			if w.Role == role && w.For > worst.For {
				worst = w
			}
		}
	}
	return sum, worst
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
	return fmt.Sprintf("the hypervisor took up to %v of processor time in the %v until traffic had moved", rounded(sum), rounded(span))
}

// foreignCPU says how much of the machine others used, where that was a lot.
func foreignCPU(f timeline.Failover) string {
	list, _ := decisively(f)
	var foreign, all time.Duration
	for _, d := range list {
		foreign += d.Foreign
		all += time.Duration(f.CPUs) * d.To.Sub(d.From)
	}
	if all == 0 || float64(foreign) <= busyShare*float64(all) {
		return ""
	}
	return fmt.Sprintf("other programs used %.0f %% of the machine's processors", 100*float64(foreign)/float64(all))
}

// pressure says for how much of the time some task of the machine, whoever's,
// had to wait for a processor.
func pressure(f timeline.Failover) string {
	list, _ := decisively(f)
	var stall, all time.Duration
	for _, d := range list {
		stall += d.Stall
		all += d.To.Sub(d.From)
	}
	if all == 0 || float64(stall) <= busyShare*float64(all) {
		return ""
	}
	return fmt.Sprintf("some task waited for a processor %.0f %% of the time", 100*float64(stall)/float64(all))
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

func rounded(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }
