package bgp

import (
	"fmt"
	"strings"
	"time"

	"anylab/topologies"
)

// Floor is how long a router with the daemon takes from what it was told to the
// route in the kernel, where nothing else keeps it waiting: what its design
// costs, whatever its timers are.
type Floor struct {
	Withdrawal Range // after an UPDATE that withdraws the route
	Session    Range // after the end of the session, or of the link that carried it
	Why        string
	Version    string // of the daemon that it was measured with: 8.4 is 8.4.4 too
	Unknown    string // why it is not known; empty if it is
}

// Range is from what is known to be the least to what is still usual.
type Range struct{ Low, High time.Duration }

// Timers are those of a daemon where the topology does not say them.
type Timers struct {
	MRAI         time.Duration // MinRouteAdvertisementInterval (RFC 4271 section 9.2.1.1); 0: none
	ConnectRetry time.Duration // (RFC 4271 section 8.1.3)
}

// A timed is a Driver whose daemon's own timers are known.
type timed interface{ timers() Timers }

// TimersOf returns what is known of a daemon's own timers, nil if nothing is.
func TimersOf(daemon string) *Timers {
	d, ok := drivers[daemon].(timed)
	if !ok {
		return nil
	}
	t := d.timers()
	return &t
}

// direct is the floor of a daemon that acts at once: best path and a write to
// the kernel.
func direct(version, why string) Floor {
	soon := Range{High: 5 * time.Millisecond}
	return Floor{Withdrawal: soon, Session: soon, Why: why, Version: version}
}

// A router is a Driver whose daemon is known as a router.
type router interface{ floor() Floor }

// FloorOf returns what is known of a node's daemon as a router, nil if it is not
// known as one. Other versions than the one that was measured may be as they
// please.
func FloorOf(n topologies.Node) *Floor {
	d, err := Of(n)
	r, ok := d.(router)
	if err != nil || !ok {
		return nil
	}
	f := r.floor()
	if version := d.Version(); version != "" && !strings.HasPrefix(version+".", f.Version+".") {
		return &Floor{Version: f.Version, Unknown: fmt.Sprintf("%s %s on %s: its floor is not known; it was measured with %s", n.Daemon, version, n.Name, f.Version)}
	}
	return &f
}
