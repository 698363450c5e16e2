package reports

import (
	"fmt"
	"time"

	"anylab/reports/timeline"
	"anylab/reports/words"
)

// lastRequest is how long before a trial's end a probe's last request may have
// been sent. Probes go on while the lab is quiet again, at their fixed rate.
const lastRequest = time.Second

// probeRecordGap looks for requests of which there is no record, neither that
// they were answered nor that they were lost: what was measured may have been
// in the part that is missing.
func probeRecordGap(f timeline.Failover) string {
	for _, r := range f.Recorded {
		quiet := f.End.Sub(r.Last)
		switch {
		case r.Missing > 0:
			return fmt.Sprintf("%s of probe %s are not in its record", words.Of(r.Missing, r.Missing+r.Kept, "request"), r.Group.Name)
		case r.Twice > 0:
			return fmt.Sprintf("in the record of probe %[2]s there is twice: %[1]s", words.Count(r.Twice, "request"), r.Group.Name)
		case r.Early > 0:
			return fmt.Sprintf("in the record of probe %[2]s there is answered before it was sent: %[1]s", words.Count(r.Early, "request"), r.Group.Name)
		case f.End != 0 && quiet > max(lastRequest, 10*r.Group.Interval()):
			return fmt.Sprintf("the record of probe %s stops %s before the trial's end", r.Group.Name, words.Duration(quiet))
		}
	}
	return ""
}

// unrecorded looks for a probe that the cell has and of which the trial has no
// record.
func unrecorded(e evidence) string {
	if len(e.Recorded) == 0 {
		return ""
	}
	addresses := max(1, len(e.x.Topology.Anycast))
	for _, p := range e.x.Probes {
		n := 0
		for _, r := range e.Recorded {
			if r.Group.Client == p.From && r.Group.Service == p.Service && r.Group.Kind == p.Kind {
				n++
			}
		}
		if n < addresses {
			return fmt.Sprintf("there are %d of %d records of the %s probe from %s of %s", n, addresses, p.Kind, p.From, p.Service)
		}
	}
	return ""
}
