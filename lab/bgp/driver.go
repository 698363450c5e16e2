// Package bgp runs any BGP daemon on a node behind one interface.
package bgp

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"anylab/lab"
	"anylab/topologies"
)

// Driver knows how to run one kind of BGP daemon.
type Driver interface {
	// Available returns nil, or why the daemon can't run here and what to
	// install.
	Available() error
	// Version returns the daemon's version, empty if it can't be told.
	Version() string
	// Capabilities returns what the driver can do with the daemon.
	Capabilities() Capabilities
	// Start starts the daemon's processes on the node and returns once it
	// takes commands; its sessions come up later. The processes die with ctx.
	Start(ctx context.Context, n *lab.Node, c Config) (Speaker, error)
}

// Speaker is a running daemon. Its methods may be called concurrently; on a
// daemon that hangs they return when their context ends.
type Speaker interface {
	// Announce originates the prefixes. One that is announced already is no
	// error.
	Announce(ctx context.Context, p ...netip.Prefix) error
	// Withdraw takes the prefixes back. One that isn't announced is no error.
	Withdraw(ctx context.Context, p ...netip.Prefix) error
	// Peers lists the configured neighbors in the order of the configuration.
	Peers(ctx context.Context) ([]Peer, error)
	// Procs lists the daemon's processes, dead or alive.
	Procs() []*lab.Proc
	// Close ends the processes, frozen ones too. It is idempotent.
	Close() error
}

// State is a state of the finite state machine of RFC 4271 section 8.2.2.
type State string

// The states. A neighbor whose link has no carrier is Idle.
const (
	Idle        State = "idle"
	Connect     State = "connect"
	Active      State = "active"
	OpenSent    State = "opensent"
	OpenConfirm State = "openconfirm"
	Established State = "established"
)

// stateNamed translates a daemon's name of a state. BIRD has "Passive" as well;
// what FRR and BIRD have beyond the standard's ("Clearing", "Close") is Idle.
func stateNamed(name string) State {
	switch s := State(strings.ToLower(name)); s {
	case Connect, Active, OpenSent, OpenConfirm, Established:
		return s
	case "passive":
		return Active
	}
	return Idle
}

// Peer is what a speaker says about one neighbor.
type Peer struct {
	Node     string     // the far end's node
	Addr     netip.Addr // the far end's address, which also tells the family
	ASN      uint32
	State    State
	BFD      string // admin-down, down, init or up; empty without BFD
	Received int    // prefixes in the Adj-RIB-In
}

var drivers = map[string]Driver{
	"bird":              bird{birdDebian},
	"exabgp":            exabgp{exabgpDebian},
	"frr":               frr{frrDebian},
	topologies.Embedded: gobgp{},
	"gobgpd":            gobgpd{gobgpdDebian},
	"keepalived":        keepalived{keepalivedDebian},
	"openbgpd":          openbgpd{openbgpdDebian},
}

// Named returns the driver called name.
func Named(name string) (Driver, error) {
	d, ok := drivers[name]
	if !ok {
		return nil, fmt.Errorf("no BGP daemon called %q, only %s", name, strings.Join(Names(), ", "))
	}
	return d, nil
}

// A rebuilt is a Driver whose daemon the user may have another build of.
type rebuilt interface{ in(bin string) Driver }

// Of returns the driver of a node's daemon, of the build that the node names.
func Of(n topologies.Node) (Driver, error) {
	d, err := Named(n.Daemon)
	if r, ok := d.(rebuilt); ok && n.Bin != "" {
		return r.in(n.Bin), err
	}
	return d, err
}

// Names lists the drivers in alphabetical order.
func Names() []string { return slices.Sorted(maps.Keys(drivers)) }

// CapabilitiesOf returns what the daemon called name can do, nothing if there
// is none.
func CapabilitiesOf(name string) Capabilities {
	d, err := Named(name)
	if err != nil {
		return Capabilities{}
	}
	return d.Capabilities()
}

// Capable lists the drivers that can do something.
func Capable(can func(Capabilities) bool) []string {
	return slices.DeleteFunc(Names(), func(name string) bool { return !can(CapabilitiesOf(name)) })
}
