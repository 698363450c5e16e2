// Package words says times, stages and counts alike everywhere.
package words

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"anylab/lab/record"
	"anylab/reports/timeline"
)

// NotRestored is said of a time that is only known to be longer than was
// waited.
const NotRestored = "not restored"

// NotRestoredWithin says how long was waited, in milliseconds.
func NotRestoredWithin(ms float64) string { return NotRestored + " within " + Milliseconds(ms) }

// Unbounded says of an outage how long it was seen to last, in milliseconds:
// until it was given up, or until a repair ended it.
func Unbounded(ms float64, by timeline.End) string {
	if by == timeline.ByRepair {
		return "repaired after " + Milliseconds(ms)
	}
	return NotRestoredWithin(ms)
}

// Milliseconds writes a time with the digits that are worth reading: tenths of
// a millisecond, hundredths below one, none above a thousand, and from ten
// seconds on seconds.
func Milliseconds(ms float64) string {
	fixed := func(v float64, digits int) string { return strconv.FormatFloat(v, 'f', digits, 64) }
	switch size := math.Abs(ms); {
	case math.IsInf(ms, 0):
		return NotRestored
	case math.IsNaN(ms):
		return "unknown"
	case size >= 9_999.5:
		return fixed(ms/1000, 1) + " s"
	case size >= 999.95:
		return fixed(ms, 0) + " ms"
	case size >= 0.995:
		return fixed(ms, 1) + " ms"
	case size < 0.005:
		return "0 ms"
	}
	return fixed(ms, 2) + " ms"
}

// Duration writes d as Milliseconds does.
func Duration(d time.Duration) string {
	return Milliseconds(float64(d) / float64(time.Millisecond))
}

// Amount writes a value in its unit: "ms", or else a count.
func Amount(v float64, unit string) string {
	if unit == "ms" || math.IsInf(v, 0) || math.IsNaN(v) {
		return Milliseconds(v)
	}
	if unit == "share" {
		return strconv.FormatFloat(100*v, 'f', 1, 64) + " %"
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// Span writes bounds in milliseconds: "99.0 to 101.2 ms".
func Span(low, high float64) string {
	a, b := Milliseconds(low), Milliseconds(high)
	if number, unit, _ := strings.Cut(a, " "); !math.IsInf(low, 0) && strings.HasSuffix(b, " "+unit) {
		a = number
	}
	return a + " to " + b
}

// Share writes a part of a whole, 0 to 1, without claiming that there was
// nothing of it, or of the rest, where there was.
func Share(part float64) string {
	switch {
	case part > 0 && part < 0.005:
		return "under 1 %"
	case part < 1 && part >= 0.995:
		return "over 99 %"
	}
	return fmt.Sprintf("%.0f %%", 100*part)
}

// Count writes how many there are: "1 run", "2 runs".
func Count(n int, what string) string { return fmt.Sprintf("%d %s", n, plural(n, what)) }

// Of writes how many of all: "0 of 1 trial", "3 of 5 trials".
func Of(n, all int, what string) string {
	return fmt.Sprintf("%d of %d %s", n, all, plural(all, what))
}

func plural(n int, what string) string {
	if n == 1 {
		return what
	}
	return what + "s"
}

// In names a cell at the begin of a sentence; it is empty without a matrix.
func In(cell map[string]string) string {
	if len(cell) == 0 {
		return ""
	}
	return record.CellName(cell) + ": "
}

// Sentence starts with a capital letter.
func Sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if first == utf8.RuneError {
		return text
	}
	return string(unicode.ToUpper(first)) + text[size:]
}

// Stages are those that take time, in the order in which they are shown.
var Stages = []timeline.StageName{timeline.Detect, timeline.Withdraw, timeline.Announce, timeline.Receive, timeline.Propagate, timeline.Install, timeline.Return, timeline.Restore}

// Watched are the stages of whoever watches Prometheus, beside those that take time.
var Watched = []timeline.StageName{timeline.Seen, timeline.Alerted}

var nouns = map[timeline.StageName]string{
	timeline.Detect:    "detection",
	timeline.Withdraw:  "withdrawal",
	timeline.Announce:  "announcement", // in place of a withdrawal, where a site appears; or the one that takes over
	timeline.Receive:   "receipt",
	timeline.Propagate: "propagation",
	timeline.Install:   "installation",
	timeline.Return:    "return",
	timeline.Restore:   "restoration",
}

var moments = map[timeline.StageName]string{
	timeline.Detect:    "detected at",
	timeline.Withdraw:  "withdrawn at",
	timeline.Announce:  "announced at",
	timeline.Receive:   "received at",
	timeline.Propagate: "propagated at",
	timeline.Install:   "installed at",
	timeline.Return:    "returned at",
	timeline.Restore:   "restored at",
	timeline.Seen:      "seen at",
	timeline.Alerted:   "alerted at",
}

// Because says what a stage waited for; it is empty if that is not known.
func Because(c timeline.Cause) string {
	return map[timeline.Cause]string{
		timeline.GracefulRestart: "the routes of a session that was over were kept for its restart time (graceful restart)",
		timeline.LongLived:       "the routes of a session that was over were kept for its restart time, and then for its long-lived stale time (LLGR), for nobody else had them",
		timeline.Idle:            "the session stayed down, though nothing kept it down any more",
		timeline.Scan:            "whether the site is to announce itself is looked at now and then only (conditional advertisement)",
		timeline.Damping:         "a router held the route back because it had flapped (route flap damping)",
		timeline.LateService:     "the service was ready long after its process had started",
	}[c]
}

// Moment names the end of a stage, and not how long it lasted.
func Moment(stage timeline.StageName) string { return moments[stage] }

// Noun names what takes the time of a stage, as its metric does.
func Noun(stage timeline.StageName) string { return nouns[stage] }
