package fault

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"anylab/topologies"
)

// AttributeChange announces a node's route with other attributes, so that the
// routers prefer another site (RFC 7747 5.7).
type AttributeChange struct {
	operation
	Prepend   int    `yaml:"prepend" min:"0" max:"255" doc:"how many more times the own AS stands in the path; some daemons take fewer"`
	MED       uint32 `yaml:"med" doc:"MULTI_EXIT_DISC; compared between sites of one AS only"`
	LocalPref uint32 `yaml:"local_pref" doc:"LOCAL_PREF; carried by internal sessions only"`
}

// Check says whether the attributes can be set and have an effect here.
func (f *AttributeChange) Check(s Setting) error {
	if err := f.mayMark(s); err != nil {
		return err
	}
	n, _ := s.Topology.Node(f.place.On[0])
	most := cmp.Or(s.Daemons.Prepends(n), maxPrepends)
	switch {
	case f.Prepend > most:
		return mistake("prepend", "%d times is more than %s can do; it is at most %d", f.Prepend, n.Daemon, most)
	case f.Prepend == 0 && f.MED == 0 && f.LocalPref == 0:
		return errors.New("nothing changes: give prepend, med or local_pref")
	case f.LocalPref > 0 && !slices.ContainsFunc(speakersLinks(s, n.Name), internal(s)):
		return mistake("local_pref", "all sessions of %s are external, and those carry none (RFC 4271 5.1.5)", n.Name)
	case f.MED > 0 && f.Prepend == 0 && f.LocalPref == 0 && !twin(s, n):
		return mistake("med", "no other anycast node is in AS %d, and routes of different ASes are not compared by it (RFC 4271 9.1.2.2)", n.ASN)
	}
	return nil
}

// maxPrepends: a segment of AS_PATH counts its members in one octet (RFC 4271
// 4.3).
const maxPrepends = 255

// internal says of a link whether its session is.
func internal(s Setting) func(topologies.Link) bool {
	return func(l topologies.Link) bool {
		a, _ := s.Topology.Node(l.Ends[0].Node)
		b, _ := s.Topology.Node(l.Ends[1].Node)
		return a.ASN == b.ASN
	}
}

// twin says whether another anycast node is in the same AS.
func twin(s Setting, n topologies.Node) bool {
	return slices.ContainsFunc(s.Topology.Nodes, func(o topologies.Node) bool {
		return o.Role == topologies.Anycast && o.Name != n.Name && o.ASN == n.ASN
	})
}

// Declare says: nothing has to be detected.
func (f *AttributeChange) Declare(Setting) Declaration { return f.committed(Change) }

// Inject announces the route with the attributes.
func (f *AttributeChange) Inject(ctx context.Context, w *World) (Injected, error) {
	in := Injected{
		active: func(context.Context) (bool, error) { return f.marked(w) },
		heal:   func(ctx context.Context) error { return f.mark(ctx, w, Attributes{}) },
	}
	return in, f.mark(ctx, w, Attributes{Prepend: f.Prepend, MED: f.MED, LocalPref: f.LocalPref})
}
