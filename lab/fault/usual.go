package fault

import (
	"cmp"
	"slices"

	"anylab/topologies/document"
)

// Part is what of a network fails.
type Part string

// The parts, in the order in which packets of a user don't meet them.
const (
	ServicePart Part = "service" // of a site
	DaemonPart  Part = "daemon"  // of a site or a router
	LinkPart    Part = "link"    // with a session
	SitePart    Part = "site"
	RouterPart  Part = "router"
)

var parts = []Part{ServicePart, DaemonPart, LinkPart, SitePart, RouterPart}

// Usual is a way in which a part of a network usually fails, or is taken out of
// service: what is tried of every network.
type Usual struct {
	Kind    string // of the fault
	Of      Part
	Does    string // "crashes"
	OneWay  bool   // it also happens in one direction alone
	Planned bool   // somebody does it on purpose
}

// usually is implemented by the faults of which that is so. Of those of another
// one's kind nothing is said.
type usually interface{ Usual() Usual }

// UsualFailures lists them by part.
func UsualFailures() []Usual {
	var list []Usual
	for _, name := range Names() {
		f, ok := kinds[name].make(Place{}).(usually)
		if !ok {
			continue
		}
		if u := f.Usual(); u.Of != "" {
			u.Kind = name
			list = append(list, u)
		}
	}
	slices.SortStableFunc(list, func(a, b Usual) int {
		return cmp.Or(cmp.Compare(slices.Index(parts, a.Of), slices.Index(parts, b.Of)), order(a)-order(b))
	})
	return list
}

// order puts what is done on purpose after what fails.
func order(u Usual) int {
	if u.Planned {
		return 1
	}
	return 0
}

// Check says why it can't fail so at a place. params are those of the fault.
func (u Usual) Check(s Setting, at Place, params document.Raw) error {
	f, err := New(u.Kind, at, params)
	if err != nil {
		return err
	}
	return f.Check(s)
}
