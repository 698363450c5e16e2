package bgp

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"anylab/topologies"
)

// Remarks are what there is to say about the node's own file beside the
// topology: what is likely to be a mistake, though it can be carried out.
func Remarks(t topologies.Topology, node string) []Remark {
	f, ok := fitOf(t, node)
	if !ok {
		return nil // Check says so
	}
	list := slices.Concat(f.Doubts, f.Ignored, f.strangers(), f.unwatched(t), f.otherPasswords(t), f.guarded(t))
	if n, _ := t.Node(node); n.Role == topologies.Anycast {
		list = slices.Concat(list, f.irrevocable(t.Anycast), f.partial(t.Anycast))
	}
	for _, r := range append(Unannounced(t, node), f.unadmitted(t)...) {
		doubted := slices.ContainsFunc(f.Doubts, func(d Remark) bool { return d.At == r.At })
		if !doubted { // else it is said already
			list = append(list, r)
		}
	}
	slices.SortStableFunc(list, func(a, b Remark) int { return cmp.Compare(line(a), line(b)) })
	return slices.Compact(list)
}

// Unannounced says where a site's own file keeps it from announcing an anycast
// address to a neighbor, and why.
func Unannounced(t topologies.Topology, node string) []Remark {
	f, ok := fitOf(t, node)
	if n, _ := t.Node(node); !ok || n.Role != topologies.Anycast {
		return nil
	}
	return slices.Concat(f.silent(), f.other(t.Anycast), f.filtered(t.Anycast), f.inactive(t.Anycast))
}

// fitOf reads the node's own file, if it has one that can be read.
func fitOf(t topologies.Topology, node string) (fit, bool) {
	c, err := Configure(t, node)
	if err != nil || c.File == "" {
		return fit{}, false
	}
	n, _ := t.Node(node)
	r, err := readFile(n.Daemon, c.File, c.Files)
	return fit{r, c, n.Daemon}, err == nil && r != nil
}

// strangers are neighbors at the end of no link.
func (f fit) strangers() []Remark {
	var list []Remark
	for _, s := range f.Sessions {
		with := func(n Neighbor) bool {
			return s.with(n.Remote) || s.Range.IsValid() && s.Range.Contains(n.Remote)
		}
		if slices.ContainsFunc(f.c.Neighbors, with) {
			continue
		}
		if s.Neighbor.IsValid() {
			list = append(list, Remark{s.At, fmt.Sprintf("no link of %s leads to %s: that session stays down here", f.c.Node, s.Neighbor)})
		} else if s.Range.IsValid() {
			list = append(list, Remark{s.At, fmt.Sprintf("no link of %s leads to %s: nobody comes from there", f.c.Node, s.Range)})
		} else if s.Interface != "" {
			list = append(list, Remark{s.At, fmt.Sprintf("%s is no interface of %s with an unnumbered link: that session stays down here", s.Interface, f.c.Node)})
		}
	}
	return list
}

// unwatched are sessions whose BFD the far end doesn't have.
func (f fit) unwatched(t topologies.Topology) []Remark {
	var list []Remark
	for _, n := range f.c.Neighbors {
		s, ok := f.With(n.Remote)
		peer, _ := t.Node(n.Node)
		if b := s.BFD.Value; ok && s.BFD.Known && b.Multiplier > 0 && n.BFD == nil && peer.Config == "" {
			list = append(list, Remark{s.BFD.At, fmt.Sprintf("%s with %s, but %s has no BFD, so the session goes without: say `bfd: {interval: %v, multiplier: %d}` on the link",
				b, n.Node, n.on(), b.Transmit, b.Multiplier)})
		}
	}
	return list
}

// otherPasswords are those that differ from what the far end's own file has. A
// generated far end has the same.
func (f fit) otherPasswords(t topologies.Topology) []Remark {
	var list []Remark
	files := ReadFiles(t)
	for _, n := range f.c.Neighbors {
		far := files[n.Node]
		if far == nil {
			continue
		}
		near, _ := f.With(n.Remote)
		other, ok := far.With(n.Near())
		if !ok || near.Password.Value == other.Password.Value || near.Password.Known != near.Password.Written() || other.Password.Known != other.Password.Written() {
			continue
		}
		at, there, says := near.Password.At, other.Password.At, "another one"
		if !near.Password.Written() {
			at = near.At
		}
		if !other.Password.Written() {
			there, says = other.At, "none"
		}
		list = append(list, Remark{at, fmt.Sprintf("the password of the session with %s is not the one there, %s has %s: it will not come up", n.Node, there, says)})
	}
	return list
}

// guarded are sessions that let in no packet of a generated far end, which sends
// them with a time to live of 1, as eBGP speakers do by default.
func (f fit) guarded(t topologies.Topology) []Remark {
	var list []Remark
	for _, n := range f.c.Neighbors {
		s, ok := f.With(n.Remote)
		if peer, _ := t.Node(n.Node); ok && s.GTSM.Line > 0 && peer.Config == "" {
			list = append(list, Remark{s.GTSM, fmt.Sprintf("ttl-security, but %s has no file of its own and sends with a TTL of 1: the session does not come up; give %s a file too, or leave it out", n.Node, n.Node)})
		}
	}
	return list
}

// silent are sessions over which nothing is announced.
func (f fit) silent() []Remark {
	var list []Remark
	for _, n := range f.c.Neighbors {
		s, _ := f.With(n.Remote)
		why := s.Unexported
		if !why.Known {
			continue
		}
		to := " to " + n.Node
		if len(f.c.Neighbors) == 1 {
			to = ""
		}
		list = append(list, Remark{why.At, fmt.Sprintf("%s announces nothing%s: %s", f.c.Node, to, why.Value)})
	}
	return list
}

// other are prefixes that are announced in place of the topology's.
func (f fit) other(anycast []netip.Prefix) []Remark {
	if len(f.Sources) > 0 {
		return f.keptOut(anycast) // what else they announce is not known
	}
	var list []Remark
	for _, wanted := range anycast {
		if slices.ContainsFunc(f.Originated, func(p Said[netip.Prefix]) bool { return p.Value == wanted }) {
			continue
		}
		var names []string
		var at Place
		for _, p := range f.Originated {
			if p.Value.Addr().Is4() == wanted.Addr().Is4() {
				names, at = append(names, p.Value.String()), cmp.Or(at, p.At)
			}
		}
		if len(names) > 0 {
			list = append(list, Remark{at, fmt.Sprintf("%s announces %s, the topology's anycast address is %s", f.c.Node, strings.Join(names, ", "), wanted)})
		}
	}
	return list
}

// keptOut are anycast prefixes that the file neither originates nor redistributes.
func (f fit) keptOut(anycast []netip.Prefix) []Remark {
	var list []Remark
	for _, wanted := range anycast {
		if len(f.Redistributed) == 0 || slices.ContainsFunc(f.Originated, func(p Said[netip.Prefix]) bool { return p.Value == wanted }) {
			continue
		}
		in := func(source func(netip.Prefix) Said[bool]) bool { out := source(wanted); return !out.Known || out.Value }
		if !slices.ContainsFunc(f.Redistributed, in) {
			list = append(list, Remark{f.Redistributed[0](wanted).At, fmt.Sprintf("what is redistributed leaves %s out: the file itself does not announce it (a health check announces it here all the same)", wanted)})
		}
	}
	return list
}

// filtered are sessions whose policy does not let the anycast prefix out.
func (f fit) filtered(anycast []netip.Prefix) []Remark {
	var list []Remark
	for _, n := range f.c.Neighbors {
		s, _ := f.With(n.Remote)
		for _, p := range anycast {
			family, ok := s.Family(p.Addr().Is6())
			if !ok || family.Passes == nil || s.Unexported.Known {
				continue
			}
			if out := family.Passes(p); out.Known && !out.Value {
				list = append(list, Remark{out.At, fmt.Sprintf("the export policy for %s does not let %s out", n.Node, p)})
			}
		}
	}
	return list
}

// unadmitted are sessions with sites whose policy does not let the anycast prefix in.
func (f fit) unadmitted(t topologies.Topology) []Remark {
	var list []Remark
	for _, n := range f.c.Neighbors {
		s, _ := f.With(n.Remote)
		if peer, _ := t.Node(n.Node); peer.Role != topologies.Anycast {
			continue
		}
		for _, p := range t.Anycast {
			family, ok := s.Family(p.Addr().Is6())
			if !ok || family.Admits == nil || !n.Carries(p.Addr().Is6()) {
				continue
			}
			if in := family.Admits(p); in.Known && !in.Value {
				list = append(list, Remark{in.At, fmt.Sprintf("the import policy for %s does not let %s in", n.Node, p)})
			}
		}
	}
	return list
}

// inactive are sessions that do not carry a family of an anycast address that they
// should.
func (f fit) inactive(anycast []netip.Prefix) []Remark {
	var list []Remark
	for _, n := range f.c.Neighbors {
		for _, p := range anycast {
			v6 := p.Addr().Is6()
			s, ok := f.With(n.Remote)
			if _, active := s.Family(v6); !ok || active || !n.Carries(v6) {
				continue
			}
			list = append(list, Remark{s.At, fmt.Sprintf("the session with %s (%s) carries no %s routes: that family is not activated for it", n.Node, n.Remote, map[bool]string{false: "IPv4", true: "IPv6"}[v6])})
		}
	}
	return list
}
