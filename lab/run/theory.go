package run

import (
	"fmt"
	"time"

	"anylab/lab/bgp"
	"anylab/lab/fault"
	"anylab/lab/record"
	"anylab/topologies/document"
)

// mostTheories is how many lines Theory has: there may be a thousand cells.
const mostTheories = 20

// Theory says when the failure should be seen to be detected, and why: what to
// expect before anything is measured. Cells of which the same is said have one
// line.
func (p *Plan) Theory() []string {
	var said []string
	names := map[string][]string{}
	for _, c := range p.cells {
		for _, text := range c.expected() {
			if names[text] == nil {
				said = append(said, text)
			}
			names[text] = append(names[text], record.CellName(c.Cell))
		}
	}
	for i, text := range said {
		if of := list(names[text]); of != "" {
			said[i] = text + " (" + of + ")"
		}
	}
	if left := len(said) - mostTheories; left > 1 {
		said = append(said[:mostTheories], fmt.Sprintf("... and %d more, of other cells", left))
	}
	return said
}

// expected is what theory says of one cell.
func (c cell) expected() []string {
	if len(c.faults) == 0 {
		return nil
	}
	t := c.seen()
	when := fmt.Sprintf("detected %s to %s after the fault", document.Duration(t.Low), document.Duration(t.High))
	if t.Low == 0 {
		when = fmt.Sprintf("detected within %s of the fault", document.Duration(t.High))
	}
	if f := c.firstFault().spec.For; t.Low >= c.Limit && (f == 0 || f > c.Limit) {
		when += fmt.Sprintf(", when a trial has ended at its limit, %v", document.Duration(c.Limit))
	}
	if t.Unbounded {
		when = "never detected, or not known"
	}
	said := []string{fmt.Sprintf("%s: %s: %s", c.firstFault().spec.Kind, when, t.Why)}
	if f := c.floor(); f != nil && f.Unknown != "" {
		said = append(said, f.Unknown)
	}
	return append(append(said, c.skews()...), c.longest()...)
}

// skews says how long the members of a VRRP wait after the word of the one that is
// struck, which gives the address away.
func (c cell) skews() []string {
	var said []string
	if c.theory.Told != fault.Withdrawal {
		return nil
	}
	for _, on := range c.firstFault().places() {
		for _, l := range c.Topology.LinksOf(on[0]) {
			if _, far := l.Of(on[0]); c.Topology.Members(l) {
				said = append(said, fmt.Sprintf("%s takes the address over %v after %s gives it away: the skew of priority %d (RFC 9568, 6.1)",
					far.Node, document.Duration(l.VRRP.Skew(far.Priority).Round(time.Millisecond)), on[0], far.Priority))
			}
		}
	}
	return said
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
