package probe

import (
	"fmt"
	"time"

	"anylab/lab/record"
	"anylab/topologies/document"
)

// latePause is the least time between two findings about late requests.
const latePause = 100 * time.Millisecond

// lateness sums up requests that left late, so that a bad second does not
// become a thousand findings.
type lateness struct {
	limit time.Duration

	count int
	worst time.Duration
	last  record.Time // when the last late one was sent
	told  record.Time // when the last summary was made
}

// newLateness allows a request to be late by one interval of the whole group,
// which is as exact as the schedule itself, and by 2 ms in any case.
func newLateness(interval time.Duration) lateness {
	return lateness{limit: max(interval, 2*time.Millisecond), told: -record.Time(latePause)}
}

// note looks at one request.
func (l *lateness) note(due, sent record.Time) {
	late := sent.Sub(due)
	if late <= l.limit {
		return
	}
	l.count++
	l.worst = max(l.worst, late)
	l.last = sent
}

// summary describes the late requests since the last one, if there are any
// and it is time. The finding belongs to the moment l.last.
func (l *lateness) summary(now record.Time, final bool) (at record.Time, detail string, ok bool) {
	if l.count == 0 || (!final && now.Sub(l.told) < latePause) {
		return 0, "", false
	}
	at = l.last
	detail = fmt.Sprintf("%d requests, worst %v", l.count, document.Duration(l.worst.Round(100*time.Microsecond)))
	l.count, l.worst, l.told = 0, 0, now
	return at, detail, true
}
