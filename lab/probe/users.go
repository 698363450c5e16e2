package probe

import (
	"fmt"
	"net/netip"
	"time"
)

// Users are who asks over the flows, one over each, where the address is found by DNS:
// each has a name of his own looked up, keeps the answer for its TTL, and asks there.
// Until then he asks the target.
type Users struct {
	Resolvers []Resolver   // in the order of the flows
	Sites     []netip.Addr // who may answer
}

// Resolver is who looks names up for some of the users.
type Resolver struct {
	Addr  netip.AddrPort
	Users int
	// Keeps is for how long it keeps an answer: so long ago, at most, and evenly spread,
	// its users have got theirs when they begin to ask.
	Keeps time.Duration
}

// NameOf returns what a flow's user has looked up.
func NameOf(flow int) string { return fmt.Sprintf("user-%d.example.", flow) }
