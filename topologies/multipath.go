package topologies

import (
	"fmt"
	"time"

	"anylab/topologies/document"
)

// HashPolicy is what a router spreads flows over equal paths by
// (fib_multipath_hash_policy).
type HashPolicy string

// The hash policies.
const (
	HashL3 HashPolicy = "l3" // addresses: all flows between two hosts take one path
	HashL4 HashPolicy = "l4" // addresses, protocol and ports
)

// Forwarding is how a router's kernel treats equal paths and dead links.
type Forwarding struct {
	Hash           HashPolicy // empty for nodes that are no routers
	IgnoreLinkDown bool       // routes over a link without carrier are not used (ignore_routes_with_linkdown)
	Resilient      *Resilient // of multipath routes; nil: hash-threshold (RFC 2992)
}

// Resilient is a resilient next-hop group of the kernel: flows hash into
// buckets, and buckets are handed from next hop to next hop one by one. Those
// of a lost next hop move at once. Those that a new one is due move when they
// have been idle, or when the group has been unbalanced for too long.
// (Documentation/networking/nexthop-group-resilient.rst)
type Resilient struct {
	Buckets    int           // 1 to 65535
	Idle       time.Duration // a bucket without a packet for so long may move; tens of milliseconds
	Unbalanced time.Duration // after so long buckets in use move as well; 0: never
}

// resilientFile is a resilient group's configuration or the word "none". The
// defaults are the kernel's.
type resilientFile struct {
	Buckets    int           `yaml:"buckets" default:"128" min:"1" doc:"into which flows hash; more than next hops"`
	Idle       time.Duration `yaml:"idle" default:"120s" doc:"a bucket without traffic for so long may move to another next hop"`
	Unbalanced time.Duration `yaml:"unbalanced" default:"0s" doc:"when a group has been unbalanced for so long, buckets in use move as well; 0s is never"`
	At         document.Raw  `yaml:",self"`
}

// UnmarshalText accepts "none".
func (r *resilientFile) UnmarshalText(text []byte) error {
	if string(text) != "none" {
		return fmt.Errorf("%q is not a resilient group; write {buckets: 128, idle: 120s, unbalanced: 0s} or none", text)
	}
	return nil
}

func (resilientFile) Words() []string { return []string{"none"} }

// addForwarding reads a router's options; other nodes have none.
func addForwarding(n *Node, nf nodeFile) error {
	if n.Role != Router {
		for _, key := range []string{"multipath_hash", "ignore_routes_with_linkdown", "resilient"} {
			if nf.At.Has(key) {
				return nf.At.KeyErrorf(key, "%s is no router, so it has no %s", n.Name, key)
			}
		}
		return nil
	}
	n.Hash, n.IgnoreLinkDown = HashPolicy(nf.MultipathHash), nf.IgnoreLinkDown
	if nf.Resilient == nil || nf.Resilient.Buckets == 0 { // absent, or "none"
		return nil
	}
	if !n.Multipath {
		return nf.At.KeyErrorf("resilient", "%s installs one path only: resilient groups need multipath: true", n.Name)
	}
	r, err := nf.Resilient.check()
	n.Resilient = &r
	return err
}

// check: the kernel counts timers in hundredths of a second (clock_t), and
// buckets in 16 bits.
func (r resilientFile) check() (Resilient, error) {
	const (
		unit = 10 * time.Millisecond
		most = 1<<16 - 1
		long = 24 * time.Hour
	)
	group := Resilient{Buckets: r.Buckets, Idle: r.Idle, Unbalanced: r.Unbalanced}
	if r.Buckets < 1 || r.Buckets > most {
		return group, r.At.Errorf("buckets", "%d buckets: a group has 1 to %d", r.Buckets, most)
	}
	for _, t := range []struct {
		key   string
		value time.Duration
	}{{"idle", r.Idle}, {"unbalanced", r.Unbalanced}} {
		if t.value < 0 || t.value%unit != 0 || t.value > long {
			return group, r.At.Errorf(t.key, "%s is %s; the kernel takes multiples of %s up to a day", t.key, document.Duration(t.value), document.Duration(unit))
		}
	}
	return group, nil
}
