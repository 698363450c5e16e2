package bgp

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strings"
)

// connects notes what a direct protocol has announced; lets is what is said of its
// export.
func (r *birdReader) connects(p birdProtocol, lets Said[bool]) {
	for _, v6 := range []bool{false, true} {
		if p.kind != "direct" || !slices.Contains(p.channels, birdChannel(v6)) {
			continue
		}
		r.Connected = append(r.Connected, connection{At: p.at, V6: v6, Lets: func(q netip.Prefix, dev string) Said[bool] {
			if !p.takes(q, dev) {
				return said(false, p.at)
			}
			return lets
		}})
	}
}

func birdChannel(v6 bool) string {
	if v6 {
		return "ipv6"
	}
	return "ipv4"
}

// takes says whether a direct protocol takes up a prefix that the interface has.
// The first pattern that fits decides; one with a minus leaves interfaces out.
func (b birdProtocol) takes(p netip.Prefix, dev string) bool {
	if b.kind != "direct" || !slices.Contains(b.channels, birdChannel(p.Addr().Is6())) {
		return false
	}
	out := false
	for _, pattern := range b.interfaces {
		if pattern == "-" {
			out = true
			continue
		}
		if fits, err := path.Match(strings.TrimPrefix(pattern, "-"), dev); fits || err != nil {
			return !out && !strings.HasPrefix(pattern, "-")
		}
		out = false
	}
	return len(b.interfaces) == 0
}

// toggle makes a BIRD with the user's own file announce prefixes or take them
// back: by the static protocol that originates them, and, if a direct one takes
// them too, by the interface with the anycast addresses, as the recipes do.
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
		connected := slices.ContainsFunc(protocols, func(b birdProtocol) bool { return b.takes(p, s.config.AnycastDev) })
		if i >= 0 {
			err = s.enable(ctx, protocols[i], announce)
		}
		if connected {
			err = errors.Join(err, s.node.SwitchAnycast(ctx, announce))
		}
		if i < 0 && !connected {
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
