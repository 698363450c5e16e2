package bgp

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// connects reads a redistribution of what interfaces have, or of static routes.
func (r *frrReader) connects(st statement) {
	if family := r.family; family != "" && family != "ipv4" && family != "ipv6" {
		return
	}
	c := connection{At: r.at, V6: r.family == "ipv6"}
	if policy := st.after("route-map"); len(policy) > 0 {
		c.Policy = policy[0]
	}
	c.Lets = func(p netip.Prefix, dev string) Said[bool] {
		if c.Policy == "" {
			return said(true, c.At)
		}
		return r.mappedOn(c.Policy, p, dev, c.At)
	}
	switch st.word(1) {
	case "connected":
		r.Connected = append(r.Connected, c)
	case "static":
		r.static = append(r.static, c)
	}
}

// fixed are the static routes that are announced.
func (r *frrReader) fixed() []Said[netip.Prefix] {
	return slices.DeleteFunc(r.routes, func(p Said[netip.Prefix]) bool {
		return !slices.ContainsFunc(r.static, func(c connection) bool {
			return c.V6 == p.Value.Addr().Is6() && c.Lets(p.Value, "").Value
		})
	})
}

// ways parts the prefixes: those that the user's file announces because the
// anycast interface has them, and those that a network statement announces. One
// is among both where the file has both, or it can't be told.
func (s *frrSpeaker) ways(prefixes []netip.Prefix) (connected, named []netip.Prefix) {
	if s.own == nil {
		return nil, prefixes
	}
	for _, p := range prefixes {
		by := s.own.connects(p, s.config.AnycastDev)
		if by.Value || !by.Known {
			connected = append(connected, p)
		}
		if !by.Value || s.own.names(p) {
			named = append(named, p)
		}
	}
	return connected, named
}

// connect has what the user's file redistributes announced with the attributes.
func (s *frrSpeaker) connect(ctx context.Context, a Attributes, prefixes []netip.Prefix) error {
	if commands := s.redistribute(a, prefixes); len(commands) > 0 {
		if err := s.configure(ctx, "announce", commands); err != nil {
			return err
		}
	}
	return s.node.SwitchAnycast(ctx, true)
}

// redistribute are the commands that give what the user's file redistributes the
// attributes, on top of those that it has there. Plain ones are the user's own.
func (s *frrSpeaker) redistribute(a Attributes, prefixes []netip.Prefix) []string {
	var maps, commands []string
	for _, c := range s.own.Connected {
		of := ofFamily(prefixes, c.V6)
		m := frrOverlay{frrOrigin{origin{Attributes: a, asn: s.config.ASN}}, c}
		if now := s.overlays[c.V6]; len(of) == 0 || now == m.name() || now == "" && a.IsZero() {
			continue // bgpd takes what is so already for a mistake
		}
		maps = append(maps, m.lines(of)...)
		commands = append(commands, "address-family "+m.family()+" unicast", "redistribute connected route-map "+m.name(), "exit-address-family")
		s.overlays[c.V6] = m.name()
	}
	if len(commands) == 0 {
		return nil
	}
	return slices.Concat(maps, []string{fmt.Sprintf("router bgp %d", s.config.ASN)}, commands)
}

// frrOverlay is a route map that stands in front of the user's own.
type frrOverlay struct {
	frrOrigin
	connection
}

func (m frrOverlay) family() string {
	if m.V6 {
		return "ipv6"
	}
	return "ipv4"
}

// name is another one for other attributes, as a route map's never change.
func (m frrOverlay) name() string {
	return strings.TrimSuffix("connected-"+m.family()+"-"+m.RouteMap(), "-")
}

// lines: what the user's map denies stays denied, and only the prefixes are given
// the attributes.
func (m frrOverlay) lines(prefixes []netip.Prefix) []string {
	ip := map[bool]string{false: "ip", true: "ipv6"}[m.V6]
	var lists, call []string
	for _, p := range prefixes {
		lists = append(lists, fmt.Sprintf("%s prefix-list %s permit %s", ip, m.name(), p))
	}
	if m.Policy != "" {
		call = []string{"call " + m.Policy}
	}
	entry := func(seq string, lines ...string) []string {
		return append(append([]string{"route-map " + m.name() + " permit " + seq}, lines...), "exit")
	}
	return slices.Concat(lists,
		entry("10", append(call, "match "+ip+" address prefix-list "+m.name(), "on-match goto 30")...),
		entry("20", call...),
		entry("30", m.settings(" additive")...))
}
