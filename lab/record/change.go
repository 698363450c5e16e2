package record

import (
	"fmt"
	"strings"
)

// Change says what the event tells of a change in the network, "" if of none.
func (e Event) Change() string {
	switch d := e.Data.(type) {
	case BGP:
		switch d.Type {
		case BGPKeepalive:
			return ""
		case BGPFin, BGPRst:
			return fmt.Sprintf("%s ended a BGP connection with %s", d.From, d.To)
		}
		return fmt.Sprintf("%s sent a BGP %s to %s", d.From, strings.ToUpper(string(d.Type)), d.To)
	case BFD:
		return fmt.Sprintf("BFD of %s to %s became %s", d.From, d.To, d.State)
	case Carrier:
		return fmt.Sprintf("the carrier of %s's link to %s changed", e.Node, d.Peer)
	case Route:
		return fmt.Sprintf("the kernel of %s changed its route to %s", e.Node, d.Prefix)
	case Address:
		return fmt.Sprintf("the VRRP of %s %s %s", e.Node, map[bool]string{false: "took", true: "gave away"}[d.Gone], d.Prefix)
	case Advertisement:
		return fmt.Sprintf("%s advertised VRRP %d with priority %d", d.From, d.ID, d.Priority)
	case Health:
		return fmt.Sprintf("the health check of %s on %s changed its verdict", d.Service, e.Node)
	}
	return ""
}
