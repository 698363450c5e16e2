package bgp

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"anylab/topologies"
)

// Watch is how one end of a session counts on hearing from the other, as both
// have negotiated it.
type Watch struct {
	Hold     HoldWatch
	BFD      BFDWatch
	Kept     time.Duration // the other end's routes, once its session is over (RFC 4724 section 4.2); 0: they are not, or it is not known
	LongKept time.Duration // and for so long after that, where nobody else has them (RFC 9494); 0: they are not, or it is not known
	Outlasts bool          // the session outlasts the carrier of its link at this end
	NextHops bool          // all the same no route is used over a link without a carrier
}

// HoldWatch is BGP's own (RFC 4271 section 6.5).
type HoldWatch struct {
	Time      time.Duration // what the hold timer is set to at most; 0: there is none
	Least     time.Duration // and at least
	Keepalive time.Duration // how long at most the other end lets pass between keepalives
	Where     string        // the lines of users' files that decide it; empty: it is the topology's
	Unknown   string        // why it is not known; empty: it is
	Name      string        // of the timer; empty: the hold time
}

// BFDWatch is that of RFC 5880.
type BFDWatch struct {
	Every      time.Duration // between packets of the other end; 0: the session has no BFD
	Multiplier int           // of those that it may miss
	Echo       bool          // they are its own, which the other end's kernel sends back
	Where      string
	Unknown    string
}

// Files are what was read of the nodes' own files.
type Files map[string]*Reading

// ReadFiles reads them. One that can't be read is missing: Check says why.
func ReadFiles(t topologies.Topology) Files {
	files := Files{}
	for _, n := range t.Nodes {
		if n.Config == "" {
			continue
		}
		if r, err := readFile(n.Daemon, n.Config, n.Files); err == nil && r != nil {
			files[n.Name] = r
		}
	}
	return files
}

// KeptDown says whether either end's own file keeps down the session that the node
// has with the peer at the address.
func (f Files) KeptDown(t topologies.Topology, node string, peer netip.Addr) bool {
	if len(f) == 0 {
		return false
	}
	c, err := Configure(t, node)
	if err != nil {
		return false
	}
	i := slices.IndexFunc(c.Neighbors, func(n Neighbor) bool { return n.Remote == peer })
	if i < 0 {
		return false
	}
	n := c.Neighbors[i]
	return f.keepsDown(node, n.Remote) || f.keepsDown(n.Node, n.Near())
}

func (f Files) keepsDown(node string, neighbor netip.Addr) bool {
	if f[node] == nil {
		return false
	}
	s, ok := f[node].With(neighbor)
	return ok && s.Down.Line > 0
}

// WatchOf returns how the speaker of the node watches the one at the far end of
// the link. Where both address families have a session of their own, it is known
// if both are alike.
func (f Files) WatchOf(t topologies.Topology, l topologies.Link, node string) Watch {
	if near, _ := l.Of(node); t.Members(l) {
		return takeover(*l.VRRP, near.Priority)
	}
	const differs = "the sessions of IPv4 and IPv6 have different timers"
	var w Watch
	for i, of := range sessions(t, l) {
		next := f.watch(t, l, node, of[0])
		if first := w; i > 0 {
			next.Hold.Where, next.BFD.Where = first.Hold.Where, first.BFD.Where
			next.NextHops = next.NextHops && first.NextHops
			if next.Hold != first.Hold {
				next.Hold = HoldWatch{Unknown: differs}
			}
			if next.BFD != first.BFD {
				next.BFD = BFDWatch{Unknown: differs}
			}
		}
		w = next
	}
	return w
}

func (f Files) watch(t topologies.Topology, l topologies.Link, node string, v6 bool) Watch {
	end, farEnd := l.Of(node)
	near := f.side(t, l, node, named(farEnd, end, v6))
	far := f.side(t, l, farEnd.Node, named(end, farEnd, v6))
	w := Watch{Hold: holding(near, far), BFD: detecting(near, far), Outlasts: outlasts(t, l, node)}
	w.NextHops = w.Outlasts && !v6 && CapabilitiesOf(near.daemon).NextHops
	if near.Helps.Value && far.Restart.Known {
		w.Kept = far.Restart.Value
		if f[node] == nil && f[farEnd.Node] == nil {
			w.LongKept = l.BGP.LongLived
		}
	}
	return w
}

// named is the address of an end as the other one knows it.
func named(e, by topologies.End, v6 bool) netip.Addr {
	a := prefix(e, v6).Addr()
	if a.IsLinkLocalUnicast() {
		return a.WithZone(by.Dev)
	}
	return a
}

// side is what one end brings to a session.
type side struct {
	Session
	node   string
	daemon string
}

// side returns what the node's own file says of the session with the address,
// else what is generated from the topology.
func (f Files) side(t topologies.Topology, l topologies.Link, node string, with netip.Addr) side {
	n, _ := t.Node(node)
	s := side{node: node, daemon: n.Daemon}
	if n.Config == "" {
		s.Hold, s.Keepalive, s.BFD = byDefault(l.BGP.Hold), byDefault(l.BGP.Keepalive), byDefault(Detection{})
		s.Restart, s.Helps = byDefault(l.BGP.Restart), byDefault(l.BGP.Restart > 0)
		if end, _ := l.Of(node); end.BFD != nil {
			b := *end.BFD
			s.BFD = byDefault(Detection{Multiplier: b.Multiplier, Transmit: b.Interval, Receive: b.Receives(), Echo: b.Echo, EchoReceive: b.Echo})
		}
		return s
	}
	if r := f[node]; r != nil {
		s.Session, _ = r.With(with)
	}
	return s
}

// detecting negotiates BFD (RFC 5880 section 6.8.4): it runs if both ends have it.
func detecting(near, far side) BFDWatch {
	for _, s := range []side{near, far} {
		if !s.BFD.Known {
			return BFDWatch{Unknown: s.unknown("its BFD", s.BFD.At)}
		}
	}
	if near.BFD.Value.Multiplier == 0 || far.BFD.Value.Multiplier == 0 {
		return BFDWatch{}
	}
	w := BFDWatch{Every: max(near.BFD.Value.Receive, far.BFD.Value.Transmit), Multiplier: far.BFD.Value.Multiplier,
		Where: where(near.BFD.At, far.BFD.At)}
	there, back := near.BFD.Value, far.BFD.Value
	switch {
	case there.Echo > 0 && back.Echo > 0:
		w.Echo, w.Every = true, max(there.Echo, back.EchoReceive)
	case there.Echo > 0 || back.Echo > 0:
		return BFDWatch{Unknown: "one end alone has BFD's echo"}
	}
	return w
}

// holding negotiates the hold time: the lesser of the two (RFC 4271 section 4.2).
func holding(near, far side) HoldWatch {
	switch {
	case !near.Hold.Known:
		return HoldWatch{Unknown: near.unknown("its hold time", near.Hold.At)}
	case !far.Hold.Known:
		return HoldWatch{Unknown: far.unknown("its hold time", far.Hold.At)}
	case !far.Keepalive.Known:
		return HoldWatch{Unknown: far.unknown("its keepalive time", far.Keepalive.At)}
	}
	hold := min(near.Hold.Value, far.Hold.Value)
	return HoldWatch{Time: hold, Least: time.Duration(float64(hold) * leastOf(near.daemon)),
		Keepalive: keepaliveOf(far.daemon, far.Hold.Value, far.Keepalive.Value, hold),
		Where:     where(near.Hold.At, far.Hold.At, far.Keepalive.At)}
}

func (s side) unknown(what string, at Place) string {
	if at.Line == 0 {
		return fmt.Sprintf("%s's own file does not tell %s", s.node, what)
	}
	return fmt.Sprintf("%s's own file says %s in a way that isn't read (%s)", s.node, what, at)
}

// where lists the lines, each once.
func where(places ...Place) string {
	var list []string
	for _, p := range places {
		if p.Line > 0 && !slices.Contains(list, p.String()) {
			list = append(list, p.String())
		}
	}
	return strings.Join(list, ", ")
}

// A drawer is a Driver whose daemon draws its timers anew at each start.
type drawer interface {
	// least is the share of a timer that it waits at least.
	least() float64
}

func leastOf(daemon string) float64 {
	if d, ok := drivers[daemon].(drawer); ok {
		return d.least()
	}
	return 1
}

// A scaler is a Driver whose daemon has a rule of its own for the keepalives of a
// session whose hold time came out shorter than it asked for.
type scaler interface {
	keepalive(hold, keepalive, negotiated time.Duration) time.Duration
}

// keepaliveOf is how often the daemon sends keepalives: at most every third of
// the hold time (RFC 4271 section 4.4).
func keepaliveOf(daemon string, hold, keepalive, negotiated time.Duration) time.Duration {
	if d, ok := drivers[daemon].(scaler); ok && negotiated < hold {
		return d.keepalive(hold, keepalive, negotiated)
	}
	if negotiated < hold {
		return min(keepalive, negotiated/3)
	}
	return keepalive
}
