package topologies

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"anylab/topologies/document"
)

// segment is what three or more nodes share. It becomes a link for each two of them
// that have to do with each other: a router and anybody, and the members of a VRRP
// group.
type segment struct {
	linkFile
	number int // of all segments
	name   string
	nodes  []string          // its ends
	devs   map[string]string // by node; empty: not said
}

// maxSegments and maxEnds keep derived addresses inside their ranges.
const (
	maxSegments = 256
	maxEnds     = 250
)

// share puts the links of its pairs in the place of each segment.
func (f *topologyFile) share() error {
	var err error
	if f.given, err = givenDevices(*f); err != nil {
		return err
	}
	roles := map[string]Role{}
	for _, n := range f.Nodes {
		roles[n.Name] = n.Role
	}
	var links []linkFile
	known := map[string]int{}
	segments, first := 0, map[string]string{}
	for i, lf := range f.Links {
		lf.said = i
		if len(lf.Endpoints) < 3 {
			if lf.VRRP != nil {
				return lf.At.KeyErrorf("vrrp", "no vrrp here: it is spoken on a segment that at least a router and two anycast nodes share, as in endpoints: [r, a, b]")
			}
			links = append(links, lf)
			continue
		}
		if segments == maxSegments {
			return lf.At.Errorf("endpoints", "more than %d shared segments are too many", maxSegments)
		}
		s, err := newSegment(lf, roles)
		if err != nil {
			return err
		}
		if err := s.checkOnly(first); err != nil {
			return err
		}
		s.number, segments = segments, segments+1
		if known[s.name]++; known[s.name] > 1 {
			s.name = fmt.Sprintf("%s#%d", s.name, known[s.name])
		}
		links = append(links, s.pairs(roles)...)
	}
	f.Links = links
	return nil
}

func newSegment(lf linkFile, roles map[string]Role) (*segment, error) {
	s := &segment{linkFile: lf, devs: map[string]string{}}
	if len(lf.Endpoints) > maxEnds {
		return s, lf.At.Errorf("endpoints", "%d ends are too many; a segment has at most %d", len(lf.Endpoints), maxEnds)
	}
	for i, e := range lf.Endpoints {
		node, dev, _ := strings.Cut(e, ":")
		at := fmt.Sprintf("endpoints.%d", i)
		switch {
		case roles[node] == "":
			return s, lf.At.Errorf(at, "%s", document.NoSuch("node", node, names(roles)))
		case slices.Contains(s.nodes, node):
			return s, lf.At.Errorf(at, "%s is repeated", node)
		}
		s.nodes = append(s.nodes, node)
		s.devs[node] = dev
	}
	s.name = strings.Join(s.nodes, "-")
	if !slices.ContainsFunc(s.nodes, func(n string) bool { return roles[n] == Router }) {
		return s, lf.At.Errorf("endpoints", "none of %s is a router, which the others on a shared segment speak with", strings.Join(s.nodes, ", "))
	}
	if err := s.checkKeys(); err != nil {
		return s, err
	}
	return s, s.checkVRRP(roles)
}

// checkKeys refuses what is said of a cable.
func (s *segment) checkKeys() error {
	ends := s.nodes
	for _, key := range []string{"delay", "inflation", "jitter", "loss", "rate", "hop", "unnumbered"} {
		if s.At.Has(key) {
			return s.At.KeyErrorf(key, "no %s here: it is for a link of two ends, and %s share this one", key, strings.Join(ends, ", "))
		}
	}
	for _, ef := range s.To {
		if !slices.Contains(ends, ef.Node) {
			return s.At.At("to").KeyErrorf(ef.Node, "%q is not an end of this segment; its ends: %s", ef.Node, strings.Join(ends, ", "))
		}
		for _, key := range []string{"delay", "jitter", "loss", "rate", "client"} {
			if ef.At.Has(key) {
				return ef.At.KeyErrorf(key, "no %s here: it is for a link of two ends, and %s share this one", key, strings.Join(ends, ", "))
			}
		}
	}
	return nil
}

// pairs returns a link for each two ends that have to do with each other.
func (s *segment) pairs(roles map[string]Role) []linkFile {
	var links []linkFile
	for i, near := range s.nodes {
		for _, far := range s.nodes[i+1:] {
			members := s.VRRP != nil && roles[near] == Anycast && roles[far] == Anycast
			if roles[near] != Router && roles[far] != Router && !members {
				continue
			}
			pair := s.linkFile
			pair.segment, pair.Endpoints, pair.Switch = s, []string{near, far}, true
			pair.To = slices.DeleteFunc(slices.Clone(s.To), func(ef endFile) bool { return ef.Node != near && ef.Node != far })
			links = append(links, pair)
		}
	}
	return links
}

// shares says whether both links are of one segment.
func (l Link) shares(other Link) bool { return l.Segment != "" && l.Segment == other.Segment }

// addressOn gives the ends of a pair theirs on the segment.
func (l *Link) addressOn(s *segment) error {
	four, err := s.addresses("address")
	if err != nil {
		return err
	}
	six, err := s.addresses("address6")
	for i, e := range l.Ends {
		l.Ends[i].IPv4, l.Ends[i].IPv6 = four[e.Node], six[e.Node]
	}
	return err
}

// addresses are those of the file in one family, or else of the segment's /24 of
// 10.1.0.0/16 or /112 of fd00:a11:1ab:1::/64.
func (s *segment) addresses(key string) (map[string]netip.Prefix, error) {
	all := map[string]netip.Prefix{}
	for _, ef := range s.To {
		p := ef.Address
		if key == "address6" {
			p = ef.Address6
		}
		if !p.IsValid() {
			continue
		}
		if err := checkAddress(ef, key, p); err != nil {
			return nil, err
		}
		for node, other := range all {
			if other == p || other.Masked() != p.Masked() {
				return nil, ef.At.Errorf(key, "%s and %s, that of %s, must be two addresses of one network", p, other, node)
			}
		}
		all[ef.Node] = p
	}
	given := len(all) > 0
	for i, node := range s.nodes {
		switch {
		case !given:
			all[node] = derivedOn(s.number, i, key)
		case !all[node].IsValid():
			return nil, s.At.Errorf("to", "%s has no %s, which others on this segment are given: give it to all of %s, or to none", node, key, strings.Join(s.nodes, ", "))
		}
	}
	return all, nil
}

// derivedOn is the address of an end of a segment, both counted from 0.
func derivedOn(segment, end int, key string) netip.Prefix {
	if key == "address6" {
		return netip.PrefixFrom(netip.AddrFrom16([16]byte{0: 0xfd, 2: 0x0a, 3: 0x11, 4: 0x01, 5: 0xab, 7: 1, 13: byte(segment), 15: byte(end + 1)}), 112)
	}
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 1, byte(segment), byte(end + 1)}), 24)
}
