package fault

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"anylab/topologies"
)

// Setting is the experiment as it is known before anything is built.
type Setting struct {
	Topology topologies.Topology
	Services map[string][]Service // node -> its services
	Daemons  Daemons
}

// Service is what a service is, as far as it matters to faults.
type Service struct {
	Name     string // unique on its node
	Health   Health
	Prefixes []netip.Prefix // what is announced while it is healthy
	Stubborn error          // why it can't be told how to answer; nil if it can
	Named    bool           // users find it by DNS, at an address of its node's own
}

// asked says why it changes nothing for users what becomes of the anycast addresses of
// a node.
func (s Setting) asked(node string) error {
	if slices.ContainsFunc(s.Services[node], func(c Service) bool { return !c.Named }) {
		return nil
	}
	return fmt.Errorf("nobody asks the anycast address of %s: users find what it serves by DNS", node)
}

// Health is how a service is watched: after Fall failed checks in a row it is
// withdrawn.
type Health struct {
	Kind     string // of the health checker
	Interval time.Duration
	Timeout  time.Duration
	Fall     int
}

// Daemons knows what can be had of a node's BGP daemon. It needs neither root
// nor the daemon.
type Daemons interface {
	// Can returns nil, or why the daemon can't do the operation.
	Can(n topologies.Node, o Operation) error
	// Prepends returns how often more its own AS can stand in a path; 0: there is
	// no limit of the daemon's own.
	Prepends(n topologies.Node) int
	// Steady says whether it sends keepalives without jitter, from the moment at
	// which the session is up.
	Steady(n topologies.Node) bool
	// Watch returns how the daemon of a node watches the one at the far end of a link.
	Watch(l topologies.Link, node string) Watch
}

// Watch is how one end of a session counts on hearing from the other.
type Watch struct {
	Hold     HoldWatch
	BFD      BFDWatch
	Kept     time.Duration // the other end's routes, once its session is over (RFC 4724 section 4.2); 0: they are not, or it is not known
	LongKept time.Duration // and for so long after that, where nobody else has them (RFC 9494); 0: they are not, or it is not known
	Outlasts bool          // the session outlasts the carrier of its link at this end
	NextHops bool          // all the same no route is used over a link without a carrier
}

// HoldWatch is BGP's own.
type HoldWatch struct {
	Time      time.Duration // what the hold timer is set to at most; 0: there is none
	Least     time.Duration // and at least
	Keepalive time.Duration // how long at most the other end lets pass between keepalives
	Where     string        // the lines of the users' files that decide it; empty: it is the topology's
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

// Operation is what a fault asks of a running daemon, and what not every one can
// do.
type Operation int

// The operations.
const (
	ChangeAttributes Operation = iota
	ResetSessions
	SilenceBFD
	StopGracefully
	AnnounceTables
	Freeze
)
