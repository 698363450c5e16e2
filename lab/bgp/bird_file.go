package bgp

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
)

// toggle makes a BIRD with the user's own file announce prefixes or take them
// back: by the static protocol that originates them, else, if there is a
// direct one, by the interface with the anycast addresses, as the recipes do.
func (s *birdSpeaker) toggle(ctx context.Context, announce bool, prefixes []netip.Prefix) error {
	texts, err := textsOf(s.config.File, nil)
	if err != nil {
		return err
	}
	protocols := birdProtocols(birdDialect.scan(texts, &Reading{}))
	for _, p := range prefixes {
		i := slices.IndexFunc(protocols, func(b birdProtocol) bool {
			return slices.ContainsFunc(b.prefixes, func(q Said[netip.Prefix]) bool { return q.Value == p })
		})
		switch {
		case i >= 0:
			err = s.enable(ctx, protocols[i], announce)
		case slices.ContainsFunc(protocols, func(b birdProtocol) bool { return b.kind == "direct" }):
			err = s.node.SwitchAnycast(ctx, announce)
		default:
			err = fmt.Errorf("%s: nothing in %s originates %s: no static route, and no protocol direct", s.node.Name, s.config.File, p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *birdSpeaker) enable(ctx context.Context, p birdProtocol, on bool) error {
	if len(p.prefixes) > 1 {
		return fmt.Errorf("%s: protocol %s of %s originates %d prefixes, which can't be withdrawn one by one: give each a protocol of its own",
			s.node.Name, p.name, s.config.File, len(p.prefixes))
	}
	command := "disable "
	if on {
		command = "enable "
	}
	return s.do(ctx, command+p.name, func(ctx context.Context) error {
		_, err := s.control.do(ctx, command+p.name)
		return err
	})
}
