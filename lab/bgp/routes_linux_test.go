package bgp_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/labtest"
	"anylab/topologies"
)

func TestAnnounceAndWithdraw(t *testing.T) {
	w := open(t, twoNodes)
	w.announce("a", anycast4)
	w.waitRoute("r", anycast4, "a")
	w.waitRoute("a", w.subnet("r", "u"), "r") // the way back, originated by the router
	w.withdraw("a", anycast4)
	w.waitRoute("r", anycast4)
	w.withdraw("a", anycast4) // again: no error
	w.announce("a", anycast4)
	w.announce("a", anycast4)
	w.waitRoute("r", anycast4, "a")
}

func TestWithdrawMovesToNextSite(t *testing.T) {
	w := open(t, threeSites)
	for _, n := range []string{"c", "b", "a"} { // the oldest path must not win: the router id does
		w.announce(n, anycast4)
	}
	w.waitRoute("r", anycast4, "a")
	w.withdraw("a", anycast4)
	w.waitRoute("r", anycast4, "b")
	w.waitRoute("a", anycast4, "r") // a now knows another way there
	w.withdraw("b", anycast4)
	w.waitRoute("r", anycast4, "c")
	w.announce("a", anycast4)
	w.waitRoute("r", anycast4, "a")
	w.waitRoute("a", anycast4) // its own needs no route
}

func TestCarrierLoss(t *testing.T) {
	w := open(t, threeSites)
	for _, n := range []string{"a", "b", "c"} {
		w.announce(n, anycast4)
	}
	link, err := w.lab.Between("r", "a")
	if err != nil {
		t.Fatal(err)
	}
	for _, end := range []string{"a", "r"} {
		w.waitRoute("r", anycast4, "a")
		if err := link.SetDown(end); err != nil {
			t.Fatal(err)
		}
		w.waitRoute("r", anycast4, "b")
		w.until("idle neighbor", func(ctx context.Context) (bool, error) {
			peers, err := w.daemons["r"].Peers(ctx)
			return err == nil && peers[0].Node == "a" && peers[0].State == bgp.Idle, err
		})
		if err := link.SetUp(end); err != nil {
			t.Fatal(err)
		}
		w.established()
	}
	w.waitRoute("r", anycast4, "a")
}

// A link that flaps faster than sessions come up leaves them up in the end.
func TestFlappingLink(t *testing.T) {
	w := open(t, threeSites)
	w.announce("a", anycast4)
	w.announce("b", anycast4)
	link, err := w.lab.Between("r", "a")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		end := []string{"a", "r"}[i%2]
		if err := errors.Join(link.SetDown(end), link.SetUp(end)); err != nil {
			t.Fatal(err)
		}
	}
	w.established()
	w.waitRoute("r", anycast4, "a")
	w.waitRoute("a", w.subnet("r", "u"), "r")
}

func TestVanishedInterface(t *testing.T) {
	w := open(t, threeSites)
	w.announce("a", anycast4)
	w.announce("b", anycast4)
	w.waitRoute("r", anycast4, "a")
	err := w.node("a").Do(func() error {
		end, err := netlink.LinkByName(w.node("a").Interfaces()[0].Dev)
		if err != nil {
			return err
		}
		return netlink.LinkDel(end) // takes the router's end along
	})
	if err != nil {
		t.Fatal(err)
	}
	w.waitRoute("r", anycast4, "b")
}

func TestMultipath(t *testing.T) {
	multipath(t, open(t, strings.Replace(threeSites, "keepalive: 3s}", "keepalive: 3s, multipath: true}", 1)))
}

// The speaker's routes lead over a group that follows the best paths.
func TestResilientMultipath(t *testing.T) {
	text := strings.Replace(threeSites, "keepalive: 3s}", "keepalive: 3s, multipath: true}", 1)
	w := open(t, strings.Replace(text, "role: router,", "role: router, resilient: {},", 1))
	if got := nextHopObjects(t, w.node("r")); got != 0 {
		t.Errorf("%d next-hop objects without a route", got)
	}
	w.announce("a", anycast4)
	w.announce("b", anycast4)
	w.waitRoute("r", anycast4, "a", "b")
	if got := nextHopObjects(t, w.node("r")); got != 3 {
		t.Errorf("%d next-hop objects, want two neighbors and a group", got)
	}
	w.withdraw("a", anycast4)
	w.withdraw("b", anycast4)
	w.waitRoute("r", anycast4)
	multipath(t, w)
	w.until("no next-hop objects", func(context.Context) (bool, error) {
		return nextHopObjects(t, w.node("r")) == 0, nil
	})
}

// nextHopObjects counts the next-hop objects on a node.
func nextHopObjects(t *testing.T, n *lab.Node) int {
	t.Helper()
	count := 0
	err := n.Do(func() error {
		req := nl.NewNetlinkRequest(unix.RTM_GETNEXTHOP, unix.NLM_F_DUMP)
		req.AddRawData(make([]byte, 8)) // struct nhmsg
		messages, err := req.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWNEXTHOP)
		count = len(messages)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return count
}

func multipath(t *testing.T, w *network) {
	t.Helper()
	w.announce("a", anycast4)
	w.announce("b", anycast4)
	w.waitRoute("r", anycast4, "a", "b")
	w.announce("c", anycast4)
	w.waitRoute("r", anycast4, "a", "b", "c")
	w.withdraw("b", anycast4)
	w.waitRoute("r", anycast4, "a", "c")
	link, err := w.lab.Between("r", "a")
	if err != nil {
		t.Fatal(err)
	}
	if err := link.SetDown("a"); err != nil {
		t.Fatal(err)
	}
	w.waitRoute("r", anycast4, "c")
	w.withdraw("c", anycast4)
	w.waitRoute("r", anycast4)
}

func TestIPv6(t *testing.T) {
	w := open(t, strings.Replace(threeSites, "anycast: 192.0.2.100/32", "anycast: [192.0.2.100/32, 2001:db8::100/128]", 1))
	peers, err := w.daemons["r"].Peers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(peers) != 6 {
		t.Errorf("%d sessions, want one for each family of three links: %v", len(peers), peers)
	}
	for _, n := range []string{"a", "b"} {
		w.announce(n, anycast4, anycast6)
	}
	w.waitRoute("r", anycast6, "a")
	w.waitRoute("r", anycast4, "a")
	w.withdraw("a", anycast6)
	w.waitRoute("r", anycast6, "b")
	w.waitRoute("r", anycast4, "a")
	link, err := w.lab.Between("r", "b")
	if err != nil {
		t.Fatal(err)
	}
	if err := link.SetDown("b"); err != nil {
		t.Fatal(err)
	}
	w.waitRoute("r", anycast6)
	if err := link.SetUp("b"); err != nil {
		t.Fatal(err)
	}
	w.waitRoute("r", anycast6, "b")
}

// The router without the node must learn a next hop that it can reach.
func TestIBGP(t *testing.T) {
	topology, err := topologies.Parse("test.yaml", []byte(`
name: two-routers
summary: Two routers, an anycast node at one, a client at the other.
nodes:
  r: {role: router, asn: 65000}
  s: {role: router, asn: 65009}
  a: {role: anycast, asn: 65001}
  u: {role: client}
links:
  - endpoints: [r, a]
  - endpoints: [r, s]
  - endpoints: [s, u]
bgp: {hold: 9s, keepalive: 3s}
anycast: [192.0.2.100/32, 2001:db8::100/128]
`))
	if err != nil {
		t.Fatal(err)
	}
	topology.Nodes[1].ASN = topology.Nodes[0].ASN // which the file format doesn't offer
	w := startOn(t, labtest.OpenTopology(t, topology, lab.Options{}))
	w.established()
	w.announce("a", anycast4, anycast6)
	w.waitRoute("s", anycast4, "r")
	w.waitRoute("s", anycast6, "r")
	w.waitRoute("a", w.subnet("s", "u"), "r")
}
