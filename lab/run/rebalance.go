package run

import "time"

// upkeep is the least time between two looks of the kernel at a resilient
// group (net/ipv4/nexthop.c, NH_RES_UPKEEP_DW_MINIMUM_INTERVAL).
const upkeep = 500 * time.Millisecond

// rebalance is how long it may take after the last session came up until its
// node has its share of the flows: a resilient group that grows hands buckets
// over one by one, those in use after its unbalanced timer.
func (c cell) rebalance() time.Duration {
	var longest time.Duration
	for _, n := range c.Topology.Nodes {
		if n.Resilient != nil {
			longest = max(longest, n.Resilient.Unbalanced+upkeep)
		}
	}
	return longest
}
