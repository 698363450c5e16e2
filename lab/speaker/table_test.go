package speaker

import (
	"net/netip"
	"testing"
)

// The largest table has no prefix twice, no part of the lab's own networks, and the
// shape of the Internet's.
func TestTable(t *testing.T) {
	const count = MostRoutes
	bits, hops, n := map[int]int{}, 0, 0
	var last netip.Prefix
	for p, path := range Table(count, 1) {
		if last.IsValid() && (p.Overlaps(last) || p.Addr().Less(last.Addr())) {
			t.Fatalf("%s comes after %s", p, last)
		}
		if first := p.Addr().As4()[0]; p != p.Masked() || first == 10 || first == 192 || first >= 224 {
			t.Fatalf("%s is no network that a neighbor announces", p)
		}
		bits[p.Bits()]++
		hops, n, last = hops+len(path), n+1, p
	}
	if n != count {
		t.Fatalf("%d routes, want %d", n, count)
	}
	if share := float64(bits[24]) / count; share < 0.58 || share > 0.66 {
		t.Errorf("%.2f of them are of /24, want six of ten", share)
	}
	if mean := float64(hops) / count; mean < 2.8 || mean > 3.8 {
		t.Errorf("%.1f ASes behind the neighbor in the mean, want three", mean)
	}
}

// One seed, one table; another, another; a shorter one is the beginning of a longer one.
func TestTableIsOfItsSeed(t *testing.T) {
	list := func(count int, seed uint64) (all []netip.Prefix) {
		for p := range Table(count, seed) {
			all = append(all, p)
		}
		return all
	}
	long, short, other := list(1000, 1), list(10, 1), list(1000, 2)
	same := 0
	for i := range long {
		if i < len(short) && long[i] != short[i] {
			t.Errorf("route %d is %s, and %s of the shorter table", i, long[i], short[i])
		}
		if long[i] == other[i] {
			same++
		}
	}
	if same == len(long) {
		t.Error("two seeds make the same table")
	}
}
