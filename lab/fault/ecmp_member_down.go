package fault

import (
	"fmt"

	"anylab/topologies"
)

// ECMPMemberDown takes the link of one of several equal next hops down (RFC
// 7747 5.2.3): its flows must move, and should not take others along.
type ECMPMemberDown struct {
	LinkDown `yaml:",inline"`
}

// Usual says nothing: it is a link that goes down.
func (f *ECMPMemberDown) Usual() Usual { return Usual{} }

// Check says whether a router with multipath has the node among several.
func (f *ECMPMemberDown) Check(s Setting) error {
	if err := f.LinkDown.Check(s); err != nil {
		return err
	}
	for i, router := range f.place.On {
		n, _ := s.Topology.Node(router)
		if n.Role != topologies.Router {
			continue
		}
		member, _ := s.Topology.Node(f.place.On[1-i])
		if !n.Multipath {
			return fmt.Errorf("router %s has one best path only: say multipath: true in the topology", router)
		}
		if siblings(s, n, member.Role) < 2 {
			return fmt.Errorf("router %s has no other next hop than %s", router, member.Name)
		}
		return nil
	}
	return fmt.Errorf("no end of the link is a router")
}

// siblings counts the router's neighbours of a role.
func siblings(s Setting, router topologies.Node, role topologies.Role) int {
	count := 0
	for _, l := range s.Topology.LinksOf(router.Name) {
		_, far := l.Of(router.Name)
		if n, _ := s.Topology.Node(far.Node); n.Role == role {
			count++
		}
	}
	return count
}
