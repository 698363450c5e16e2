package bgp

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"anylab/topologies"
	"anylab/topologies/document"
)

// Config is what a speaker must know, whatever the daemon.
type Config struct {
	Node         string
	ASN          uint32
	RouterID     netip.Addr
	Multipath    bool                // install all equal best paths, across neighbor ASes
	Cluster      netip.Addr          `json:",omitzero"`  // of a route reflector (RFC 4456); invalid: it is none
	Damping      *topologies.Damping `json:",omitempty"` // of routes that flap; nil: none
	FastFailover *bool               `json:",omitempty"` // sessions with other ASes end with the carrier of their link; nil: as the daemon has it
	Table        int                 `json:",omitempty"` // so many routes of the shape of the Internet's are announced, too
	// Shown are the prefixes of which paths are listed, where a table is too long for
	// that; empty: all.
	Shown []netip.Prefix `json:",omitempty"`
	// Resilient is how the embedded speaker's multipath routes share the flows;
	// nil: by hash-threshold.
	Resilient *topologies.Resilient `json:",omitempty"`
	Neighbors []Neighbor
	Originate []netip.Prefix // announced from the start, sorted
	// Connected are announced while the interface that has them is up, by the
	// daemon's own doing.
	Connected []netip.Prefix `json:",omitempty"`
	// AnycastDev is the interface that has them.
	AnycastDev string `json:",omitempty"`
	// Processes are the user's programs that ExaBGP runs and takes commands from.
	Processes [][]string `json:",omitempty"`
	// Attributes of those that are not announced plainly.
	Attributes map[netip.Prefix]Attributes `json:",omitempty"`
	VRRP       *VRRP                       `json:",omitempty"` // nil: it is no member of a group
	Checks     []HealthCheck               `json:",omitempty"` // that the daemon makes itself
	Revive     time.Duration               `json:",omitempty"` // after so long it is started again when a process of it ended; 0: it is not
	Restarting bool                        `json:",omitempty"` // another speaker ran here before (RFC 4724 section 4.1)
	File       string                      `json:",omitempty"` // the user's own daemon configuration, in place of all this
	Files      []topologies.File           `json:",omitempty"` // that go with it
}

// Neighbor is one session: the two ends of a link in one address family, or in
// both where the link is unnumbered.
type Neighbor struct {
	Node        string // the far end's
	Link        string
	Segment     string `json:",omitempty"` // of the link, if it has others
	Dev         string // the near end's interface
	Local       netip.Addr
	Remote      netip.Addr // a link-local one has Dev as zone
	FarDev      string     `json:",omitempty"` // of an unnumbered session: the far end's interface
	Families    []bool     // whose routes it carries: IPv6 is true
	ASN         uint32
	Hold        time.Duration // 0 or at least 3 s, whole seconds on the wire (RFC 4271 section 4.2)
	Keepalive   time.Duration
	Restart     time.Duration   // the Restart Time of RFC 4724; 0: no graceful restart
	LongLived   time.Duration   `json:",omitempty"` // the Long-lived Stale Time of RFC 9494; 0: none
	BFD         *topologies.BFD `json:",omitempty"`
	Client      bool            `json:",omitempty"` // of this node, a route reflector
	NextHopSelf bool            // an iBGP session: its routes lead through this node
	Hop         bool            `json:",omitempty"` // a router in between
	Multihop    bool            `json:",omitempty"` // an eBGP session with a router in between
	Passive     bool            // wait for the far end to connect
	Awaited     bool            `json:",omitempty"` // the far end waits: its own file takes whoever comes from a range
	Password    string          `json:",omitempty"` // of TCP MD5 (RFC 2385)
	GTSM        bool            `json:",omitempty"` // RFC 5082
	MRAI        time.Duration   `json:",omitempty"` // between announcements of a route (RFC 4271 section 9.2.1.1); 0: none
	topologies.Again
	// Sends is done to what is announced to the far end, Hears to what comes
	// from it. Of the latter only the preference is this end's.
	Sends topologies.Policy `json:",omitzero"`
	Hears topologies.Policy `json:",omitzero"`
}

// Configure derives the configuration of a node's speaker: a session over
// every link whose both ends have a speaker, in each address family in which
// the topology has an anycast prefix, or one for all if it is unnumbered. Routers originate the subnets of their
// client links, so that anycast nodes have a way back.
func Configure(t topologies.Topology, node string) (Config, error) {
	n, ok := t.Node(node)
	if !ok {
		return Config{}, fmt.Errorf("configure BGP: no node called %q in topology %q", node, t.Name)
	}
	if n.Role == topologies.Client {
		return Config{}, fmt.Errorf("configure BGP: node %q is a client, which runs no speaker", node)
	}
	var shown []netip.Prefix
	if t.LargestTable() > 0 {
		shown = t.Anycast
	}
	c := Config{Node: node, ASN: n.ASN, RouterID: n.RouterID, Multipath: n.Multipath, Damping: n.Damping, FastFailover: n.FastFailover, Cluster: n.Cluster, Table: n.Table, Shown: shown, Resilient: n.Resilient, File: n.Config, Files: n.Files, Revive: n.Restart}
	if n.Role == topologies.Anycast {
		c.AnycastDev = cmp.Or(n.AnycastDev, topologies.AnycastDev)
	}
	if m := t.Membership(node); m != nil {
		c.VRRP = &VRRP{*m, t.Anycast}
	}
	for _, l := range t.LinksOf(node) {
		near, far := l.Of(node)
		peer, ok := t.Node(far.Node)
		if !ok {
			return Config{}, fmt.Errorf("configure BGP: %s leads to an unknown node %q", l.Called(), far.Node)
		}
		for _, of := range sessions(t, l) {
			if t.HasBGP(l) {
				s := neighbor(n, peer, l, of)
				s.answer(n, peer)
				c.Neighbors = append(c.Neighbors, s)
			}
		}
		for _, v6 := range families(t) {
			switch {
			case peer.Role == topologies.Client && n.Role == topologies.Router:
				c.Originate = append(c.Originate, prefix(near, v6).Masked())
			}
			// The address alone: the site itself must not take its subnet for one
			// that is elsewhere.
			if t.Unicast && !l.Unnumbered && n.Role == topologies.Router && peer.Role == topologies.Anycast {
				own := prefix(far, v6).Addr()
				c.Originate = append(c.Originate, netip.PrefixFrom(own, own.BitLen()))
			}
		}
	}
	slices.SortFunc(c.Originate, netip.Prefix.Compare)
	c.Originate = slices.Compact(c.Originate)
	return c, nil
}

// neighbor describes n's end of its session with peer over l. Of two speakers
// of one kind only the first end connects: two connections that cross would
// have to be told apart by collision detection (RFC 4271 section 6.8), and
// GoBGP then may end both.
func neighbor(n, peer topologies.Node, l topologies.Link, families []bool) Neighbor {
	near, far := l.Of(n.Name)
	v6 := families[0]
	s := Neighbor{
		Node:        peer.Name,
		Link:        l.Name,
		Segment:     l.Segment,
		Dev:         near.Dev,
		Local:       prefix(near, v6).Addr(),
		Remote:      prefix(far, v6).Addr(),
		Families:    families,
		ASN:         peer.ASN,
		Hold:        l.BGP.Hold,
		Keepalive:   l.BGP.Keepalive,
		Restart:     l.BGP.Restart,
		LongLived:   l.BGP.LongLived,
		MRAI:        l.BGP.MRAI,
		Again:       l.BGP.Again,
		Password:    l.Password,
		GTSM:        l.GTSM,
		Sends:       near.Policy,
		Hears:       far.Policy,
		BFD:         near.BFD,
		Client:      far.Client,
		NextHopSelf: n.ASN == peer.ASN,
		Hop:         l.Hop,
		Multihop:    l.Hop && n.ASN != peer.ASN,
		Passive:     n.Daemon == peer.Daemon && l.Ends[1].Node == n.Name,
	}
	if l.Unnumbered {
		s.Remote, s.FarDev = named(far, near, v6), far.Dev
	}
	return s
}

// Unnumbered says whether the session is between link-local addresses.
func (n Neighbor) Unnumbered() bool { return n.FarDev != "" }

// Near is the near end's address as the far end knows it.
func (n Neighbor) Near() netip.Addr { return n.Local.WithZone(n.FarDev) }

// answer makes a generated end one that the far end's own file takes.
func (n *Neighbor) answer(near, peer topologies.Node) {
	if near.Config != "" || peer.Config == "" {
		return
	}
	r, err := readFile(peer.Daemon, peer.Config, peer.Files)
	if err != nil || r == nil {
		return
	}
	far, _ := r.With(n.Near())
	n.Password = cmp.Or(far.Password.Value, n.Password)
	n.Awaited = far.Range.IsValid()
	n.Passive = n.Passive && !n.Awaited
}

// families says, for each address family in which the topology has an anycast
// prefix, whether it is IPv6; IPv4 comes first.
func families(t topologies.Topology) []bool {
	var v []bool
	for _, v6 := range []bool{false, true} {
		if slices.ContainsFunc(t.Anycast, func(p netip.Prefix) bool { return p.Addr().Is6() == v6 }) {
			v = append(v, v6)
		}
	}
	return v
}

// sessions lists those over a link, each by the families that it carries.
func sessions(t topologies.Topology, l topologies.Link) [][]bool {
	if l.Unnumbered {
		return [][]bool{families(t)}
	}
	var list [][]bool
	for _, v6 := range families(t) {
		list = append(list, []bool{v6})
	}
	return list
}

// prefix is the end's of a family, or the only one that it has.
func prefix(e topologies.End, v6 bool) netip.Prefix {
	if v6 || !e.IPv4.IsValid() {
		return e.IPv6
	}
	return e.IPv4
}

// hasBFD says whether any session has BFD.
func (c Config) hasBFD() bool {
	return slices.ContainsFunc(c.Neighbors, func(n Neighbor) bool { return n.BFD != nil })
}

// unsigned: sessions between link-local addresses can't have a password in the daemon.
func (c Config) unsigned(daemon string) error {
	for _, n := range c.Neighbors {
		if n.Unnumbered() && n.Password != "" {
			return n.refuse("bgp.password", " is unnumbered and has a password, which %s can't do", daemon)
		}
	}
	return nil
}

// keepaliveIsAThird: it cannot be set in the daemon, which sends every third
// of the hold time (as RFC 4271 section 10 suggests).
func (c Config) keepaliveIsAThird(daemon string) error {
	for _, n := range c.Neighbors {
		if n.Hold/3 != n.Keepalive {
			return n.refuse("bgp.keepalive", ": hold %v, keepalive %v: %s's keepalive time is always a third of its hold time", document.Duration(n.Hold), document.Duration(n.Keepalive), daemon)
		}
	}
	return nil
}
