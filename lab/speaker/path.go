package speaker

import (
	"fmt"
	"net/netip"
	"slices"

	api "github.com/osrg/gobgp/v3/api"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

var (
	ipv4Unicast = &api.Family{Afi: api.Family_AFI_IP, Safi: api.Family_SAFI_UNICAST}
	ipv6Unicast = &api.Family{Afi: api.Family_AFI_IP6, Safi: api.Family_SAFI_UNICAST}
)

func family(a netip.Addr) *api.Family {
	if a.Is4() {
		return ipv4Unicast
	}
	return ipv6Unicast
}

// EncodePath is the route that a speaker of the AS originates for a prefix, as
// GoBGP takes it. Its next hop is unspecified: GoBGP puts in each session's
// local address.
func EncodePath(p netip.Prefix, asn uint32, a Attributes) (*api.Path, error) {
	return encodePath(p, optional(asn, a))
}

func encodePath(p netip.Prefix, more []proto.Message) (*api.Path, error) {
	nlri, err := anypb.New(&api.IPAddressPrefix{Prefix: p.Addr().String(), PrefixLen: uint32(p.Bits())})
	if err != nil {
		return nil, fmt.Errorf("encode prefix %s: %w", p, err)
	}
	var hop proto.Message = &api.NextHopAttribute{NextHop: netip.IPv4Unspecified().String()}
	if p.Addr().Is6() {
		hop = &api.MpReachNLRIAttribute{
			Family:   ipv6Unicast,
			NextHops: []string{netip.IPv6Unspecified().String()},
			Nlris:    []*anypb.Any{nlri},
		}
	}
	var attrs []*anypb.Any
	for _, m := range append([]proto.Message{&api.OriginAttribute{}, hop}, more...) { // origin 0: IGP
		a, err := anypb.New(m)
		if err != nil {
			return nil, fmt.Errorf("encode attributes of %s: %w", p, err)
		}
		attrs = append(attrs, a)
	}
	return &api.Path{Family: family(p.Addr()), Nlri: nlri, Pattrs: attrs}, nil
}

// optional encodes what the plain announcement does not have. GoBGP puts the
// own AS in front once more when it sends the route.
func optional(asn uint32, a Attributes) []proto.Message {
	var all []proto.Message
	if a.Prepend > 0 {
		path := &api.AsSegment{Type: api.AsSegment_AS_SEQUENCE, Numbers: slices.Repeat([]uint32{asn}, a.Prepend)}
		all = append(all, &api.AsPathAttribute{Segments: []*api.AsSegment{path}})
	}
	if a.MED > 0 {
		all = append(all, &api.MultiExitDiscAttribute{Med: a.MED})
	}
	if a.LocalPref > 0 {
		all = append(all, &api.LocalPrefAttribute{LocalPref: a.LocalPref})
	}
	if len(a.Communities) > 0 {
		all = append(all, &api.CommunitiesAttribute{Communities: a.Communities})
	}
	return all
}

// DecodePath returns the prefix and the next hop of one of GoBGP's paths. The
// next hop of a route that the speaker originates is unspecified, that of a
// withdrawn one invalid.
func DecodePath(p *api.Path) (netip.Prefix, netip.Addr, error) {
	var nlri api.IPAddressPrefix
	if err := p.GetNlri().UnmarshalTo(&nlri); err != nil {
		return netip.Prefix{}, netip.Addr{}, fmt.Errorf("decode prefix: %w", err)
	}
	addr, err := netip.ParseAddr(nlri.GetPrefix())
	if err != nil {
		return netip.Prefix{}, netip.Addr{}, fmt.Errorf("decode prefix: %w", err)
	}
	prefix := netip.PrefixFrom(addr, int(nlri.GetPrefixLen()))
	if p.GetIsWithdraw() {
		return prefix, netip.Addr{}, nil
	}
	hop, err := nextHop(p.GetPattrs())
	if err != nil {
		return prefix, hop, fmt.Errorf("decode next hop of %s: %w", prefix, err)
	}
	// Over an unnumbered session BIRD tells a link-local next hop as the second of
	// two, the first all zeros; GoBGP keeps the first.
	if from, err := netip.ParseAddr(p.GetNeighborIp()); hop.IsUnspecified() && err == nil && from.IsLinkLocalUnicast() {
		hop = from
	}
	return prefix, hop, nil
}

func nextHop(attrs []*anypb.Any) (netip.Addr, error) {
	for _, a := range attrs {
		var v4 api.NextHopAttribute
		var mp api.MpReachNLRIAttribute
		switch {
		case a.MessageIs(&v4):
			if err := a.UnmarshalTo(&v4); err != nil {
				return netip.Addr{}, err
			}
			return netip.ParseAddr(v4.GetNextHop())
		case a.MessageIs(&mp):
			if err := a.UnmarshalTo(&mp); err != nil {
				return netip.Addr{}, err
			}
			// A second next hop would be the link-local one (RFC 2545
			// section 3); the global one comes first.
			if len(mp.GetNextHops()) > 0 {
				return netip.ParseAddr(mp.GetNextHops()[0])
			}
		}
	}
	return netip.Addr{}, fmt.Errorf("no next hop attribute")
}
