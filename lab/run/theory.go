package run

import (
	"fmt"

	"anylab/lab/bgp"
	"anylab/lab/fault"
	"anylab/topologies/document"
)

// Theory says for each cell when the failure should be seen to be detected, and
// why: what to expect before anything is measured.
func (p *Plan) Theory() []string {
	var lines []string
	for _, c := range p.cells {
		if len(c.faults) == 0 {
			continue
		}
		t := c.seen()
		when := fmt.Sprintf("detected %s to %s after the fault", document.Duration(t.Low), document.Duration(t.High))
		if t.Low == 0 {
			when = fmt.Sprintf("detected within %s of the fault", document.Duration(t.High))
		}
		if t.Unbounded {
			when = "never detected, or not known"
		}
		lines = append(lines, fmt.Sprintf("%s%s: %s: %s", c.firstFault().spec.Kind, c.suffix(), when, t.Why))
		if f := c.floor(); f != nil && f.Unknown != "" {
			lines = append(lines, f.Unknown)
		}
	}
	return lines
}

// seen returns the theory of when the failure is seen to be detected. A router
// that finds out by itself, because nothing arrives any more, says so to nobody
// who could hear it: the first that is seen is its kernel's route, and what it
// takes to change that counts, where that is known to be much.
func (c cell) seen() fault.Theory {
	t := c.theory
	if len(c.faults) != 1 || t.Told != fault.Silence {
		return t
	}
	known := bgp.FloorOf(c.decidingAll(c.faults[0].places()))
	if known == nil || known.Session.Low == 0 {
		return t
	}
	t.High += known.Session.High
	t.Why += fmt.Sprintf("; what is seen of it first is the route, up to %v later (%s)", document.Duration(known.Session.High), known.Why)
	t.Shape = "" // of the sum of both
	return t
}
