package speaker

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	api "github.com/osrg/gobgp/v3/api"
	"github.com/osrg/gobgp/v3/pkg/server"
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
		EbgpMultihop: &api.EbgpMultihop{Enabled: n.TTL != 0, MultihopTtl: n.TTL},
		Conf:         &api.PeerConf{NeighborAddress: n.Remote.String(), PeerAsn: n.ASN, Description: n.Node, AuthPassword: n.Password},
		Timers: &api.Timers{Config: &api.TimersConfig{
			HoldTime:          uint64(n.Hold / time.Second),
			KeepaliveInterval: uint64(n.Keepalive / time.Second),
		}},
		Transport: &api.Transport{LocalAddress: n.Local.String(), PassiveMode: true},
		AfiSafis: []*api.AfiSafi{{
			Config:            &api.AfiSafiConfig{Family: family(n.Remote), Enabled: true},
			MpGracefulRestart: &api.MpGracefulRestart{Config: &api.MpGracefulRestartConfig{Enabled: n.Restart != 0}},
		}},
		GracefulRestart: gracefulRestart(n, restarting),
	}
}

// exportNextHopSelf makes this node the next hop of what it passes on to
// neighbors of its own AS, which don't know the links behind it. GoBGP has no
// such option (UpdatePathAttrs in its table/path.go), but a policy action.
func exportNextHopSelf(ctx context.Context, s *server.BgpServer, c Config) error {
	const name = "next-hop-self"
	var inside []string
	for _, n := range c.Neighbors {
		if n.NextHopSelf {
			inside = append(inside, netip.PrefixFrom(n.Remote, n.Remote.BitLen()).String())
		}
	}
	if len(inside) == 0 {
		return nil
	}
	set := &api.DefinedSet{DefinedType: api.DefinedType_NEIGHBOR, Name: name, List: inside}
	policy := &api.Policy{Name: name, Statements: []*api.Statement{{
		Name:       name,
		Conditions: &api.Conditions{NeighborSet: &api.MatchSet{Name: name, Type: api.MatchSet_ANY}},
		Actions:    &api.Actions{Nexthop: &api.NexthopAction{Self: true}, RouteAction: api.RouteAction_ACCEPT},
	}}}
	if err := s.AddDefinedSet(ctx, &api.AddDefinedSetRequest{DefinedSet: set}); err != nil {
		return fmt.Errorf("define neighbors of AS %d: %w", c.ASN, err)
	}
	return assign(ctx, s, api.PolicyDirection_EXPORT, policy)
}
