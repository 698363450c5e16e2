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

// direct is the floor of a daemon that acts at once: best path and a write to
// the kernel.
func direct(why string) *Floor {
	soon := Range{High: 5 * time.Millisecond}
	return &Floor{Withdrawal: soon, Session: soon, Why: why}
}

// floors of the daemons that can be routers.
var floors = map[string]*Floor{
	"bird":  direct("bird acts at once: about 1 ms"),
	"gobgp": direct("gobgp acts at once: about 1.5 ms with the lab's own FIB writer"),
	// These timers are in its source: no setting changes them.
	"frr": {
		Withdrawal: Range{60 * time.Millisecond, 75 * time.Millisecond},
		Session:    Range{70 * time.Millisecond, 85 * time.Millisecond},
		Why:        "frr batches: 50 ms in bgpd, 10 ms in zebra, and 10 ms more when a session ends",
	},
}

// FloorOf returns what is known of a daemon as a router, nil if nothing is.
func FloorOf(daemon string) *Floor { return floors[daemon] }
