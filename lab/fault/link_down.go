package fault

import (
	"context"
	"fmt"

	"anylab/topologies"
)

// LinkDown sets one end of a link down, by default the one at the anycast
// node: the router at the other end loses its carrier (RFC 7747 5.2.2).
type LinkDown struct {
	place Place
}

// Check says whether the place is a link, and end one of its two.
func (f *LinkDown) Check(s Setting) error {
	_, _, err := f.ends(s)
	return err
}

// ends returns the link's name and the end that is set down.
func (f *LinkDown) ends(s Setting) (topologies.Link, string, error) {
	l, err := f.place.link(s)
	if err != nil {
		return l, "", err
	}
	if f.place.End != "" {
		if f.place.End != l.Ends[0].Node && f.place.End != l.Ends[1].Node {
			return l, "", fmt.Errorf("end %q is none of the link's ends %s and %s", f.place.End, l.Ends[0].Node, l.Ends[1].Node)
		}
		return l, f.place.End, nil
	}
	if n, _ := s.Topology.Node(l.Ends[0].Node); n.Role == topologies.Anycast {
		return l, n.Name, nil
	}
	return l, l.Ends[1].Node, nil
}

// Theory: one netlink event.
func (f *LinkDown) Theory(Setting) Theory {
	return Theory{High: watchLatency, Why: "the kernel tells of the lost carrier"}
}

// Inject sets the end down.
func (f *LinkDown) Inject(_ context.Context, w *World) error {
	l, end, err := f.ends(w.Setting)
	if err != nil {
		return err
	}
	link, err := w.Lab.Link(l.Name)
	if err != nil {
		return err
	}
	return link.SetDown(end)
}

// Active says whether the opposite end has lost its carrier.
func (f *LinkDown) Active(w *World) (bool, error) {
	l, end, err := f.ends(w.Setting)
	if err != nil {
		return false, err
	}
	link, err := w.Lab.Link(l.Name)
	if err != nil {
		return false, err
	}
	_, far := l.Of(end)
	up, err := link.Carrier(far.Node)
	return !up, err
}

// Heal sets the end up and waits for the carrier at the other.
func (f *LinkDown) Heal(ctx context.Context, w *World) error {
	l, end, err := f.ends(w.Setting)
	if err != nil {
		return err
	}
	link, err := w.Lab.Link(l.Name)
	if err != nil {
		return err
	}
	if err := link.SetUp(end); err != nil {
		return err
	}
	return await(ctx, func() (bool, error) {
		down, err := f.Active(w)
		return !down, err
	})
}
