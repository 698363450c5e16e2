package reports

import (
	"fmt"

	"anylab/lab/record"
	"anylab/reports/words"
)

// The bounds of a stage are printed where they matter: where they are wider
// than this share of the value, and wide at all.
const (
	wideShare = 0.05
	wideMS    = 0.2
)

// doubt writes the bounds of a stage's moment after its value; nothing where
// the value says as much.
func doubt(v float64, b Bounds) string {
	width := float64(b.High - b.Low)
	if width <= wideMS || width <= wideShare*v {
		return ""
	}
	return " (" + words.Span(float64(b.Low), float64(b.High)) + ")"
}

// accuracy states how far figures derived from a group's requests can be off
// by the schedule alone (RFC 6413 section 6): by the time between two requests
// that share their fate. Late senders add to it, so each trial's own bounds
// are computed from when requests really left.
func accuracy(g record.ProbeGroup) string {
	all, one := words.Duration(g.Spacing()), words.Duration(g.Interval())
	return fmt.Sprintf("flows that fail together: -%s to +%s; a single flow, and loss-derived: -%s to +%s", all, all, one, one)
}
