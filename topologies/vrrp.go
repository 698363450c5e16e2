package topologies

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"anylab/topologies/document"
)

// VRRP is the virtual router of the anycast nodes on a segment (RFC 9568): one of
// them holds the anycast address, and the others take it over when they no longer
// hear it.
type VRRP struct {
	ID       int
	Interval time.Duration // between the advertisements of the node that holds the address
	Preempt  bool          // a node of higher priority takes the address back
}

// Skew is how much longer than three intervals a node of the priority waits for an
// advertisement (RFC 9568 section 6.1), and for how long after the word that the
// node that holds the address leaves.
func (v VRRP) Skew(priority int) time.Duration {
	return v.Interval * time.Duration(256-priority) / 256
}

// MasterDown is how long a node of the priority waits for an advertisement before
// it takes the address (RFC 9568 section 6.1, Active_Down_Interval).
func (v VRRP) MasterDown(priority int) time.Duration { return 3*v.Interval + v.Skew(priority) }

type vrrpFile struct {
	ID       int           `yaml:"id" default:"51" min:"1" max:"255" doc:"of the virtual router"`
	Interval time.Duration `yaml:"interval" default:"1s" min:"10ms" max:"40s" doc:"between advertisements, in whole hundredths of a second"`
	Preempt  bool          `yaml:"preempt" default:"true" doc:"a node of higher priority takes the address back when it can"`
	At       document.Raw  `yaml:",self"`
}

// defaultPriority is that of RFC 9568 section 5.2.4.
const defaultPriority = 100

func (s *segment) checkVRRP(roles map[string]Role) error {
	var members []string
	for _, node := range s.nodes {
		if roles[node] == Anycast {
			members = append(members, node)
		}
	}
	given := map[int]string{}
	for _, ef := range s.To {
		switch {
		case ef.Priority == nil:
			continue
		case s.VRRP == nil:
			return ef.At.KeyErrorf("priority", "no priority here: the segment has no vrrp")
		case roles[ef.Node] != Anycast:
			return ef.At.KeyErrorf("priority", "no priority here: %s is no anycast node, and so no member", ef.Node)
		case given[*ef.Priority] != "":
			return ef.At.Errorf("priority", "%d is also the priority of %s: which of them holds the address would depend on their addresses", *ef.Priority, given[*ef.Priority])
		}
		given[*ef.Priority] = ef.Node
	}
	if s.VRRP == nil {
		return nil
	}
	if len(members) < 2 {
		return s.At.KeyErrorf("vrrp", "no vrrp here: at least two of %s must be anycast nodes", strings.Join(s.nodes, ", "))
	}
	for _, key := range []string{"bgp", "bfd"} {
		if s.At.Has(key) {
			return s.At.KeyErrorf(key, "no %s here: the segment has vrrp, in place of BGP", key)
		}
	}
	if s.VRRP.Interval%(10*time.Millisecond) != 0 {
		return s.VRRP.At.Errorf("interval", "the interval is %s; VRRP carries whole hundredths of a second (RFC 9568, 5.2.7)", document.Duration(s.VRRP.Interval))
	}
	return s.checkDefaults(members)
}

// checkOnly refuses a second VRRP beside a node's first.
func (s *segment) checkOnly(first map[string]string) error {
	if s.VRRP == nil {
		return nil
	}
	for i, node := range s.nodes {
		if first[node] != "" {
			return s.At.Errorf(fmt.Sprintf("endpoints.%d", i), "%s finds the anycast address on segment %s already, which has vrrp too", node, first[node])
		}
		first[node] = s.name
	}
	return nil
}

// checkDefaults refuses a priority that two members have without a word.
func (s *segment) checkDefaults(members []string) error {
	had := map[int]string{}
	for _, node := range members {
		p := s.priority(node)
		if had[p] != "" {
			return s.At.KeyErrorf("vrrp", "%s has the same priority as %s, %d: which of them holds the address would depend on their addresses; give one of them another, as in to: {%s: {priority: 150}}", node, had[p], p, had[p])
		}
		had[p] = node
	}
	return nil
}

// priority is that of a node of a segment, or of a pair of it.
func (lf linkFile) priority(node string) int {
	for _, ef := range lf.To {
		if ef.Node == node && ef.Priority != nil {
			return *ef.Priority
		}
	}
	return defaultPriority
}

// addVRRP makes the ends of a pair those of a group's members, if it has one. Nobody
// speaks BGP on such a segment.
func (l *Link) addVRRP(lf linkFile) {
	if lf.VRRP == nil {
		return
	}
	l.VRRP = &VRRP{ID: lf.VRRP.ID, Interval: lf.VRRP.Interval, Preempt: lf.VRRP.Preempt}
	for i := range l.Ends {
		l.Ends[i].Priority = lf.priority(l.Ends[i].Node)
	}
}

// hasMember says whether the anycast node is a member of a VRRP, and so need speak
// no BGP.
func (f *topologyFile) hasMember(node string) bool {
	return slices.ContainsFunc(f.Links, func(lf linkFile) bool {
		return lf.VRRP != nil && slices.Contains(lf.Endpoints, node)
	})
}

// Members says whether both ends of the link are members of its VRRP.
func (t Topology) Members(l Link) bool {
	return l.VRRP != nil && !t.joinsRole(l, Router) && !t.joinsRole(l, Client)
}

// HasBGP says whether a BGP session runs over the link: one between two speakers.
func (t Topology) HasBGP(l Link) bool {
	return l.VRRP == nil && !t.joinsRole(l, Client)
}

func (t Topology) joinsRole(l Link, r Role) bool {
	a, _ := t.Node(l.Ends[0].Node)
	b, _ := t.Node(l.Ends[1].Node)
	return a.Role == r || b.Role == r
}

// Membership is a node's part in a VRRP.
type Membership struct {
	VRRP
	Link     Link // to another member, or a router, on the segment
	Dev      string
	Priority int
}

// Membership returns a node's part in a VRRP, nil if it has none.
func (t Topology) Membership(node string) *Membership {
	n, _ := t.Node(node)
	for _, l := range t.LinksOf(node) {
		if l.VRRP != nil && n.Role == Anycast {
			near, _ := l.Of(node)
			return &Membership{*l.VRRP, l, near.Dev, near.Priority}
		}
	}
	return nil
}
