package observe

import (
	"net/netip"
	"testing"

	"github.com/vishvananda/netlink"

	"anylab/lab"
	"anylab/lab/record"
)

// answered matches a lookup's answer about an anycast address.
func answered(p netip.Prefix, node string) func(record.Lookup) bool {
	return func(l record.Lookup) bool { return l.Dst == p.Addr() && l.Hop.Node == node }
}

func TestLookupFollowsRoutes(t *testing.T) {
	b := open(t, Options{})
	n := 0
	for _, p := range []netip.Prefix{site4, site6} {
		_, _ = wait(b, 0, "r", answered(p, "")) // no route at the start
		for _, site := range []string{"a", "b"} {
			b.routes(func(r *lab.Routes) error { return r.Replace(p, []netip.Addr{b.via(site, p)}) })
			_, n = wait(b, n, "r", answered(p, site))
		}
		b.routes(func(r *lab.Routes) error { return r.Delete(p) })
		_, n = wait(b, n, "r", answered(p, ""))
	}
}

// When an interface is set down the kernel takes the IPv4 routes over it out
// and says nothing: only the lookup shows it.
func TestLookupSeesWhatNoRouteEventTells(t *testing.T) {
	b := open(t, Options{})
	b.routes(func(r *lab.Routes) error { return r.Replace(site4, []netip.Addr{b.via("a", site4)}) })
	wait(b, 0, "r", leadsTo(site4, "a"))
	_, n := wait(b, 0, "r", answered(site4, "a"))
	before := record.Now()
	if err := b.link("r", "a").SetDown("r"); err != nil {
		t.Fatal(err)
	}
	e, _ := wait(b, n, "r", answered(site4, ""))
	if e.At < before {
		t.Errorf("%+v is stamped before its cause", e)
	}
	b.stop()
	for _, e := range b.events.Of(record.KindRoute) {
		if r := e.Data.(record.Route); e.At > before && e.Node == "r" && r.Prefix == site4 {
			t.Errorf("the kernel did send a route event: %+v", r)
		}
	}
}

// With equal next hops the flows are spread over them, and those of a next hop
// that is taken away move.
func TestLookupOverEqualHops(t *testing.T) {
	b := open(t, Options{})
	for _, p := range []netip.Prefix{site4, site6} {
		both := []netip.Addr{b.via("a", p), b.via("b", p)}
		b.routes(func(r *lab.Routes) error { return r.Replace(p, both) })
		_, _ = wait(b, 0, "r", func(l record.Lookup) bool { return l.Dst == p.Addr() && l.Hop.Node != "" })
		b.routes(func(r *lab.Routes) error { return r.Replace(p, both[1:]) })
		b.settled("r", p, "b")
	}
}

// A question that the kernel can't answer, since the interface by which the
// packets would come in is gone, is not taken for a missing route.
func TestLookupFailed(t *testing.T) {
	b := open(t, Options{})
	b.routes(func(r *lab.Routes) error { return r.Replace(site4, []netip.Addr{b.via("a", site4)}) })
	_, n := wait(b, 0, "r", answered(site4, "a"))
	b.in("r", func(h *netlink.Handle) error {
		dev, err := h.LinkByIndex(b.node("r").Interfaces()[2].Index)
		if err != nil {
			return err
		}
		return h.LinkDel(dev)
	})
	wait(b, n, "r", func(f record.Finding) bool { return f.Name == "lookup-failed" })
	b.stop()
	for _, e := range b.events.All()[n:] {
		if l, ok := e.Data.(record.Lookup); ok && l.Hop.Node == "" {
			t.Errorf("taken for no route: %+v", l)
		}
	}
}

// settled waits until the last answer for each flow to p is the node.
func (b bench) settled(router string, p netip.Prefix, node string) {
	b.t.Helper()
	last := map[int]string{}
	b.events.Wait(b.t, patience, func(e record.Event) bool {
		l, ok := e.Data.(record.Lookup)
		if ok && e.Node == router && l.Dst == p.Addr() {
			last[l.Flow] = l.Hop.Node
		}
		for _, n := range last {
			if n != node {
				return false
			}
		}
		return len(last) == portsPerClient
	})
}
