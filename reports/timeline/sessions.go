package timeline

import (
	"net/netip"
	"slices"

	"anylab/lab/record"
)

// carriers are the families of the sessions over which two nodes, in the order of
// their names, told each other of a prefix.
type carriers map[[2]string][]record.Family

// carriers returns those of the prefix since the trial's lab is there.
func (t *trial) carriers(p netip.Prefix) carriers {
	all := carriers{}
	for _, e := range between(t.overheard.offers, t.lab, t.until) {
		d, _ := e.Data.(record.BGP)
		about := func(a netip.Prefix) bool { return covers(p, a.Addr()) }
		if ends := pair(d.From, d.To); d.Family != "" && slices.ContainsFunc(d.Announce, about) && !slices.Contains(all[ends], d.Family) {
			all[ends] = append(all[ends], d.Family)
		}
	}
	return all
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
