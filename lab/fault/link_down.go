package fault

import (
	"context"
	"fmt"

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

// Usual says: links go down.
func (f *LinkDown) Usual() Usual { return Usual{Of: LinkPart, Does: "goes down"} }

// Declare says: one netlink event at the far end.
func (f *LinkDown) Declare(s Setting) Declaration {
	l, end, err := f.ends(s)
	if err != nil {
		return Declaration{Theory: never("%v", err)}
	}
	return Declaration{Theory: unplugged(s, l, end), Changes: []string{linkEnd(l.Name, end)}}
}

// unplugged is the theory of a link whose one end is set down. Behind a switch the
// far end keeps its carrier, and only a timer tells it; or it may not heed the carrier.
func unplugged(s Setting, l topologies.Link, end string) Theory {
	_, far := l.Of(end)
	w := s.Daemons.Watch(l, far.Node)
	n, _ := s.Topology.Node(far.Node)
	t := carrierLoss()
	switch {
	case s.member(l) != "":
		t = cutOff(s, s.member(l))
	case !hasSession(s, l):
		t.Told = Nothing
	case n.Role == topologies.Router && (l.Parted() || w.Outlasts && !w.NextHops):
		t = shaped(s, l, All, 1, silence(s, l, far.Node, All))
	}
	return t
}

// Inject sets the end down. It is in effect when the cable has lost its carrier
// where it leads to: at the far end, or at the switch. Healing sets the end up
// and waits for that carrier.
func (f *LinkDown) Inject(_ context.Context, w *World) (Injected, error) {
	link, end, err := f.target(w)
	if err != nil {
		return Injected{}, err
	}
	return w.unplugged(link, end), link.SetDown(end)
}

// target returns the link and the end in the world.
func (f *LinkDown) target(w *World) (Link, string, error) {
	l, end, err := f.ends(w.Setting)
	if err != nil {
		return nil, "", err
	}
	link, err := w.Link(l.Name)
	return link, end, err
}

// unplugged is the handle of an end that is set down.
func (w *World) unplugged(link Link, end string) Injected {
	down := func() (bool, error) {
		up, err := link.OppositeCarrier(end)
		return !up && err == nil, err
	}
	return Injected{
		active: func(context.Context) (bool, error) { return down() },
		heal: func(ctx context.Context) error {
			if err := link.SetUp(end); err != nil {
				return err
			}
			return w.await(ctx, func() (bool, error) {
				down, err := down()
				return !down, err
			})
		},
	}
}
