package run

import (
	"fmt"
	"strings"
	"time"

	"anylab/lab/bgp"
	"anylab/lab/fault"
	"anylab/lab/record"
	"anylab/topologies"
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
	why := when + ": " + t.Why
	if strings.HasPrefix(t.Why, "not known: ") {
		why = t.Why
	}
	said := []string{fmt.Sprintf("%s: %s", c.firstFault().spec.Kind, why)}
	if f := c.floor(); f != nil && f.Unknown != "" {
		said = append(said, f.Unknown)
	}
	for _, h := range c.heirs() {
		said = append(said, h.why())
	}
	return append(said, c.longest()...)
}

// heir is who takes the address of a VRRP over from who gives it away.
type heir struct {
	from string
	topologies.End
	skew time.Duration
}

func (h heir) why() string {
	return fmt.Sprintf("%s takes the address over %v after %s gives it away: the skew of priority %d (RFC 9568, 6.1)",
		h.Node, document.Duration(h.skew.Round(time.Millisecond)), h.from, h.Priority)
}

// heirs are those who take over, by the places that the fault may strike.
func (c cell) heirs() []heir {
	var list []heir
	if c.theory.Told != fault.Withdrawal {
		return nil
	}
	for _, on := range c.firstFault().places() {
		list = append(list, c.heir(on[0])...)
	}
	return list
}

// heir is the member of the highest priority beside the node; nobody where that one
// has the address already.
func (c cell) heir(node string) []heir {
	var next []heir
	own := c.Topology.Membership(node)
	for _, l := range c.Topology.LinksOf(node) {
		_, far := l.Of(node)
		switch {
		case !c.Topology.Members(l) || len(next) > 0 && far.Priority < next[0].Priority:
		case own.Preempt && far.Priority > own.Priority:
			return nil
		default:
			next = []heir{{node, far, l.VRRP.Skew(far.Priority)}}
		}
	}
	return next
}

// takeover is how long the heirs wait, nil if there are none.
func (c cell) takeover() *record.Bounds {
	var b *record.Bounds
	for _, h := range c.heirs() {
		skew := float64(h.skew) / float64(time.Millisecond)
		if b == nil {
			b = &record.Bounds{Low: skew, High: skew, Why: h.why()}
			continue
		}
		b.Low, b.High, b.Why = min(b.Low, skew), max(b.High, skew), b.Why+"; "+h.why()
	}
	return b
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
