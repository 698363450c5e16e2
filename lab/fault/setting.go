package fault

import (
	"net/netip"
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
)
