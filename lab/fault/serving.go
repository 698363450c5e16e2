package fault

import "errors"

// ErrLink is what Check returns of a fault that strikes a link where the place is a
// node.
var ErrLink = errors.New("it strikes a link: on: [<node>, <node>]")

// Or is the theory of a fault that strikes one of two places.
func (t Theory) Or(other Theory) Theory {
	switch {
	case t.Unbounded:
		return t
	case other.Unbounded:
		return other
	case t == other:
		return t
	}
	o := Theory{Low: min(t.Low, other.Low), High: max(t.High, other.High), Period: max(t.Period, other.Period), Why: t.Why + "; or " + other.Why}
	if t.Told == other.Told {
		o.Told = t.Told
	}
	return o
}
