package speaker

import (
	"net/netip"
	"slices"
	"time"

	api "github.com/osrg/gobgp/v3/api"
)

// global is GoBGP's configuration, but for its neighbors. The router ID breaks
// ties between external paths as well (RFC 4271 section 9.1.2.2 f): GoBGP
// prefers the oldest one by default (RFC 5004), so the choice would depend on
// which session came up first.
func global(c Config) *api.Global {
	return &api.Global{
		Asn:              c.ASN,
		RouterId:         c.RouterID.String(),
		ListenPort:       bgpPort,
		ListenAddresses:  listenAddresses(c),
		UseMultiplePaths: c.Multipath,
		RouteSelectionOptions: &api.RouteSelectionOptionsConfig{
			ExternalCompareRouterId: true,
		},
	}
}

// listenAddresses is the wildcard address of each family that the sessions
// use. An address of a link might not be there yet.
func listenAddresses(c Config) []string {
	var all []string
	for _, n := range c.Neighbors {
		wildcard := netip.IPv4Unspecified().String()
		if n.Remote.Is6() {
			wildcard = netip.IPv6Unspecified().String()
		}
		if !slices.Contains(all, wildcard) {
			all = append(all, wildcard)
		}
	}
	if len(all) == 0 {
		return []string{netip.IPv4Unspecified().String()}
	}
	return all
}

// peerConfig is a neighbor as GoBGP wants it. It is passive always: sessions
// open their connections by themselves (acceptQueue says why).
func peerConfig(n Neighbor, restarting bool) *api.Peer {
	return &api.Peer{
		TtlSecurity:  &api.TtlSecurity{Enabled: n.LeastTTL != 0, TtlMin: uint32(n.LeastTTL)},
		EbgpMultihop: &api.EbgpMultihop{Enabled: n.TTL != 0, MultihopTtl: n.TTL},
		Conf:         &api.PeerConf{NeighborAddress: n.Remote.String(), PeerAsn: n.ASN, Description: n.Node, AuthPassword: n.Password},
		Timers: &api.Timers{Config: &api.TimersConfig{
			HoldTime:          uint64(n.Hold / time.Second),
			KeepaliveInterval: uint64(n.Keepalive / time.Second),
		}},
		RouteReflector:  reflector(n),
		Transport:       &api.Transport{LocalAddress: localAddress(n), PassiveMode: true},
		AfiSafis:        afiSafis(n),
		GracefulRestart: gracefulRestart(n, restarting),
	}
}

func reflector(n Neighbor) *api.RouteReflector {
	if !n.Cluster.IsValid() {
		return nil
	}
	return &api.RouteReflector{RouteReflectorClient: true, RouteReflectorClusterId: n.Cluster.String()}
}

func afiSafis(n Neighbor) []*api.AfiSafi {
	var all []*api.AfiSafi
	for _, v6 := range n.Families {
		f := ipv4Unicast
		if v6 {
			f = ipv6Unicast
		}
		all = append(all, &api.AfiSafi{
			Config:                   &api.AfiSafiConfig{Family: f, Enabled: true},
			PrefixLimits:             &api.PrefixLimit{Family: f, MaxPrefixes: uint32(n.Hears.MaxPrefixes)},
			LongLivedGracefulRestart: &api.LongLivedGracefulRestart{Config: &api.LongLivedGracefulRestartConfig{Enabled: n.LongLived != 0, RestartTime: uint32(n.LongLived / time.Second)}},
			AddPaths:                 addPaths(n),
			MpGracefulRestart:        &api.MpGracefulRestart{Config: &api.MpGracefulRestartConfig{Enabled: n.Restart != 0}},
		})
	}
	return all
}

// allPaths is the most that GoBGP sends of a prefix.
const allPaths = 255

func addPaths(n Neighbor) *api.AddPaths {
	c := &api.AddPathsConfig{Receive: n.Hears.AddPath}
	if n.Sends.AddPath {
		c.SendMax = allPaths
	}
	return &api.AddPaths{Config: c}
}

// localAddress: GoBGP compares it with that of the connection, which has a zone
// where it is link-local, and takes it for the next hop, which then must have none.
func localAddress(n Neighbor) string {
	if n.Local.IsLinkLocalUnicast() {
		return netip.IPv6Unspecified().String()
	}
	return n.Local.String()
}
