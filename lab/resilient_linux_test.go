package lab_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"anylab/topologies"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

func TestResilientMovesOnlyTheLost(t *testing.T) {
	families(t, func(t *testing.T, v6 bool) {
		r := newRouter(t, topologies.Forwarding{}, v6)
		r.resilient(time.Hour, 0)
		r.replace(r.via...)
		for lost := range 3 {
			before := r.paths()
			r.replace(slices.Delete(slices.Clone(r.via), lost, lost+1)...)
			after := r.paths()
			gone := r.to("a" + string(rune('0'+lost)))
			needed, needless := moved(before, after, gone)
			if needed == 0 || needless != 0 || slices.Contains(after, gone) {
				t.Errorf("without a%d: %d of its flows moved, %d of others; still there: %v",
					lost, needed, needless, slices.Contains(after, gone))
			}
			if err := r.routes.Delete(r.prefix); err != nil { // or the next hop would get no flow in this test's time
				t.Fatal(err)
			}
			r.replace(r.via...)
		}
	})
}

// A next hop that comes back gets flows that are idle, or all that are its
// due when the group has been unbalanced for too long.
func TestResilientGivesFlowsBack(t *testing.T) {
	for name, test := range map[string]struct {
		idle, unbalanced time.Duration
		back             bool
	}{
		"not yet":    {time.Hour, 0, false},
		"idle":       {10 * time.Millisecond, 0, true},
		"unbalanced": {time.Hour, 50 * time.Millisecond, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRouter(t, topologies.Forwarding{}, false)
			r.resilient(test.idle, test.unbalanced)
			r.replace(r.via[1:]...)
			// Use in the very jiffy in which a bucket was made does not count
			// (net/ipv4/nexthop.c, nh_res_bucket_idle_point).
			time.Sleep(30 * time.Millisecond)
			before := r.paths() // which marks the buckets as used
			r.replace(r.via...)
			if !test.back {
				if needed, needless := moved(before, r.paths(), 0); needed+needless != 0 {
					t.Errorf("%d flows moved", needed+needless)
				}
				return
			}
			deadline := time.Now().Add(20 * time.Second)
			for !slices.Contains(r.paths(), r.to("a0")) {
				if time.Now().After(deadline) {
					t.Fatal("no flow moved to the next hop that came back")
				}
				time.Sleep(20 * time.Millisecond) // or asking would keep the buckets in use
			}
		})
	}
}

// The kernel takes a member that loses its carrier out of its groups by
// itself, and deletes its object. The speaker's own writes go on from there.
func TestResilientSurvivesLostCarriers(t *testing.T) {
	r := newRouter(t, topologies.Forwarding{}, false)
	r.resilient(0, 0)
	r.replace(r.via...)
	for _, name := range []string{"a0", "a1", "a2"} {
		link, err := r.lab.Between("r", name)
		if err != nil {
			t.Fatal(err)
		}
		if err := link.SetDown(name); err != nil {
			t.Fatal(err)
		}
		deadline := time.Now().Add(20 * time.Second)
		for slices.Contains(r.paths(), r.to(name)) {
			if time.Now().After(deadline) {
				t.Fatalf("flows still go to %s", name)
			}
			time.Sleep(time.Millisecond)
		}
	}
	if got := r.list(); len(got) != 0 {
		t.Errorf("routes %v over dead links", got)
	}
	if err := r.routes.Replace(r.prefix, r.via); err == nil {
		t.Error("a route over dead links was accepted")
	}
	for _, name := range []string{"a0", "a1", "a2"} {
		link, err := r.lab.Between("r", name)
		if err == nil {
			err = link.SetUp(name)
		}
		if err != nil {
			t.Fatal(err)
		}
		deadline := time.Now().Add(20 * time.Second)
		for up := false; !up; time.Sleep(time.Millisecond) {
			if up, err = link.Carrier("r"); err != nil || time.Now().After(deadline) {
				t.Fatalf("carrier %v, %v", up, err)
			}
		}
	}
	r.replace(r.via...)
	for _, name := range []string{"a0", "a1", "a2"} {
		if !slices.Contains(r.paths(), r.to(name)) {
			t.Errorf("no flow goes to %s again", name)
		}
	}
}

func (r *router) list() map[netip.Prefix][]netip.Addr {
	r.Helper()
	list, err := r.routes.List()
	if err != nil {
		r.Fatal(err)
	}
	return list
}

// A speaker that starts over takes over the groups of the one before, and in
// the end nothing is left of them.
func TestResilientIsTakenOverAndRemoved(t *testing.T) {
	r := newRouter(t, topologies.Forwarding{}, false)
	r.resilient(time.Hour, 0)
	r.replace(r.via...)
	before := r.paths()
	r.routes = openRoutes(t, r.Node)
	r.resilient(time.Hour, 0)
	r.replace(r.via[:2]...)
	if needed, needless := moved(before, r.paths(), r.to("a2")); needed == 0 || needless != 0 {
		t.Errorf("after a new start: %d flows of the lost next hop moved, %d of others", needed, needless)
	}
	if want, got := r.via[:2], r.list()[r.prefix]; len(got) != len(want) {
		t.Errorf("next hops %v, want %v", got, want)
	}
	r.replace(r.via[0]) // one is left: its group stays, for the others may come back
	for range 2 {
		if err := r.routes.Delete(r.prefix); err != nil {
			t.Fatal(err)
		}
	}
	if left := r.objects(); left != 0 || len(r.list()) != 0 {
		t.Errorf("%d next-hop objects and routes %v are left", left, r.list())
	}
}

// Where no group can be made the speaker must learn it at its start.
func TestResilientSaysThatItCannot(t *testing.T) {
	r := newRouter(t, topologies.Forwarding{}, false)
	err := r.Do(func() error {
		req := nl.NewNetlinkRequest(unix.RTM_NEWNEXTHOP, unix.NLM_F_ACK|unix.NLM_F_CREATE)
		req.AddData(nhmsg(unix.AF_INET))
		req.AddData(nl.NewRtAttr(unix.NHA_ID, nl.Uint32Attr(1<<31-2))) // in the way of the first group
		req.AddData(nl.NewRtAttr(unix.NHA_BLACKHOLE, nil))
		_, err := req.Execute(unix.NETLINK_ROUTE, 0)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	err = r.Do(func() error { return r.routes.Resilient(topologies.Resilient{Buckets: 8}) })
	if err == nil || !strings.Contains(err.Error(), "make a resilient next-hop group") {
		t.Errorf("error %v, want that no group can be made", err)
	}
}

// objects counts the next-hop objects.
func (r *router) objects() int {
	r.Helper()
	n := 0
	err := r.Do(func() error {
		req := nl.NewNetlinkRequest(unix.RTM_GETNEXTHOP, unix.NLM_F_DUMP)
		req.AddData(nhmsg(unix.AF_UNSPEC))
		messages, err := req.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWNEXTHOP)
		n = len(messages)
		return err
	})
	if err != nil {
		r.Fatal(err)
	}
	return n
}

// nhmsg is struct nhmsg of linux/nexthop.h: an address family, and zeros.
type nhmsg uint8

func (nhmsg) Len() int            { return 8 }
func (m nhmsg) Serialize() []byte { return []byte{byte(m), 0, 0, 0, 0, 0, 0, 0} }
