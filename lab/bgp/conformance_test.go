package bgp_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/labtest"
)

// A lab of one daemon: three sites behind a router, in both address families.
// The sites that can't be routers get the embedded one as theirs.
const conformanceLab = `
name: conformance
nodes:
  r: {role: router, asn: 65000, daemon: ROUTER, multipath: MULTIPATH}
  a: {role: anycast, asn: 65001}
  b: {role: anycast, asn: 65002}
  u: {role: client}
links:
  - endpoints: [r, a]
  - endpoints: [r, b]
  - endpoints: [r, u]
bgp: {hold: 3s, keepalive: 1s}
daemon: DAEMON
anycast: [192.0.2.100/32, 2001:db8::100/128]
`

// conformance is what every driver must pass.
var conformance = []struct {
	name  string
	needs func(bgp.Capabilities) bool // nil: nothing
	test  func(w *network)
}{
	{"peers", nil, testPeers},
	{"announce and withdraw", nil, testAnnounce},
	{"any prefix", nil, testAnyPrefix},
	{"carrier", nil, testCarrier},
	{"withdrawn while the link is down", nil, testWithdrawnUnseen},
	{"attributes", nil, testAttributes},
	{"reset", nil, testReset},
	{"frozen and thawed", nil, testFrozen},
	{"killed and restarted", nil, testKilled},
	{"stopped and restarted", nil, testStopped},
	{"router killed and restarted", canRoute, testRouterKilled},
}

func canRoute(c bgp.Capabilities) bool { return c.Routes }
func canBFD(c bgp.Capabilities) bool   { return c.BFD }

func TestConformance(t *testing.T) {
	for _, name := range bgp.Names() {
		t.Run(name, func(t *testing.T) {
			can := require(t, name).Capabilities()
			began := time.Now()
			w := open(t, labOf(name, false))
			w.announceAll("a", "b")
			w.waitAll("r", "a")
			t.Logf("from an empty lab to routes in the kernel: %v", time.Since(began).Round(time.Millisecond))
			for _, c := range conformance {
				if c.needs != nil && !c.needs(can) {
					continue
				}
				ok := t.Run(c.name, func(t *testing.T) {
					c.test(w.in(t))
				})
				if !ok {
					return // the lab is not as the next one expects it
				}
			}
			w.closed()
		})
	}
}

func TestConformanceMultipath(t *testing.T) {
	for _, name := range bgp.Names() {
		t.Run(name, func(t *testing.T) {
			require(t, name)
			w := open(t, labOf(name, true))
			w.announceAll("a", "b")
			w.waitAll("r", "a", "b")
			w.withdraw("b", anycast4, anycast6)
			w.waitAll("r", "a")
			w.announceAll("b")
			w.waitAll("r", "a", "b")
		})
	}
}

// labOf is the lab of one daemon.
func labOf(daemon string, multipath bool) string {
	router := daemon
	if d, err := bgp.Named(daemon); err != nil || !d.Capabilities().Routes {
		router = "gobgp"
	}
	return strings.NewReplacer("ROUTER", router, "DAEMON", daemon, "MULTIPATH", fmt.Sprint(multipath)).Replace(conformanceLab)
}

// require skips the test if the daemon is not there, or fails it if
// ANYLAB_REQUIRE lists it.
func require(t testing.TB, daemon string) bgp.Driver {
	t.Helper()
	labtest.Require(t, "netns")
	d, err := bgp.Named(daemon)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Available(); err != nil {
		if slices.Contains(strings.Split(os.Getenv(labtest.RequireEnv), ","), daemon) {
			t.Fatalf("%s is required: %v", daemon, err)
		}
		t.Skip(err)
	}
	if d.Version() == "" && daemon != "gobgp" { // a test's build information lists no modules
		t.Errorf("%s does not tell its version", daemon)
	}
	return d
}

// in is the same network for a subtest.
func (w *network) in(t *testing.T) *network {
	copied := *w
	copied.TB = t
	return &copied
}

func (w *network) announceAll(nodes ...string) {
	w.Helper()
	for _, n := range nodes {
		w.announce(n, anycast4, anycast6)
	}
}

// kernel returns the nodes to which the main table's route for the prefix
// leads, whoever wrote it.
func (w *network) kernel(node string, prefix netip.Prefix) []string {
	w.Helper()
	family := netlink.FAMILY_V4
	if prefix.Addr().Is6() {
		family = netlink.FAMILY_V6
	}
	var to []string
	err := w.node(node).Do(func() error {
		routes, err := lab.Dump(func() ([]netlink.Route, error) {
			return netlink.RouteListFiltered(family, &netlink.Route{Table: unix.RT_TABLE_MAIN}, netlink.RT_FILTER_TABLE)
		})
		for _, r := range routes {
			if r.Dst == nil || r.Dst.String() != prefix.String() || r.Protocol == unix.RTPROT_KERNEL {
				continue
			}
			to = append(to, w.owners(r)...)
		}
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	slices.Sort(to)
	return to
}

func (w *network) owners(r netlink.Route) []string {
	var to []string
	hops := []*netlink.NexthopInfo{{LinkIndex: r.LinkIndex, Gw: r.Gw}}
	if len(r.MultiPath) > 0 {
		hops = r.MultiPath
	}
	for _, h := range hops {
		if owner := w.lab.Owner(mustAddr(h.Gw)); owner != "" {
			to = append(to, owner)
			continue
		}
		to = append(to, w.behind(h.LinkIndex)) // an IPv6 next hop may be link-local
	}
	return to
}

// behind returns the node at the far end of an interface.
func (w *network) behind(index int) string {
	for _, n := range w.lab.Nodes() {
		for _, i := range n.Interfaces() {
			if i.Index == index {
				return i.Peer.Node
			}
		}
	}
	return ""
}

func (w *network) waitKernel(node string, prefix netip.Prefix, to ...string) {
	w.Helper()
	w.until(fmt.Sprintf("kernel route of %s for %s to %v", node, prefix, to), func(context.Context) (bool, error) {
		now := w.kernel(node, prefix)
		return slices.Equal(now, to), fmt.Errorf("it leads to %v", now)
	})
}

// waitAll waits for both families.
func (w *network) waitAll(node string, to ...string) {
	w.Helper()
	w.waitKernel(node, anycast4, to...)
	w.waitKernel(node, anycast6, to...)
}

func testPeers(w *network) {
	w.waitAll("r", "a")
	for name, want := range map[string][]string{"a": {"r", "r"}, "r": {"a", "a", "b", "b"}} {
		w.until("what "+name+" received", func(ctx context.Context) (bool, error) {
			peers, err := w.daemons[name].Peers(ctx)
			if err != nil {
				return false, err
			}
			return slices.EqualFunc(peers, want, func(p bgp.Peer, node string) bool {
				return p.Node == node && p.State == bgp.Established && w.lab.Owner(p.Addr) == node && p.Received > 0
			}), fmt.Errorf("%v", peers)
		})
	}
}

func testAnnounce(w *network) {
	w.waitAll("r", "a")
	for _, p := range []netip.Prefix{anycast4, anycast6} {
		w.withdraw("a", p)
		w.waitKernel("r", p, "b")
		w.withdraw("a", p) // again: no error
		w.withdraw("b", p)
		w.waitKernel("r", p)
		w.announce("b", p)
		w.waitKernel("r", p, "b")
		w.announce("a", p) // the lower router id wins, though it is the younger
		w.announce("a", p)
		w.waitKernel("r", p, "a")
	}
}

func testAnyPrefix(w *network) {
	p := netip.MustParsePrefix("198.51.100.0/24")
	w.announce("a", p)
	w.waitKernel("r", p, "a")
	w.withdraw("a", p)
	w.waitKernel("r", p)
}

func testCarrier(w *network) {
	link, err := w.lab.Between("r", "a")
	if err != nil {
		w.Fatal(err)
	}
	for _, end := range []string{"a", "r"} {
		w.waitAll("r", "a")
		if err := link.SetDown(end); err != nil {
			w.Fatal(err)
		}
		w.waitAll("r", "b")
		if err := link.SetUp(end); err != nil {
			w.Fatal(err)
		}
		w.established()
		w.waitAll("r", "a")
	}
}

// What was withdrawn while nobody was listening is not announced later.
func testWithdrawnUnseen(w *network) {
	link, err := w.lab.Between("r", "a")
	if err != nil {
		w.Fatal(err)
	}
	if err := link.SetDown("r"); err != nil {
		w.Fatal(err)
	}
	w.waitAll("r", "b")
	w.withdraw("a", anycast4, anycast6)
	if err := link.SetUp("r"); err != nil {
		w.Fatal(err)
	}
	w.established()
	p := netip.MustParsePrefix("203.0.113.0/24")
	w.announce("a", p)
	w.waitKernel("r", p, "a") // so what came before has arrived
	w.withdraw("a", p)
	if to := w.kernel("r", anycast4); !slices.Equal(to, []string{"b"}) {
		w.Errorf("the route leads to %v, want b", to)
	}
	w.announceAll("a")
	w.waitAll("r", "a")
}

func testAttributes(w *network) {
	for _, a := range []bgp.Attributes{{Prepend: 2}, {Communities: []uint32{bgp.GracefulShutdown}}} {
		for _, p := range []netip.Prefix{anycast4, anycast6} {
			w.waitKernel("r", p, "a")
			if err := w.daemons["a"].SetAttributes(w.Context(), a, p); err != nil {
				w.Fatal(err)
			}
			w.waitKernel("r", p, "b")
			if err := w.daemons["a"].SetAttributes(w.Context(), bgp.Attributes{}, p); err != nil {
				w.Fatal(err)
			}
			w.waitKernel("r", p, "a")
		}
	}
}

func testReset(w *network) {
	for _, soft := range []bool{true, false} {
		if err := w.daemons["a"].Reset(w.Context(), "r", soft); err != nil {
			w.Fatal(err)
		}
		if soft {
			w.waitAll("r", "a")
			continue
		}
		w.until("sessions of a and their routes", func(ctx context.Context) (bool, error) {
			return slices.Equal(w.kernel("r", anycast4), []string{"a"}), nil
		})
		w.established()
		w.waitAll("r", "a")
	}
}

func testFrozen(w *network) {
	w.waitAll("r", "a")
	w.signalAll("a", unix.SIGSTOP)
	ctx, cancel := context.WithTimeout(w.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := w.daemons["a"].Peers(ctx); !errors.Is(err, context.DeadlineExceeded) {
		w.Errorf("asking a frozen daemon: %v, want a missed deadline", err)
	}
	w.waitAll("r", "b") // the hold timer
	w.signalAll("a", unix.SIGCONT)
	w.established()
	w.waitAll("r", "a")
}

func testKilled(w *network) {
	w.waitAll("r", "a")
	old := w.daemons["a"].Procs()
	w.signalAll("a", os.Kill)
	w.waitAll("r", "b")
	for _, p := range old {
		<-p.Done()
	}
	if err := w.daemons["a"].Announce(w.Context(), anycast4); err == nil {
		w.Error("announcing on a killed daemon: no error")
	}
	if err := w.daemons["a"].Restart(w.Context()); err != nil {
		w.Fatal(err)
	}
	w.established()
	w.waitAll("r", "a")
}

func testStopped(w *network) {
	w.waitAll("r", "a")
	if err := w.daemons["a"].Stop(w.Context(), false); err != nil {
		w.Fatal(err)
	}
	for _, p := range w.daemons["a"].Procs() {
		select {
		case <-p.Done():
		default:
			w.Errorf("%s survived a stop", p.Name())
		}
	}
	w.waitAll("r", "b")
	w.withdraw6ThenRestart("a")
}

// withdraw6ThenRestart: a daemon that starts again announces what is in force.
func (w *network) withdraw6ThenRestart(node string) {
	w.Helper()
	if err := w.daemons[node].Withdraw(w.Context(), anycast6); err == nil {
		w.Error("withdrawing on a stopped daemon: no error")
	}
	if err := w.daemons[node].Restart(w.Context()); err != nil {
		w.Fatal(err)
	}
	w.established()
	w.waitKernel("r", anycast4, node)
	if to := w.kernel("r", anycast6); slices.Contains(to, node) {
		w.Errorf("a restarted daemon announces what was withdrawn: %v", to)
	}
	w.announce(node, anycast6)
	w.waitKernel("r", anycast6, node)
}

func testRouterKilled(w *network) {
	w.waitAll("r", "a")
	w.signalAll("r", os.Kill)
	for _, p := range w.daemons["r"].Procs() {
		<-p.Done()
	}
	if to := w.kernel("r", anycast4); !slices.Equal(to, []string{"a"}) {
		w.Errorf("a killed router's route leads to %v, want it kept", to)
	}
	w.withdraw("a", anycast4)
	if err := w.daemons["r"].Restart(w.Context()); err != nil {
		w.Fatal(err)
	}
	w.established()
	w.waitKernel("r", anycast4, "b") // what the dead one left is replaced
	w.announce("a", anycast4)
	w.waitAll("r", "a")
}

// signalAll sends a signal to every process of a daemon, and their workers.
func (w *network) signalAll(node string, s os.Signal) {
	w.Helper()
	for _, p := range w.daemons[node].Procs() {
		if err := unix.Kill(-p.PID(), s.(unix.Signal)); err != nil {
			w.Fatal(err)
		}
	}
}

// closed closes all daemons: none of their processes may be left, nor any of
// their routes.
func (w *network) closed() {
	w.Helper()
	for name, d := range w.daemons {
		procs := d.Procs()
		if err := d.Close(); err != nil {
			w.Errorf("close the daemon of %s: %v", name, err)
		}
		for _, p := range procs {
			select {
			case <-p.Done():
			default:
				w.Errorf("%s of %s is left", p.Name(), name)
			}
		}
	}
	if left, err := filepath.Glob("/proc/[0-9]*/exe"); err == nil {
		for _, exe := range left {
			if target, err := os.Readlink(exe); err == nil && slices.Contains(daemonPrograms, filepath.Base(target)) {
				w.Errorf("%s is left: %s", target, exe)
			}
		}
	}
	w.waitAll("r")
}

var daemonPrograms = []string{"bird", "bgpd", "zebra", "bfdd", "gobgpd"}

// TestConformanceBFD pairs every daemon that has BFD with itself as the
// router, and BIRD with FRR, over a switch that hides the carrier. The hold
// time is too long to help.
func TestConformanceBFD(t *testing.T) {
	var pairs [][2]string
	for _, name := range bgp.Names() {
		if d, err := bgp.Named(name); err == nil && canBFD(d.Capabilities()) {
			pairs = append(pairs, [2]string{name, name})
		}
	}
	pairs = append(pairs, [2]string{"bird", "frr"}, [2]string{"frr", "bird"})
	for _, pair := range pairs {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			for _, name := range pair {
				require(t, name)
			}
			yaml := strings.NewReplacer("ROUTER", pair[0], "DAEMON", pair[1], "MULTIPATH", "false",
				"hold: 3s, keepalive: 1s", "hold: 90s, keepalive: 30s",
				"[r, a]\n", "[r, a]\n    switch: true\n    bfd: {interval: 100ms, multiplier: 3}\n").Replace(conformanceLab)
			w := open(t, yaml)
			w.announceAll("a", "b")
			w.waitAll("r", "a")
			bfdUp(w)
			bfdDown(w)
		})
	}
}

// bfdUp waits until both ends of the session over r-a hear each other.
func bfdUp(w *network) {
	w.Helper()
	for node, far := range map[string]string{"r": "a", "a": "r"} {
		w.until("BFD of "+node, func(ctx context.Context) (bool, error) {
			peers, err := w.daemons[node].Peers(ctx)
			for _, p := range peers {
				if p.Node == far && p.BFD != "up" || p.Node != far && p.BFD != "" {
					return false, fmt.Errorf("%v", peers)
				}
			}
			return err == nil, err
		})
	}
}

// bfdDown silences the link, one way and the other: each time BFD has to end
// the sessions, and later lets them come back.
func bfdDown(w *network) {
	w.Helper()
	link, err := w.lab.Between("r", "a")
	if err != nil {
		w.Fatal(err)
	}
	for _, from := range []string{"a", "r"} {
		bfdUp(w)
		drop, err := link.Drop(from, lab.Filter{})
		if err != nil {
			w.Fatal(err)
		}
		w.waitAll("r", "b")
		if err := drop.Remove(); err != nil {
			w.Fatal(err)
		}
		w.established()
		w.waitAll("r", "a")
	}
}

// TestConformanceGracefulRestart: the router keeps the routes of a daemon that
// stops as if to be back soon, and has no others in between.
func TestConformanceGracefulRestart(t *testing.T) {
	for _, name := range bgp.Names() {
		t.Run(name, func(t *testing.T) {
			if !require(t, name).Capabilities().Restart {
				t.Skipf("the driver of %s has no graceful restart", name)
			}
			yaml := strings.Replace(labOf(name, false), "hold: 3s, keepalive: 1s", "hold: 9s, keepalive: 3s, graceful_restart: 60s", 1)
			w := open(t, yaml)
			w.announceAll("a", "b")
			w.waitAll("r", "a")
			if err := w.daemons["a"].Stop(t.Context(), true); err != nil {
				t.Fatal(err)
			}
			w.until("the router's sessions with a have ended", func(ctx context.Context) (bool, error) {
				peers, err := w.daemons["r"].Peers(ctx)
				return err == nil && !slices.ContainsFunc(peers, func(p bgp.Peer) bool {
					return p.Node == "a" && p.State == bgp.Established
				}), err
			})
			w.kept("a")
			if err := w.daemons["a"].Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.established()
			w.waitAll("r", "a")
		})
	}
}

// kept complains if the router's routes lead anywhere else.
func (w *network) kept(to string) {
	w.Helper()
	for _, p := range []netip.Prefix{anycast4, anycast6} {
		if got := w.kernel("r", p); !slices.Equal(got, []string{to}) {
			w.Errorf("the route for %s leads to %v, want it kept to %s", p, got, to)
		}
	}
}
