package reports

import (
	"fmt"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// delayFloor and delayShare bound what the machine may have held up between
// the fault and its outcome, absolutely and as a share of that time,
// whichever is more.
const (
	delayFloor = 10 * time.Millisecond
	delayShare = 0.05
)

// delayed looks for the machine, not the failover, having taken the time: a
// process that did not get to run, a route that waited for the kernel's lock.
func delayed(delays []timeline.Delay, e timeline.Episode) string {
	end := outcome(e)
	limit := max(delayFloor, time.Duration(delayShare*float64(end.Sub(e.Zero))))
	for _, d := range delays {
		if overlap := min(d.To, end).Sub(max(d.From, e.Zero)); overlap > limit {
			return fmt.Sprintf("%s for %s of the %s until traffic had moved: %s", d.Name, words.Duration(overlap), words.Duration(end.Sub(e.Zero)), d.Detail)
		}
	}
	return ""
}

// outcome returns when the last thing happened that the trial reports.
func outcome(e timeline.Episode) record.Time {
	end := e.Zero.Add(e.Outage.Value)
	if e.Switch != nil {
		end = max(end, e.Zero.Add(e.Switch.Value))
	}
	for _, s := range e.Stages {
		end = max(end, s.At)
	}
	return end
}
