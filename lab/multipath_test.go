package lab_test

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"anylab/lab"
	"anylab/lab/labtest"
	"anylab/topologies"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// flows is how many UDP flows of the client a test looks at.
const flows = 400

// router is the router of a star with a route for the anycast prefix over the
// nodes a0, a1 and a2.
type router struct {
	*testing.T
	*lab.Node
	lab    *lab.Lab
	routes *lab.Routes
	prefix netip.Prefix
	via    []netip.Addr
}

func newRouter(t *testing.T, f topologies.Forwarding, v6 bool) *router {
	t.Helper()
	top := star(3)
	top.Nodes[slices.IndexFunc(top.Nodes, func(n topologies.Node) bool { return n.Name == "r" })].Forwarding = f
	l := labtest.OpenTopology(t, top, lab.Options{})
	r := &router{T: t, Node: node(t, l, "r"), lab: l}
	r.routes = openRoutes(t, r.Node)
	for _, p := range l.Topology().Anycast {
		if p.Addr().Is6() == v6 {
			r.prefix = p
		}
	}
	for _, name := range []string{"a0", "a1", "a2"} {
		_, own := linkAddrs(node(t, l, name), r.prefix)
		r.via = append(r.via, own)
	}
	return r
}

func (r *router) replace(via ...netip.Addr) {
	r.Helper()
	if err := r.routes.Replace(r.prefix, via); err != nil {
		r.Fatal(err)
	}
}

// resilient gives the router a group with as many buckets as make the shares
// even.
func (r *router) resilient(idle, unbalanced time.Duration) {
	r.Helper()
	err := r.Do(func() error {
		return r.routes.Resilient(topologies.Resilient{Buckets: 120, Idle: idle, Unbalanced: unbalanced})
	})
	if err != nil {
		r.Fatal(err)
	}
}

// paths returns where the router forwards each flow, by interface, as the
// kernel decides it for packets that come in from the client.
func (r *router) paths() []int {
	r.Helper()
	client := node(r.T, r.lab, "c")
	from := client.Interfaces()[0]
	source, family, bits := from.IPv4.Addr(), uint8(unix.AF_INET), uint8(32)
	if r.prefix.Addr().Is6() {
		source, family, bits = from.IPv6.Addr(), unix.AF_INET6, 128
	}
	iif := r.to("c")
	port := func(n int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(n)) }
	var list []int
	err := r.Do(func() error {
		for flow := range flows {
			req := nl.NewNetlinkRequest(unix.RTM_GETROUTE, 0)
			req.AddData(&nl.RtMsg{RtMsg: unix.RtMsg{Family: family, Dst_len: bits, Src_len: bits}})
			for _, a := range []*nl.RtAttr{
				nl.NewRtAttr(unix.RTA_DST, r.prefix.Addr().AsSlice()), nl.NewRtAttr(unix.RTA_SRC, source.AsSlice()),
				nl.NewRtAttr(unix.RTA_IIF, nl.Uint32Attr(uint32(iif))), nl.NewRtAttr(unix.RTA_IP_PROTO, []byte{unix.IPPROTO_UDP}),
				nl.NewRtAttr(unix.RTA_SPORT, port(20000+flow)), nl.NewRtAttr(unix.RTA_DPORT, port(53)),
			} {
				req.AddData(a)
			}
			answer, err := req.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWROUTE)
			if err != nil {
				return err
			}
			attributes, err := nl.ParseRouteAttr(answer[0][unix.SizeofRtMsg:])
			if err != nil {
				return err
			}
			out := 0
			for _, a := range attributes {
				if a.Attr.Type == unix.RTA_OIF {
					out = int(binary.NativeEndian.Uint32(a.Value))
				}
			}
			list = append(list, out)
		}
		return nil
	})
	if err != nil {
		r.Fatal(err)
	}
	return list
}

// to returns the router's interface to a node.
func (r *router) to(name string) int {
	for _, i := range r.Interfaces() {
		if i.Peer.Node == name {
			return i.Index
		}
	}
	r.Fatalf("no link to %s", name)
	return 0
}

// moved counts the flows that left the interface lost, and those that left
// another one.
func moved(before, after []int, lost int) (needed, needless int) {
	for flow, dev := range before {
		switch {
		case after[flow] == dev:
		case dev == lost:
			needed++
		default:
			needless++
		}
	}
	return needed, needless
}

// Hash-threshold divides the hash's range anew (RFC 2992): of three next hops,
// taking away an outer one moves half of all flows, the middle one a third.
func TestHashThresholdMovesOthers(t *testing.T) {
	r := newRouter(t, topologies.Forwarding{}, false)
	for lost, share := range []float64{1. / 6, 0, 1. / 6} {
		r.replace(r.via...)
		before := r.paths()
		r.replace(slices.Delete(slices.Clone(r.via), lost, lost+1)...)
		needed, needless := moved(before, r.paths(), r.to("a"+string(rune('0'+lost))))
		if got := float64(needed) / flows; got < 1./3-.1 || got > 1./3+.1 {
			t.Errorf("a%d had %.2f of the flows, want a third", lost, got)
		}
		if got := float64(needless) / flows; got < share-.08 || got > share+.08 {
			t.Errorf("without a%d %.2f of the flows moved from others, want %.2f", lost, got, share)
		}
	}
}

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

func families(t *testing.T, test func(t *testing.T, v6 bool)) {
	t.Run("IPv4", func(t *testing.T) { test(t, false) })
	t.Run("IPv6", func(t *testing.T) { test(t, true) })
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
		for len(r.list()) > 0 && slices.Contains(r.paths(), r.to(name)) {
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
		req.AddRawData([]byte{unix.AF_INET, 0, 0, 0, 0, 0, 0, 0})
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
		req.AddData(nhmsg{})
		messages, err := req.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWNEXTHOP)
		n = len(messages)
		return err
	})
	if err != nil {
		r.Fatal(err)
	}
	return n
}

// nhmsg is struct nhmsg of linux/nexthop.h, all zeros.
type nhmsg struct{}

func (nhmsg) Len() int          { return 8 }
func (nhmsg) Serialize() []byte { return make([]byte, 8) }

// By addresses alone all flows of a client take one path.
func TestHashPolicy(t *testing.T) {
	for policy, spread := range map[topologies.HashPolicy]bool{topologies.HashL3: false, topologies.HashL4: true, "": true} {
		families(t, func(t *testing.T, v6 bool) {
			r := newRouter(t, topologies.Forwarding{Hash: policy}, v6)
			r.replace(r.via...)
			paths := r.paths()
			if got := len(slices.Compact(slices.Sorted(slices.Values(paths)))) > 1; got != spread {
				t.Errorf("policy %q: spread over several paths: %v, want %v", policy, got, spread)
			}
		})
	}
}

// Flows stay on a dead link until the daemon acts, unless the kernel is told
// to ignore routes over such links.
func TestIgnoreLinkDown(t *testing.T) {
	for _, ignore := range []bool{false, true} {
		t.Run(fmt.Sprint(ignore), func(t *testing.T) {
			r := newRouter(t, topologies.Forwarding{IgnoreLinkDown: ignore}, false)
			r.replace(r.via...)
			link, err := r.lab.Between("r", "a0")
			if err != nil {
				t.Fatal(err)
			}
			if err := link.SetDown("a0"); err != nil {
				t.Fatal(err)
			}
			deadline := time.Now().Add(20 * time.Second)
			for up := true; up; time.Sleep(time.Millisecond) {
				if up, err = link.Carrier("r"); err != nil || time.Now().After(deadline) {
					t.Fatalf("carrier %v, %v", up, err)
				}
			}
			if stay := slices.Contains(r.paths(), r.to("a0")); stay == ignore {
				t.Errorf("ignore_routes_with_linkdown %v: flows stay on the dead link: %v", ignore, stay)
			}
		})
	}
}

// Interfaces must have what "all" and "default" say.
func TestForwardingSysctlsReachInterfaces(t *testing.T) {
	r := newRouter(t, topologies.Forwarding{IgnoreLinkDown: true}, false)
	for _, family := range []string{"ipv4", "ipv6"} {
		path := "/proc/sys/net/" + family + "/conf/" + r.Interfaces()[0].Dev + "/ignore_routes_with_linkdown"
		err := r.Do(func() error {
			text, err := os.ReadFile(path)
			if err == nil && strings.TrimSpace(string(text)) != "1" {
				t.Errorf("%s: %s", path, text)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}
