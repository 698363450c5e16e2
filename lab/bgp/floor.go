package bgp

import "time"

// Floor is how long a router with the daemon takes from what it was told to the
// route in the kernel, where nothing else keeps it waiting: what its design
// costs, whatever its timers are.
type Floor struct {
	Withdrawal Range // after an UPDATE that withdraws the route
	Session    Range // after the end of the session, or of the link that carried it
	Why        string
}

// Range is from what is known to be the least to what is still usual.
type Range struct{ Low, High time.Duration }

// Timers are those of a daemon that no configuration sets.
type Timers struct {
	MRAI         time.Duration // MinRouteAdvertisementInterval (RFC 4271 section 9.2.1.1); 0: it has none
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
func direct(why string) Floor {
	soon := Range{High: 5 * time.Millisecond}
	return Floor{Withdrawal: soon, Session: soon, Why: why}
}

// A router is a Driver whose daemon is known as a router.
type router interface{ floor() Floor }

// FloorOf returns what is known of a daemon as a router, nil if nothing is.
func FloorOf(daemon string) *Floor {
	d, ok := drivers[daemon].(router)
	if !ok {
		return nil
	}
	f := d.floor()
	return &f
}
