package timeline

import (
	"fmt"

	"anylab/lab/record"
)

// Says tells an event of the network to people; it is empty for one that is none.
func Says(e record.Event) string {
	switch d := e.Data.(type) {
	case record.Address:
		return fmt.Sprintf("%s: %s %s", e.Node, map[bool]string{false: "takes", true: "gives away"}[d.Gone], d.Prefix)
	case record.Advertisement:
		return fmt.Sprintf("%s: advertisement of VRRP %d with priority %d", d.From, d.ID, d.Priority)
	case record.Alert:
		if d.Firing {
			return fmt.Sprintf("Prometheus: %s of %s fires", d.Rule, d.Of)
		}
		return fmt.Sprintf("Prometheus: a scrape shows %s of %s", d.Rule, d.Of)
	case record.BFD:
		if d.State == "up" {
			return fmt.Sprintf("%s to %s: BFD up", d.From, d.To)
		}
		return fmt.Sprintf("%s to %s: BFD %s, diagnostic %d", d.From, d.To, d.State, d.Diag)
	case record.BGP:
		return fmt.Sprintf("%s to %s: %s", d.From, d.To, message(d))
	case record.Carrier:
		return saysCarrier(e.Node, d)
	case record.Health:
		return fmt.Sprintf("%s: %s %s%s", e.Node, d.Service, map[bool]string{false: "unhealthy", true: "healthy"}[d.Healthy], reason(d.Reason))
	case record.Lookup:
		return fmt.Sprintf("%s: lookup of %s leads %s", e.Node, d.Dst, to([]record.Hop{d.Hop}))
	case record.Proc:
		if e.Kind == record.KindExit {
			return fmt.Sprintf("%s: %s ended%s", e.Node, d.Name, reason(d.Status))
		}
		return fmt.Sprintf("%s: %s started", e.Node, d.Name)
	case record.Restart:
		return fmt.Sprintf("%s: %s is started again by its supervisor%s", e.Node, d.Name, reason(d.Err))
	case record.Route:
		return fmt.Sprintf("%s: route of %s leads %s", e.Node, d.Prefix, to(d.Hops))
	case record.Stream:
		return fmt.Sprintf("%s: connection of flow %d %s", d.Group, d.Flow, d.Event)
	}
	return ""
}

func saysCarrier(node string, d record.Carrier) string {
	switch {
	case d.Peer == "":
		return fmt.Sprintf("%s: %s set %s", node, d.Dev, map[bool]string{false: "down", true: "up"}[d.Up])
	case d.Up:
		return fmt.Sprintf("%s: carrier of %s (to %s) is back", node, d.Dev, d.Peer)
	}
	return fmt.Sprintf("%s: carrier of %s (to %s) lost", node, d.Dev, d.Peer)
}

func reason(r string) string {
	if r == "" {
		return ""
	}
	return ": " + r
}
