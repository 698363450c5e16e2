// Package topologies describes a network before it exists.
package topologies

import (
	"cmp"
	"fmt"
	"net/netip"
	"time"

	"anylab/topologies/document"
)

// Topology is a loaded network: every default applied, every address derived.
// Slices keep the file's order, on which the derived values depend.
type Topology struct {
	Name    string
	Summary string
	Nodes   []Node
	Links   []Link
	Anycast []netip.Prefix     // what the anycast nodes announce; at most one per family
	Unicast bool               // the anycast nodes' own addresses are announced too, by the routers next to them
	Besides int                // so many routes are announced in a trial, beside those of the nodes' tables
	Source  *document.Document // what it was loaded from, overrides applied

	ways *ways
}

// Role is what a node is for.
type Role string

// The roles of nodes.
const (
	Router  Role = "router"  // forwards; runs a BGP speaker
	Anycast Role = "anycast" // serves the anycast address and announces it by BGP
	Client  Role = "client"  // asks; its default route leads to the router on its first link
)

// Node is one network namespace.
type Node struct {
	Name      string
	Role      Role
	ASN       uint32     // 0 for clients
	Daemon    string     // the BGP driver; empty for clients
	Config    string     // path of the user's own daemon configuration, empty if generated
	RouterID  netip.Addr // derived: 10.255.x.y, rising in file order, so earlier nodes win ties
	Multipath bool       // install all equal best paths
	Place     *Place     // nil: not said
	Damping   *Damping   // of routes that flap; nil: none
	Cluster   netip.Addr // of a route reflector (RFC 4456 section 7); invalid: it is none
	Table     int        // so many routes of the shape of the Internet's are announced, too
	// FastFailover: sessions with other ASes end with the carrier of their link; nil: as
	// the daemon has it.
	FastFailover *bool
	Forwarding
	Machine
}

// LargestTable is how many routes the largest table of a node has, or gets.
func (t Topology) LargestTable() int {
	most := t.Besides
	for _, n := range t.Nodes {
		most = max(most, n.Table)
	}
	return most
}

// Paths is how many paths of tables a node's daemon has at most: its own, and those of
// its neighbors, which pass none on.
func (t Topology) Paths(node string) int {
	own, _ := t.Node(node)
	if own.Daemon == "" {
		return 0
	}
	paths := own.Table + t.Besides
	for _, l := range t.LinksOf(node) {
		_, far := l.Of(node)
		n, _ := t.Node(far.Node)
		paths += n.Table
	}
	return paths
}

// Link is a cable between two nodes, with the BGP session that runs over it
// when both ends have a speaker.
type Link struct {
	Name string // "<node>-<node>" in the order of its ends; "#2" etc. is appended to parallel links
	Ends [2]End
	BGP  Timers
	Guard
	BFD *BFD // nil: none

	Switch bool // the cables of its ends meet in a switch: neither sees the other's carrier
	Hop    bool // they meet in a router without BGP, which counts the TTL down

	// Unnumbered: its ends have link-local addresses only (IPv6), over which one
	// session carries both address families (RFC 8950).
	Unnumbered bool

	Kilometres float64 // between its ends, where a delay was made of that

	// Segment names what it shares with others, of which each joins two of its ends;
	// empty: it is a cable of its own.
	Segment string
	// VRRP is that of the segment's anycast nodes; nil: they speak BGP.
	VRRP *VRRP `json:",omitempty"`

	said int // its place in the file's list
}

// End is one end of a link: an interface of a node.
type End struct {
	Node  string
	Dev   string       // "eth0", "eth1", ... in file order unless given
	IPv4  netip.Prefix // derived: a /31 of 10.0.0.0/16, the first end gets the even address; invalid if unnumbered
	IPv6  netip.Prefix // derived: a /127 of fd00:a11:1ab::/48; if unnumbered, one of fe80::/64 that no other end has
	Shape Shape        // of what leaves this end
	// Measured: the delay of what leaves this end was made of the link's kilometres.
	Measured bool
	// Policy is that of the routes that are announced by this end.
	Policy Policy
	BFD    *BFD // of this end of the session; nil: none
	// Client: the node is a client of the route reflector at the other end.
	Client   bool
	Priority int // in the segment's VRRP
}

// Timers are those of RFC 4271 section 4.2 and 10. Hold is 0 or at least 3 s.
type Timers struct {
	Hold      time.Duration
	Keepalive time.Duration
	// Restart is the Restart Time of RFC 4724 that both ends advertise: for so
	// long each keeps the routes of the other when the session breaks. 0: no
	// graceful restart.
	Restart time.Duration
	// LongLived is the Long-lived Stale Time (RFC 9494) that both ends advertise: for so
	// long routes are kept once the Restart Time is over, and used where there are no
	// others. 0: none.
	LongLived time.Duration
	// MRAI is how long either end lets pass between announcements of a route
	// (MinRouteAdvertisementIntervalTimer, RFC 4271 section 9.2.1.1). 0: none.
	MRAI time.Duration
	Again
}

// Again is how a session that is not up is tried again, in whole seconds.
type Again struct {
	// ConnectRetry is how long an end that calls lets pass from one attempt to connect to
	// the next (ConnectRetryTime, RFC 4271 section 8). 0: as the daemon's driver has it,
	// a second at most.
	ConnectRetry time.Duration `json:",omitempty"`
	// IdleHold is for how long either end neither calls nor takes a call after the
	// session has ended (IdleHoldTime, RFC 4271 section 8.1.1). 0: as the daemon's driver
	// has it.
	IdleHold time.Duration `json:",omitempty"`
}

// Guard keeps strangers out of a session.
type Guard struct {
	Password string // of TCP MD5 (RFC 2385), at both ends; empty: none
	GTSM     bool   // both ends send with the highest TTL and take no less than the link's hops leave of it (RFC 5082)
}

// BFD is a session's configuration (RFC 5880 section 4.1).
type BFD struct {
	Interval   time.Duration // desired min TX, and required min RX unless Receive is given
	Multiplier int
	Receive    time.Duration `json:",omitempty"` // required min RX; 0: Interval
	Passive    bool          `json:",omitempty"` // it says nothing before it hears the far end (section 6.1)
	Echo       time.Duration `json:",omitempty"` // between echo packets, which the far end's kernel sends back (section 6.4); 0: none
}

// Receives is the required min RX.
func (b BFD) Receives() time.Duration { return cmp.Or(b.Receive, b.Interval) }

// Uneven says whether the ends of the link have BFD of their own.
func (l Link) Uneven() bool {
	return l.BFD != nil && (*l.Ends[0].BFD != *l.BFD || *l.Ends[1].BFD != *l.BFD)
}

// Shape is what a link does to packets of one direction.
type Shape struct {
	Delay  time.Duration
	Jitter time.Duration
	Loss   float64 // 0 to 1
	Rate   uint64  // bits a second, 0 is unlimited
}

// Path is where the link stands in the topology's file; in that of its segment.
func (l Link) Path() string { return fmt.Sprintf("links.%d", l.said) }

// Called is what messages call the link: of two that share a segment, the segment.
func (l Link) Called() string {
	if l.Segment != "" {
		return "segment " + l.Segment
	}
	return "link " + l.Name
}

// Node returns the node called name.
func (t Topology) Node(name string) (Node, bool) {
	for _, n := range t.Nodes {
		if n.Name == name {
			return n, true
		}
	}
	return Node{}, false
}

// Own returns the address of the node on its first link with addresses, in either
// family; invalid if it has none.
func (t Topology) Own(node string, v6 bool) netip.Addr {
	for _, l := range t.LinksOf(node) {
		if l.Unnumbered {
			continue
		}
		near, _ := l.Of(node)
		if v6 {
			return near.IPv6.Addr()
		}
		return near.IPv4.Addr()
	}
	return netip.Addr{}
}

// Of returns the names of the nodes with the role, in file order.
func (t Topology) Of(role Role) []string {
	var names []string
	for _, n := range t.Nodes {
		if n.Role == role {
			names = append(names, n.Name)
		}
	}
	return names
}

// LinksOf returns the links of a node, in file order.
func (t Topology) LinksOf(node string) []Link {
	var links []Link
	for _, l := range t.Links {
		if l.Ends[0].Node == node || l.Ends[1].Node == node {
			links = append(links, l)
		}
	}
	return links
}

// Between returns the first link that joins the two nodes, in either order.
func (t Topology) Between(a, b string) (Link, error) {
	for _, l := range t.Links {
		if l.Ends[0].Node == a && l.Ends[1].Node == b || l.Ends[0].Node == b && l.Ends[1].Node == a {
			return l, nil
		}
	}
	return Link{}, fmt.Errorf("no link between %q and %q", a, b)
}

// Of returns the end at the node and the end opposite to it. The node must be
// one of the link's two.
func (l Link) Of(node string) (near, far End) {
	if l.Ends[0].Node == node {
		return l.Ends[0], l.Ends[1]
	}
	return l.Ends[1], l.Ends[0]
}
