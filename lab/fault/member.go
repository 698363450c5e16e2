package fault

import "anylab/topologies"

// member returns the site at a link's end that is a member of the segment's VRRP
// and whose packets are lost where those of the link are: they all pass its one
// interface. It is empty if there is none.
func (s Setting) member(l topologies.Link) string {
	if l.VRRP == nil {
		return ""
	}
	for _, e := range l.Ends {
		if n, _ := s.Topology.Node(e.Node); n.Role == topologies.Anycast {
			return n.Name
		}
	}
	return ""
}

// onMember is the theory of a silence between a member of a VRRP and its segment: the
// others miss its advertisements, if those are lost; it does not miss theirs while it
// holds the address.
func (f *Blackhole) onMember(s Setting, site string) Theory {
	if f.Only != All {
		return never("VRRP's advertisements pass, so nobody takes the address over")
	}
	if from := f.place.Direction[0]; from != "" && from != site {
		return never("%s hears nobody, and is heard: VRRP's advertisements arrive, so nobody takes the address over", site)
	}
	return cutOff(s, site)
}
