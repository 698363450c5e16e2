package bgp

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"anylab/topologies"
)

// VRRP is a node's part in a group, and what that moves.
type VRRP struct {
	topologies.Membership
	Addresses []netip.Prefix
}

// HealthCheck is one that a daemon makes itself: after Fall failed runs of the
// command in a row the node gives the address away, after Rise good ones it may hold
// it again.
type HealthCheck struct {
	Command  []string
	Interval time.Duration
	Timeout  time.Duration
	Fall     int
	Rise     int
}

// A scripter is a Driver whose daemon makes health checks itself.
type scripter interface {
	// checkScript says what of the check can't be honoured.
	checkScript(c HealthCheck) error
}

// Scripts says whether a daemon runs the commands of health checks itself.
func Scripts(daemon string) bool {
	_, ok := drivers[daemon].(scripter)
	return ok
}

// CheckScript says what of a health check the daemon can't honour that makes it.
func CheckScript(daemon string, c HealthCheck) error {
	if d, ok := drivers[daemon].(scripter); ok {
		return d.checkScript(c)
	}
	return nil
}

// checkVRRP says where a daemon is to speak what it doesn't.
func (can Capabilities) checkVRRP(daemon string, c Config) error {
	if c.VRRP != nil && !can.VRRP {
		return refusal{c.VRRP.Link.Name, "vrrp", fmt.Sprintf("%s has VRRP, which %s can't do; that is done by %s only", c.VRRP.Link.Called(), daemon, able(func(c Capabilities) bool { return c.VRRP }))}
	}
	if !can.VRRP {
		return nil
	}
	var links []string
	for _, n := range c.Neighbors {
		links = append(links, n.on())
	}
	switch {
	case len(links) > 0:
		return fmt.Errorf("%s speaks VRRP and no BGP, which %s needs", daemon, strings.Join(slices.Compact(links), ", "))
	case c.VRRP == nil:
		return fmt.Errorf("%s speaks VRRP: it needs a segment with it, as in {endpoints: [r, a, b], vrrp: {}, to: {a: {priority: 150}}}", daemon)
	}
	return nil
}

// takeover is how a member notices that another one is silent (RFC 9568 section 6.1).
func takeover(v topologies.VRRP, priority int) Watch {
	down := v.MasterDown(priority)
	return Watch{Hold: HoldWatch{Time: down, Least: down, Keepalive: v.Interval,
		Name: fmt.Sprintf("VRRP's Active_Down_Interval of three advertisements and the skew of priority %d,", priority)}}
}
