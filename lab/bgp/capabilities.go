package bgp

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"anylab/lab"
	"anylab/topologies"
	"anylab/topologies/document"
)

// Capabilities are what a driver can do with its daemon.
type Capabilities struct {
	Routes     bool // it writes what it learns into the kernel, as a router must
	BestPath   bool // it chooses best paths, and tells which they are
	BFD        bool
	Multiplier int  // the lowest detection multiplier of its BFD; 0: any
	File       bool // it takes the user's own configuration file
	Restart    bool // it can do graceful restart (RFC 4724)
	LongLived  bool // and keep routes for longer, as the last choice (RFC 9494)
	Connected  bool // it can announce what an interface has, while that is up
	Processes  bool // it takes commands from a program that it runs
	Resilient  bool // its routes can lead over resilient next-hop groups
	Steady     bool // it sends keepalives without jitter, from the moment at which the session is up
	// Idle is how long its session stays down after a reset of its own.
	Idle    time.Duration
	MRAI    bool
	Passive bool // its BFD can wait for the far end to speak
	Echo    bool // its BFD can send echo packets
	// Unnumbered: its sessions may be between link-local addresses, and carry
	// IPv4 over them (RFC 8950).
	Unnumbered bool
	VRRP       bool // it speaks that in place of BGP
	Damping    bool
	// FastFailover: it ends a session whose link has lost its carrier, unless it is told
	// not to.
	FastFailover bool
	// NextHops: over a link without a carrier it uses no IPv4 route but the next best, though
	// the session is up.
	NextHops bool
	GTSM     bool
	IdleHold bool // how long it idles after a session has ended can be set
	Limit    bool // it can end a session over which too many prefixes come
	Prepends int  // how often at most it puts its AS in front once more; 0: there is no limit of its own
	// Patience is how long its sessions may take to come up where nothing is
	// in the way; 0: unknown, for its connect timers are its own.
	Patience time.Duration
}

// A checker is a Driver that can tell more of what it can't do.
type checker interface {
	// check says what of the configuration can't be honoured.
	check(c Config) error
}

// Known says where the topology names a daemon that there is not.
func Known(t topologies.Topology) error {
	for _, n := range t.Nodes {
		if n.Role == topologies.Client || drivers[n.Daemon] != nil {
			continue
		}
		at := t.Source.Root()
		if own := at.At("nodes." + n.Name); own.Has("daemon") {
			at = own
		}
		return at.Errorf("daemon", "%s", document.Unknown("daemon", n.Daemon, Names()))
	}
	return nil
}

// Check says, naming the node, what the topology asks of a daemon that can't
// do it. It needs neither root nor the daemon.
func Check(t topologies.Topology) error {
	for _, n := range t.Nodes {
		if n.Role == topologies.Client {
			continue
		}
		err := checkNode(t, n)
		var refused refusal
		switch placed := new(document.Error); {
		case err == nil:
		case errors.As(err, &placed):
			return err
		case errors.As(err, &refused):
			return refused.at(t).Errorf("", "node %s: %v", n.Name, err)
		default:
			return t.Source.Root().Errorf("nodes."+n.Name, "node %s: %v", n.Name, err)
		}
	}
	return nil
}

func checkNode(t topologies.Topology, n topologies.Node) error {
	d, err := Of(n)
	if err != nil {
		return err
	}
	if err := checkBuild(t, n, d); err != nil {
		return err
	}
	if err := ownBFD(t, n); err != nil {
		return err
	}
	c, err := Configure(t, n.Name)
	if err != nil {
		return err
	}
	can := d.Capabilities()
	if err := can.checkRouting(t, n); err != nil {
		return err
	}
	if err := can.checkVRRP(n.Daemon, c); err != nil {
		return err
	}
	if err := checkTable(t, n, c); err != nil {
		return err
	}
	if n.Config != "" && !can.File {
		return fmt.Errorf("%s takes no configuration file of its own here (%s)", n.Daemon, n.Config)
	}
	if err := can.checkPolicy(n.Daemon, c); err != nil {
		return err
	}
	if err := can.check(n.Daemon, c); err != nil {
		return err
	}
	if err := can.checkFailover(t, n); err != nil {
		return err
	}
	if c.File != "" {
		if err := checkFile(n.Daemon, c); err != nil {
			return t.Source.Root().Errorf("nodes."+n.Name+".config", "node %s: %v", n.Name, err)
		}
	}
	if d, ok := d.(checker); ok {
		return d.check(c)
	}
	return nil
}

// checkRouting says what a router needs that the daemon can't do.
func (can Capabilities) checkRouting(t topologies.Topology, n topologies.Node) error {
	at := t.Source.Root().At("nodes." + n.Name)
	switch {
	case n.Role == topologies.Router && !can.Routes:
		return fmt.Errorf("%s writes no routes into the Linux kernel, so it can't be a router: give it another daemon", n.Daemon)
	case n.Resilient != nil && !can.Resilient:
		return at.KeyErrorf("resilient", "%s runs %s, which writes the routes itself; resilient groups are made by %s only",
			n.Name, n.Daemon, strings.Join(Capable(func(c Capabilities) bool { return c.Resilient }), ", "))
	case n.Damping != nil && n.Config == "" && !can.Damping:
		return at.KeyErrorf("damping", "node %s has damping, which %s can't do; that is done by %s only",
			n.Name, n.Daemon, able(func(c Capabilities) bool { return c.Damping }))
	}
	return nil
}

// ownBFD: in a user's own file nothing is put.
func ownBFD(t topologies.Topology, n topologies.Node) error {
	for _, l := range t.Links {
		for _, e := range l.Ends {
			if n.Config != "" && e.Node == n.Name && l.BFD != nil && *e.BFD != *l.BFD {
				return t.Source.Root().Errorf(fmt.Sprintf("%s.to.%s.bfd", l.Path(), n.Name), "%s runs a config of its own (%s), in which its end's BFD must stand", n.Name, n.Config)
			}
		}
	}
	return nil
}

// checkBuild says where the user's own build of a daemon isn't, or is no such daemon.
func checkBuild(t topologies.Topology, n topologies.Node, d Driver) error {
	if n.Bin == "" {
		return nil
	}
	at := t.Source.Root().At("nodes." + n.Name)
	var lacks lab.Unavailable
	if err := d.Available(); errors.As(err, &lacks) {
		return at.Errorf("bin", "%s", lacks.What)
	}
	if d.Version() == "" {
		return at.Errorf("bin", "what is in %s is no %s that could be run here: it does not tell its version", n.Bin, n.Daemon)
	}
	return nil
}

// check says what a session needs that the daemon can't do.
func (can Capabilities) check(daemon string, c Config) error {
	for _, s := range c.Neighbors {
		switch {
		case s.BFD != nil && !can.BFD:
			return s.refuse("bfd", " has BFD, which %s can't do; that is done by %s only", daemon, able(func(c Capabilities) bool { return c.BFD }))
		case s.BFD != nil && s.BFD.Multiplier < can.Multiplier:
			return s.refuse("bfd.multiplier", ": BFD multiplier %d; %s takes %d at least", s.BFD.Multiplier, daemon, can.Multiplier)
		case s.BFD != nil && s.BFD.Passive && !can.Passive:
			return s.refuse("to."+c.Node+".bfd.passive", ": passive BFD, which %s can't do; that is done by %s only", daemon, able(func(c Capabilities) bool { return c.Passive }))
		case s.BFD != nil && s.BFD.Echo > 0 && !can.Echo:
			return s.refuse("bfd.echo", ": BFD with echo packets, which %s can't do; that is done by %s only", daemon, able(func(c Capabilities) bool { return c.Echo }))
		case s.Unnumbered() && !can.Unnumbered:
			return s.refuse("unnumbered", " is unnumbered, which %s can't do; that is done by %s only", daemon, able(func(c Capabilities) bool { return c.Unnumbered }))
		case s.Restart != 0 && !can.Restart:
			return s.refuse("bgp.graceful_restart", " has graceful restart, which the driver of %s can't do; that is done by %s only", daemon, able(func(c Capabilities) bool { return c.Restart }))
		case s.LongLived != 0 && c.File != "":
			return s.refuse("bgp.llgr", ": %s runs a config of its own (%s), in which its llgr must stand", c.Node, c.File)
		case s.LongLived != 0 && !can.LongLived:
			return s.refuse("bgp.llgr", " has llgr, which %s can't do; that is done by %s only", daemon, able(func(c Capabilities) bool { return c.LongLived }))
		case !wholeSeconds(s.Hold) || !wholeSeconds(s.Keepalive):
			return s.refuse("bgp.hold", ": hold %v, keepalive %v: %s takes whole seconds, at least one", document.Duration(s.Hold), document.Duration(s.Keepalive), daemon)
		}
	}
	return nil
}

func wholeSeconds(d time.Duration) bool { return d >= time.Second && d%time.Second == 0 }
