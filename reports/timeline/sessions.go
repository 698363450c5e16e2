package timeline

import (
	"maps"
	"net/netip"
	"slices"

	"anylab/lab/record"
)

// carriers are the families of the sessions over which two nodes, in the order of
// their names, told each other of a prefix.
type carriers map[[2]string][]record.Family

// carried are the carriers of a prefix in a lab, up to a time.
type carried struct {
	lab, read record.Time
	by        carriers
}

// carriersOf returns those of the prefix since the trial's lab is there.
func (t *trial) carriersOf(p netip.Prefix) carriers {
	c := t.overheard.carriers[p]
	if c == nil || c.lab != t.lab {
		c = &carried{t.lab, t.lab, carriers{}}
		t.overheard.carriers[p] = c
	}
	about := func(a netip.Prefix) bool { return covers(p, a.Addr()) }
	for _, e := range between(t.overheard.offers, c.read, t.until) {
		d, _ := e.Data.(record.BGP)
		if ends := pair(d.From, d.To); d.Family != "" && slices.ContainsFunc(d.Announce, about) && !slices.Contains(c.by[ends], d.Family) {
			c.by = maps.Clone(c.by) // earlier trials have what there was by then
			c.by[ends] = append(slices.Clip(c.by[ends]), d.Family)
		}
	}
	c.read = max(c.read, t.until)
	return c.by
}

func pair(a, b string) [2]string { return [2]string{min(a, b), max(a, b)} }

// foreign says whether a session of the family has nothing to do with the prefix:
// another one carries it. Where none was seen to, the lab's own configurations keep
// one for each family, and what the user's carry is not known.
func (s scene) foreign(f record.Family, from, to string) bool {
	if f == "" || !s.prefix.IsValid() {
		return false
	}
	if seen := s.carriers[pair(from, to)]; len(seen) > 0 {
		return !slices.Contains(seen, f)
	}
	a, _ := s.topology.Node(from)
	b, _ := s.topology.Node(to)
	return f != record.FamilyOf(s.prefix.Addr()) && (a.Config == nil || b.Config == nil)
}
