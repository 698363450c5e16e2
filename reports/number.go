package reports

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"anylab/scenarios"
)

// notRestored is what people are told of a time that is only known to be longer
// than was waited.
const notRestored = "not restored"

// notRestoredWithin says how long was waited.
func notRestoredWithin(limit time.Duration) string {
	text := inMS(millis(limit))
	if limit >= time.Second {
		text = strconv.FormatFloat(limit.Seconds(), 'f', -1, 64) + " s"
	}
	return notRestored + " within " + text
}

// display writes a metric's value for people, and for scripts: one word, unless
// there is no number.
func display(v float64, unit scenarios.Unit) string {
	if math.IsInf(v, 1) {
		return notRestored
	}
	if unit == scenarios.Milliseconds {
		return strings.ReplaceAll(inMS(v), " ", "")
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// inMS writes a time in milliseconds with the digits that are worth reading.
func inMS(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return notRestored
	case math.IsNaN(v):
		return "unknown"
	case math.Abs(v) >= 10000:
		return strconv.FormatFloat(v/1000, 'f', 1, 64) + " s"
	case math.Abs(v) >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64) + " ms"
	case math.Abs(v) >= 1:
		return strconv.FormatFloat(v, 'f', 1, 64) + " ms"
	case v == 0:
		return "0 ms"
	}
	return strconv.FormatFloat(v, 'f', 2, 64) + " ms"
}

// countOf writes how many there are: "1 run", "2 runs".
func countOf(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
