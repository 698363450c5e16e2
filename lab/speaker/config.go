package speaker

import (
	"net/netip"
	"time"

	"anylab/topologies"
)

// Config is what the speaker is told in its configuration file, as JSON.
type Config struct {
	Node      string // as logs name it
	ASN       uint32
	RouterID  netip.Addr
	Multipath bool // install all equal best paths, across neighbor ASes
	// Resilient is how multipath routes share the flows; nil: by
	// hash-threshold.
	Resilient  *topologies.Resilient `json:",omitempty"`
	Large      bool                  `json:",omitempty"` // there may be a million routes
	Neighbors  []Neighbor
	Originate  []netip.Prefix              // announced from the start
	Attributes map[netip.Prefix]Attributes `json:",omitempty"` // of those that are not announced plainly
	Restarting bool                        `json:",omitempty"` // another speaker ran here before (RFC 4724 section 4.1)
	Socket     string                      // of GoBGP's gRPC interface
	Control    string                      `json:",omitempty"` // the socket for BFD; empty without BFD
}

// Neighbor is one session.
type Neighbor struct {
	Node        string // the far end's
	Dev         string // the near end's interface, whose carrier the session follows
	Local       netip.Addr
	Remote      netip.Addr // a link-local one has its interface as zone
	ASN         uint32
	Hold        time.Duration // at least 3 s, whole seconds on the wire (RFC 4271 section 4.2)
	Keepalive   time.Duration
	Restart     time.Duration     // the Restart Time of RFC 4724; 0: no graceful restart
	LongLived   time.Duration     `json:",omitempty"` // the Long-lived Stale Time of RFC 9494; 0: none
	BFD         *topologies.BFD   `json:",omitempty"`
	NextHopSelf bool              // an iBGP session: its routes lead through this node
	Routers     int               `json:",omitempty"` // in between
	TTL         uint32            `json:",omitempty"` // of an eBGP session with routers in between; 0: there are none
	LeastTTL    int               `json:",omitempty"` // that is taken from the far end; all is sent with 255 then (RFC 5082); 0: any
	Cluster     netip.Addr        `json:",omitzero"`  // of which it is a client (RFC 4456); invalid: of none
	Lasting     bool              `json:",omitempty"` // it outlasts the carrier of its link
	Passive     bool              // wait for the far end to connect
	Families    []bool            // whose routes the session carries: IPv6 is true
	Password    string            `json:",omitempty"` // of TCP MD5 (RFC 2385)
	Sends       topologies.Policy `json:",omitzero"`  // done to what is announced to the far end
	Hears       topologies.Policy `json:",omitzero"`  // and to what comes from it: this end gives the preference
	topologies.Again
}

// Attributes are what an announcement carries beyond its prefix and next hop.
type Attributes struct {
	Prepend     int      // how many more times the own AS stands in AS_PATH
	MED         uint32   // MULTI_EXIT_DISC; 0 sends none
	LocalPref   uint32   // LOCAL_PREF; 0 sends none
	Communities []uint32 // RFC 1997
}
