package observe

import (
	"errors"
	"net/netip"
	"slices"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/record"
)

// leadsTo matches a route for p with exactly these nodes as next hops.
func leadsTo(p netip.Prefix, nodes ...string) func(record.Route) bool {
	return func(r record.Route) bool {
		var got []string
		for _, h := range r.Hops {
			got = append(got, h.Node)
		}
		slices.Sort(got)
		return r.Prefix == p && slices.Equal(got, nodes) && r.Deleted == (len(nodes) == 0)
	}
}

func TestRoutesOfSpeaker(t *testing.T) {
	b := open(t, Options{})
	learned := netip.MustParsePrefix("198.51.100.0/24")
	n := 0
	for _, p := range []netip.Prefix{site4, site6, learned} {
		step := func(want []string, f func(*lab.Routes) error) {
			t.Helper()
			b.routes(f)
			_, n = wait(b, n, "r", func(r record.Route) bool { return r.Prefix == p })
			got := b.events.All()[n-1].Data.(record.Route)
			if !leadsTo(p, want...)(got) {
				t.Errorf("%s: got %+v, want %v", p, got, want)
			}
		}
		a, z := b.via("a", p), b.via("b", p)
		replace := func(via ...netip.Addr) func(*lab.Routes) error {
			return func(r *lab.Routes) error { return r.Replace(p, via) }
		}
		step([]string{"a"}, replace(a))
		step([]string{"b"}, replace(z))
		step([]string{"a", "b"}, replace(a, z))
		step([]string{"b"}, replace(z))
		step([]string{"a", "b"}, replace(z, a))
		step(nil, func(r *lab.Routes) error { return r.Delete(p) })
	}
}

// Hops tells address and interface as well.
func TestRouteHop(t *testing.T) {
	b := open(t, Options{})
	b.routes(func(r *lab.Routes) error { return r.Replace(site4, []netip.Addr{b.via("b", site4)}) })
	e, _ := wait(b, 0, "r", leadsTo(site4, "b"))
	near, far := b.link("r", "b").Of("r")
	want := record.Hop{Node: "b", Via: far.IPv4.Addr(), Dev: near.Dev}
	if got := e.Data.(record.Route).Hops[0]; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// Next hops that are added and taken away one by one, as some daemons do for
// IPv6, are told as the set that they make.
func TestRouteMembersOneByOne(t *testing.T) {
	b := open(t, Options{})
	n := 0
	b.in("r", func(h *netlink.Handle) error {
		hop := func(site string) *netlink.Route {
			return &netlink.Route{Dst: ipNet(site6), Gw: b.via(site, site6).AsSlice(), Protocol: unix.RTPROT_BGP}
		}
		for _, step := range []struct {
			do   func(*netlink.Route) error
			site string
			want []string
		}{
			{h.RouteAdd, "a", []string{"a"}},
			{h.RouteAppend, "b", []string{"a", "b"}},
			{h.RouteDel, "a", []string{"b"}},
			{h.RouteDel, "b", nil},
		} {
			if err := step.do(hop(step.site)); err != nil {
				return err
			}
			_, n = wait(b, n, "r", func(r record.Route) bool { return r.Prefix == site6 })
			if got := b.events.All()[n-1].Data.(record.Route); !leadsTo(site6, step.want...)(got) {
				t.Errorf("got %+v, want %v", got, step.want)
			}
		}
		return nil
	})
}

// Of two routes with different metrics the lower one forwards, whichever came
// last.
func TestRouteWithTwoMetrics(t *testing.T) {
	b := open(t, Options{})
	b.in("r", func(h *netlink.Handle) error {
		for i, site := range []string{"a", "b"} {
			r := &netlink.Route{Dst: ipNet(site4), Gw: b.via(site, site4).AsSlice(), Protocol: unix.RTPROT_BGP, Priority: 10 + i}
			if err := h.RouteAdd(r); err != nil {
				return err
			}
		}
		_, n := wait(b, 0, "r", leadsTo(site4, "a"))
		_, n = wait(b, n, "r", leadsTo(site4, "a"))
		err := h.RouteDel(&netlink.Route{Dst: ipNet(site4), Priority: 10})
		wait(b, n, "r", leadsTo(site4, "b"))
		return err
	})
}

// A group of next hops changes its members without a message about the routes
// that use it.
func TestRouteOverNextHopObject(t *testing.T) {
	b := open(t, Options{})
	if err := objects(b); err != nil {
		t.Fatal(err)
	}
	wait(b, 0, "r", leadsTo(site4, "a", "b"))
	if err := deleteObject(b, 1); err != nil {
		t.Fatal(err)
	}
	wait(b, 0, "r", leadsTo(site4, "b"))
}

// The address that a node itself has leads to the node.
func TestRouteOfOwnAddress(t *testing.T) {
	b := open(t, Options{})
	for _, p := range []netip.Prefix{site4, site6} {
		e, _ := wait(b, 0, "a", leadsTo(p, "a"))
		if hop := e.Data.(record.Route).Hops[0]; hop.Dev == "" {
			t.Errorf("%s: the interface is not named: %+v", p, hop)
		}
	}
}

// After an overrun the tables are read: what was missed is recorded then,
// deletions included.
func TestRouteResync(t *testing.T) {
	b := open(t, Options{})
	b.stop()
	sub, conn, err := watch(b.node("r"), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, conn)
	defer closing(t, sub.file)
	w := &routes{node: "r", out: b.events, conn: conn, resolver: newResolver(b.Lab, b.node("r")), anycast: b.Topology().Anycast, table: map[netip.Prefix]*entry{}}
	n := len(b.events.All())
	for _, sites := range [][]string{{"a"}, {"a", "b"}, nil} {
		b.routes(func(r *lab.Routes) error {
			var via []netip.Addr
			for _, s := range sites {
				via = append(via, b.via(s, site6))
			}
			if via == nil {
				return r.Delete(site6)
			}
			return r.Replace(site6, via)
		})
		if err := errors.Join(w.handle(batch{overrun: true}), w.handle(batch{overrun: true})); err != nil {
			t.Fatal(err)
		}
		var seen []record.Route
		for _, e := range b.events.All()[n:] {
			if r, ok := e.Data.(record.Route); ok {
				seen = append(seen, r)
			}
		}
		if len(seen) != 1 || !leadsTo(site6, sites...)(seen[0]) {
			t.Errorf("got %+v, want one event with %v", seen, sites)
		}
		n = len(b.events.All())
	}
	if got := len(b.findings("netlink-overrun")); got != 6 {
		t.Errorf("%d findings for 6 overruns", got)
	}
}
