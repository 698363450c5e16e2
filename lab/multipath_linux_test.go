package lab_test

import (
	"encoding/binary"
	"errors"
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

	"github.com/vishvananda/netlink"
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

// paths returns where the router forwards each flow, by interface (0 is
// nowhere), as the kernel decides it for packets that come in from the client.
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
			if errors.Is(err, unix.ENETUNREACH) { // a lost carrier may just have taken the route
				list = append(list, 0)
				continue
			}
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

func families(t *testing.T, test func(t *testing.T, v6 bool)) {
	t.Run("IPv4", func(t *testing.T) { test(t, false) })
	t.Run("IPv6", func(t *testing.T) { test(t, true) })
}

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
			poll(t, func() bool { return r.marked(unix.RTNH_F_LINKDOWN) })
			if stay := slices.Contains(r.paths(), r.to("a0")); stay == ignore {
				t.Errorf("ignore_routes_with_linkdown %v: flows stay on the dead link: %v", ignore, stay)
			}
		})
	}
}

// marked says whether a next hop of the route has the flag.
func (r *router) marked(flag int) bool {
	r.Helper()
	marked := false
	err := r.Do(func() error {
		routes, err := lab.Dump(func() ([]netlink.Route, error) { return netlink.RouteList(nil, netlink.FAMILY_V4) })
		for _, route := range routes {
			marked = marked || slices.ContainsFunc(route.MultiPath, func(h *netlink.NexthopInfo) bool { return h.Flags&flag != 0 })
		}
		return err
	})
	if err != nil {
		r.Fatal(err)
	}
	return marked
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
