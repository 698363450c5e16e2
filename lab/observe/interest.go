package observe

import (
	"net/netip"
	"slices"
)

// mostOthers is of how many prefixes beside the anycast ones a node's history is kept:
// a full table has a million, and none of them is asked.
const mostOthers = 1000

// interest knows the prefixes that are recorded: those of the anycast addresses, and
// the first others that are seen.
type interest struct {
	anycast []netip.Prefix
	others  map[netip.Prefix]bool
}

func newInterest(anycast []netip.Prefix) *interest {
	return &interest{anycast, map[netip.Prefix]bool{}}
}

// in says whether a prefix is recorded.
func (i *interest) in(p netip.Prefix) bool {
	if slices.ContainsFunc(i.anycast, p.Overlaps) || i.others[p] {
		return true
	}
	if len(i.others) == mostOthers {
		return false
	}
	i.others[p] = true
	return true
}

// among returns those of the prefixes that are recorded.
func (i *interest) among(all []netip.Prefix) []netip.Prefix {
	return slices.DeleteFunc(all, func(p netip.Prefix) bool { return !i.in(p) })
}
