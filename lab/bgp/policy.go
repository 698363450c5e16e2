package bgp

import (
	"errors"
	"slices"
	"strings"

	"anylab/topologies"
)

// Policy is what is done to routes on their way to a neighbor, as templates
// read it.
type Policy struct {
	topologies.Policy
	asn uint32
}

// Export returns what is done to what the neighbor is told.
func (c Config) Export(n Neighbor) Policy { return Policy{n.Sends, c.ASN} }

// Empty says whether routes to the neighbor go as they are.
func (p Policy) Empty() bool {
	p.LocalPreference, p.MaxPrefixes, p.AddPath = 0, 0, false // the neighbor's own, or not of single routes
	return p.IsZero()
}

// Always is what every route is given.
func (p Policy) Always() Attributes { return Attributes{}.after(p.Policy) }

// Prepends lists what is put in front of the path once more.
func (p Policy) Prepends(times int) []uint32 {
	return origin{asn: p.asn, Attributes: Attributes{Prepend: times}}.Prepends()
}

// Policed says whether any session has a policy.
func (c Config) Policed() bool {
	return slices.ContainsFunc(c.Neighbors, func(n Neighbor) bool {
		return !c.Export(n).Empty() || n.Hears.LocalPreference != 0
	})
}

// ActedOn lists the communities of a configuration's actions, each once.
func (c Config) ActedOn() []topologies.Community {
	var list []topologies.Community
	for _, n := range c.Neighbors {
		for _, a := range n.Sends.Actions {
			if !slices.Contains(list, a.Community) {
				list = append(list, a.Community)
			}
		}
	}
	return list
}

// after returns the attributes as they are once a policy was applied.
func (a Attributes) after(p topologies.Policy) Attributes {
	a.Prepend += p.Prepend
	if p.MED != 0 {
		a.MED = p.MED
	}
	for _, c := range p.Communities {
		a.Communities = append(a.Communities[:len(a.Communities):len(a.Communities)], uint32(c))
	}
	return a
}

// checkPolicy says what of the policies the daemon can't do.
func (can Capabilities) checkPolicy(daemon string, c Config) error {
	if err := c.ownPolicy(daemon); err != nil {
		return err
	}
	for _, n := range c.Neighbors {
		most := n.Sends.Prepend
		for _, a := range n.Sends.Actions {
			most = max(most, a.Prepend)
		}
		switch {
		case n.MRAI != 0 && !can.MRAI:
			return n.refuse("bgp.mrai", " has an mrai, which %s can't do; that is done by %s only", daemon, able(func(c Capabilities) bool { return c.MRAI }))
		case n.IdleHold != 0 && !can.IdleHold:
			return n.refuse("bgp.idle_hold", " has an idle_hold, which %s can't do; that is done by %s only", daemon, able(func(c Capabilities) bool { return c.IdleHold }))
		case n.GTSM && !can.GTSM:
			return n.refuse("bgp.ttl_security", " has ttl_security, which the driver of %s can't do; that is done by %s only", daemon, able(func(c Capabilities) bool { return c.GTSM }))
		case n.Hears.MaxPrefixes != 0 && !can.Limit:
			return n.refuse("to."+c.Node+".max_prefixes", ": to: %s: max_prefixes, which the driver of %s can't do; that is done by %s only", c.Node, daemon, able(func(c Capabilities) bool { return c.Limit }))
		case n.Hears.LocalPreference != 0 && !can.BestPath:
			return n.refuse("to."+c.Node+".local_preference", ": to: %s: local_preference: %s chooses no routes, so it has none", c.Node, daemon)
		case len(n.Sends.Actions) != 0 && !can.BestPath:
			return n.refuse("to."+n.Node+".actions", ": to: %s: actions: %s passes no routes on, so it acts on no communities", n.Node, daemon)
		case can.Prepends != 0 && most > can.Prepends:
			return n.refuse("to."+n.Node+".prepend", ": to: %s: prepend %d; %s can do %d at most", n.Node, most, daemon, can.Prepends)
		}
	}
	return nil
}

func able(can func(Capabilities) bool) string { return strings.Join(Capable(can), ", ") }

// ownPolicy: in a user's own file nothing is put.
func (c Config) ownPolicy(daemon string) error {
	if c.File == "" {
		return nil
	}
	if c.Damping != nil {
		return errors.New("its damping stands in its own config, not here")
	}
	for _, n := range c.Neighbors {
		if n.Sends.AddPath || n.Hears.AddPath {
			return n.refuse("to."+n.addPathTo(c.Node)+".add_path", ": %s runs a config of its own (%s), in which its add-path must stand", c.Node, daemon)
		}
		if n.GTSM {
			return n.refuse("bgp.ttl_security", ": %s runs a config of its own (%s), in which its ttl_security must stand", c.Node, daemon)
		}
		if n.ConnectRetry != 0 {
			return n.refuse("bgp.connect_retry", ": %s runs a config of its own (%s), in which its connect retry time must stand", c.Node, daemon)
		}
		if n.IdleHold != 0 {
			return n.refuse("bgp.idle_hold", ": %s runs a config of its own (%s), in which its idle hold time must stand", c.Node, daemon)
		}
		if n.Password != "" {
			return n.refuse("bgp.password", ": %s runs a config of its own (%s), in which its password must stand; the other end takes it from there", c.Node, daemon)
		}
		if n.Hears.LocalPreference != 0 || n.Hears.MaxPrefixes != 0 || !(Policy{Policy: n.Sends}).Empty() || n.MRAI != 0 {
			return n.refuse("bgp.mrai", ": %s runs a config of its own (%s), in which its policy and its mrai must stand", c.Node, daemon)
		}
	}
	return nil
}

// addPathTo is the end that is told all paths.
func (n Neighbor) addPathTo(near string) string {
	if n.Sends.AddPath {
		return n.Node
	}
	return near
}
