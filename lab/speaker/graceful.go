package speaker

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	api "github.com/osrg/gobgp/v3/api"
	"github.com/osrg/gobgp/v3/pkg/packet/bgp"
	"github.com/osrg/gobgp/v3/pkg/server"
)

// gracefulRestart is what the speaker offers a neighbor (RFC 4724 section 3),
// nil for nothing. A speaker that starts again sets the Restart State bit and
// sends no routes until the neighbors have sent theirs, or until patience ends.
func gracefulRestart(n Neighbor, restarting bool) *api.GracefulRestart {
	if n.Restart == 0 {
		return nil
	}
	return &api.GracefulRestart{
		Enabled:         true,
		RestartTime:     uint32(n.Restart / time.Second),
		DeferralTime:    uint32(patience / time.Second),
		LocalRestarting: restarting,
	}
}

// lowest is the preference of a route that is being shut down. RFC 8326
// recommends 0, which GoBGP takes for "not set"; any other route has 100.
const lowest = 1

// importGracefulShutdown makes the speaker prefer any other route to one from
// another AS that carries the community GRACEFUL_SHUTDOWN (RFC 8326 section
// 4.2). Routes of its own are not concerned.
func importGracefulShutdown(ctx context.Context, s *server.BgpServer, c Config) error {
	const name = "graceful-shutdown"
	var outside []string
	for _, n := range c.Neighbors {
		if n.ASN != c.ASN {
			outside = append(outside, netip.PrefixFrom(n.Remote, n.Remote.BitLen()).String())
		}
	}
	if len(outside) == 0 {
		return nil
	}
	community := fmt.Sprintf("%d:%d", bgp.COMMUNITY_PLANNED_SHUT>>16, bgp.COMMUNITY_PLANNED_SHUT&0xffff)
	for _, set := range []*api.DefinedSet{
		{DefinedType: api.DefinedType_NEIGHBOR, Name: name, List: outside},
		{DefinedType: api.DefinedType_COMMUNITY, Name: name, List: []string{community}},
	} {
		if err := s.AddDefinedSet(ctx, &api.AddDefinedSetRequest{DefinedSet: set}); err != nil {
			return fmt.Errorf("define %s: %w", name, err)
		}
	}
	policy := &api.Policy{Name: name, Statements: []*api.Statement{{
		Name: name,
		Conditions: &api.Conditions{
			NeighborSet:  &api.MatchSet{Name: name, Type: api.MatchSet_ANY},
			CommunitySet: &api.MatchSet{Name: name, Type: api.MatchSet_ANY},
		},
		Actions: &api.Actions{LocalPref: &api.LocalPrefAction{Value: lowest}, RouteAction: api.RouteAction_ACCEPT},
	}}}
	return assign(ctx, s, api.PolicyDirection_IMPORT, policy)
}

// assign puts the policy into force for all neighbors; what it does not match
// is accepted.
func assign(ctx context.Context, s *server.BgpServer, d api.PolicyDirection, p *api.Policy) error {
	if err := s.AddPolicy(ctx, &api.AddPolicyRequest{Policy: p}); err != nil {
		return fmt.Errorf("add policy %s: %w", p.Name, err)
	}
	assignment := &api.PolicyAssignment{
		Name: "global", Direction: d,
		Policies: []*api.Policy{p}, DefaultAction: api.RouteAction_ACCEPT,
	}
	if err := s.AddPolicyAssignment(ctx, &api.AddPolicyAssignmentRequest{Assignment: assignment}); err != nil {
		return fmt.Errorf("assign policy %s: %w", p.Name, err)
	}
	return nil
}
