package speaker

import (
	"context"
	"fmt"
	"net/netip"

	api "github.com/osrg/gobgp/v3/api"
	"github.com/osrg/gobgp/v3/pkg/packet/bgp"
	"github.com/osrg/gobgp/v3/pkg/server"
)

// lowest is the preference of a route that is being shut down. RFC 8326
// recommends 0, which GoBGP takes for "not set"; any other route has 100.
const lowest = 1

// rules are what is done to routes in one direction, in order: what one does
// the next ones see, unless it decides.
type rules struct {
	sets []*api.DefinedSet
	all  []*api.Statement
}

// add appends a rule for what comes from, or goes to, some neighbors, and
// carries a community, if there is one.
func (r *rules) add(name string, neighbors []Neighbor, community string, do *api.Actions) {
	if len(neighbors) == 0 {
		return
	}
	var list []string
	for _, n := range neighbors {
		list = append(list, netip.PrefixFrom(n.Remote, n.Remote.BitLen()).String())
	}
	r.sets = append(r.sets, &api.DefinedSet{DefinedType: api.DefinedType_NEIGHBOR, Name: name, List: list})
	when := &api.Conditions{NeighborSet: &api.MatchSet{Name: name, Type: api.MatchSet_ANY}}
	if community != "" {
		r.sets = append(r.sets, &api.DefinedSet{DefinedType: api.DefinedType_COMMUNITY, Name: name, List: []string{community}})
		when.CommunitySet = &api.MatchSet{Name: name, Type: api.MatchSet_ANY}
	}
	r.all = append(r.all, &api.Statement{Name: name, Conditions: when, Actions: do})
}

// keep appends rules by which neighbors are not told what was received with a
// community. Routes of the node's own are not meant.
func (r *rules) keep(name string, from []Neighbor, community bgp.WellKnownCommunity) {
	for _, origin := range []api.Conditions_RouteType{api.Conditions_ROUTE_TYPE_EXTERNAL, api.Conditions_ROUTE_TYPE_INTERNAL} {
		was := len(r.all)
		r.add(fmt.Sprintf("%s-%d", name, origin), from, wellKnown(community), &api.Actions{RouteAction: api.RouteAction_REJECT})
		for _, s := range r.all[was:] {
			s.Conditions.RouteType = origin
		}
	}
}

// imports: any other route is preferred to one from another AS that carries the
// community GRACEFUL_SHUTDOWN (RFC 8326 section 4.2). Routes of its own are not
// concerned.
func imports(c Config) *rules {
	r := &rules{}
	_, outside := c.sides()
	r.add("graceful-shutdown", outside, wellKnown(bgp.COMMUNITY_PLANNED_SHUT),
		&api.Actions{LocalPref: &api.LocalPrefAction{Value: lowest}, RouteAction: api.RouteAction_ACCEPT})
	for _, n := range c.Neighbors {
		if n.Hears.LocalPreference != 0 {
			r.add("from-"+n.Remote.String(), []Neighbor{n}, "", &api.Actions{LocalPref: &api.LocalPrefAction{Value: n.Hears.LocalPreference}})
		}
	}
	return r
}

// exports: GoBGP leaves NO_ADVERTISE and NO_EXPORT (RFC 1997) to policies. It
// has no option either that makes this node the next hop of what it passes on to
// neighbors of its own AS, which don't know the links behind it (UpdatePathAttrs
// in its table/path.go), but an action.
func exports(c Config) *rules {
	r := &rules{}
	inside, outside := c.sides()
	r.keep("no-advertise", c.Neighbors, bgp.COMMUNITY_NO_ADVERTISE)
	r.keep("no-export", outside, bgp.COMMUNITY_NO_EXPORT)
	r.add("next-hop-self", inside, "", &api.Actions{Nexthop: &api.NexthopAction{Self: true}})
	for _, n := range c.Neighbors {
		to := "to-" + n.Remote.String()
		for _, a := range n.Sends.Actions {
			r.add(fmt.Sprint(to, "-", a.Community), []Neighbor{n}, a.Community.Numbers(), &api.Actions{AsPrepend: prepend(c, a.Prepend)})
		}
		if do := always(c, n); do != nil {
			r.add(to, []Neighbor{n}, "", do)
		}
	}
	return r
}

// always returns what is done to every route that the neighbor is told, nil for
// nothing.
func always(c Config, n Neighbor) *api.Actions {
	p, do := n.Sends, &api.Actions{}
	if p.Prepend == 0 && p.MED == 0 && len(p.Communities) == 0 {
		return nil
	}
	if p.Prepend > 0 {
		do.AsPrepend = prepend(c, p.Prepend)
	}
	if p.MED > 0 {
		do.Med = &api.MedAction{Type: api.MedAction_REPLACE, Value: int64(p.MED)}
	}
	if len(p.Communities) > 0 {
		do.Community = &api.CommunityAction{Type: api.CommunityAction_ADD}
		for _, c := range p.Communities {
			do.Community.Communities = append(do.Community.Communities, c.Numbers())
		}
	}
	return do
}

func prepend(c Config, times int) *api.AsPrependAction {
	return &api.AsPrependAction{Asn: c.ASN, Repeat: uint32(times)}
}

// sides parts the neighbors of the own AS from the others.
func (c Config) sides() (inside, outside []Neighbor) {
	for _, n := range c.Neighbors {
		if n.ASN == c.ASN {
			inside = append(inside, n)
		} else {
			outside = append(outside, n)
		}
	}
	return inside, outside
}

func wellKnown(c bgp.WellKnownCommunity) string { return fmt.Sprintf("%d:%d", c>>16, c&0xffff) }

// assign puts the rules into force for all neighbors; what none rejects is
// accepted.
func (r *rules) assign(ctx context.Context, s *server.BgpServer, d api.PolicyDirection) error {
	if len(r.all) == 0 {
		return nil
	}
	for _, set := range r.sets {
		if err := s.AddDefinedSet(ctx, &api.AddDefinedSetRequest{DefinedSet: set}); err != nil {
			return fmt.Errorf("define %s: %w", set.Name, err)
		}
	}
	p := &api.Policy{Name: d.String(), Statements: r.all}
	if err := s.AddPolicy(ctx, &api.AddPolicyRequest{Policy: p}); err != nil {
		return fmt.Errorf("add policy %s: %w", p.Name, err)
	}
	assignment := &api.PolicyAssignment{Name: "global", Direction: d, Policies: []*api.Policy{p}, DefaultAction: api.RouteAction_ACCEPT}
	if err := s.AddPolicyAssignment(ctx, &api.AddPolicyAssignmentRequest{Assignment: assignment}); err != nil {
		return fmt.Errorf("assign policy %s: %w", p.Name, err)
	}
	return nil
}
