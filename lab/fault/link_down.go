package fault

import (
	"context"
	"fmt"

	"anylab/lab"
	"anylab/topologies"
)

// LinkDown sets one end of a link down, by default the one at the anycast
// node: the router at the other end loses its carrier (RFC 7747 5.2.2), unless
// there is a switch in between.
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
	if err == nil {
		err = f.place.undirected()
	}
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

// Theory says: one netlink event at the far end. Behind a switch the far end keeps
// its carrier, and only a timer tells it.
func (f *LinkDown) Theory(s Setting) Theory {
	l, end, err := f.ends(s)
	if err != nil {
		return Theory{Unbounded: true}
	}
	_, far := l.Of(end)
	n, _ := s.Topology.Node(far.Node)
	if l.Parted() && n.Role == topologies.Router && hasSession(s, l) {
		return silence(l, lab.TrafficAll)
	}
	return carrierLoss()
}

// target returns the link and the end in the running lab.
func (f *LinkDown) target(w *World) (*lab.Link, string, error) {
	l, end, err := f.ends(w.Setting)
	if err != nil {
		return nil, "", err
	}
	link, err := w.Lab.Link(l.Name)
	return link, end, err
}

// Inject sets the end down.
func (f *LinkDown) Inject(_ context.Context, w *World) error {
	link, end, err := f.target(w)
	if err != nil {
		return err
	}
	return link.SetDown(end)
}

// Active says whether the cable has lost its carrier where it leads to: at the
// far end, or at the switch.
func (f *LinkDown) Active(w *World) (bool, error) {
	link, end, err := f.target(w)
	if err != nil {
		return false, err
	}
	up, err := link.OppositeCarrier(end)
	return !up && err == nil, err
}

// Heal sets the end up and waits for the carrier where the cable leads to.
func (f *LinkDown) Heal(ctx context.Context, w *World) error {
	link, end, err := f.target(w)
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
