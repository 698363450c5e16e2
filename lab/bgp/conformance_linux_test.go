package bgp_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

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
	{"operations", nil, testOperations},
	{"peers", nil, testPeers},
	{"announce and withdraw", nil, testAnnounce},
	{"any prefix", nil, testAnyPrefix},
	{"carrier", nil, testCarrier},
	{"withdrawn while the link is down", nil, testWithdrawnUnseen},
	{"attributes", nil, testAttributes},
	{"table", nil, testTable},
	{"reset", nil, testReset},
	{"frozen and thawed", nil, testFrozen},
	{"killed and restarted", nil, testKilled},
	{"stopped and restarted", nil, testStopped},
	{"router killed and restarted", canRoute, testRouterKilled},
}

func canRoute(c bgp.Capabilities) bool { return c.Routes }
func canBFD(c bgp.Capabilities) bool   { return c.BFD }

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, name := range bgp.Speakers() {
		t.Run(name, func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
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
	t.Parallel()
	for _, name := range bgp.Speakers() {
		t.Run(name, func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
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
	return strings.NewReplacer("ROUTER", routerFor(daemon), "DAEMON", daemon, "MULTIPATH", fmt.Sprint(multipath)).Replace(conformanceLab)
}

// routerFor is the daemon itself, where it can be a router.
func routerFor(daemon string) string {
	if !bgp.CapabilitiesOf(daemon).Routes {
		return "gobgp"
	}
	return daemon
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

func testPeers(w *network) {
	w.waitAll("r", "a")
	w.hears("a", "r", "r")
	w.hears("r", "a", "a", "b", "b")
}

// hears waits until a node's sessions are with these nodes, in this order, and each has
// brought routes.
func (w *network) hears(name string, from ...string) {
	w.Helper()
	w.until("what "+name+" received", func(ctx context.Context) (bool, error) {
		peers, err := w.daemons[name].Peers(ctx)
		if err != nil {
			return false, err
		}
		return slices.EqualFunc(peers, from, func(p bgp.Peer, node string) bool {
			return p.Node == node && p.State == bgp.Established && w.lab.Owner(p.Addr) == node && p.Received > 0
		}), fmt.Errorf("%v", peers)
	})
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
		w.settle("r", "a")
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
	w.settle("r", "a")
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
		if n, _ := w.topology.Node("a"); bgp.CapabilitiesOf(n.Daemon).Idle > 0 {
			// Nobody waits here for as long as it idles.
			w.until("the end of a's session", func(ctx context.Context) (bool, error) {
				peers, err := w.daemons["a"].Peers(ctx)
				return err == nil && peers[0].State != bgp.Established, err
			})
			if err := w.daemons["a"].Restart(w.Context()); err != nil {
				w.Fatal(err)
			}
		}
		w.established()
		w.waitAll("r", "a")
	}
}

func testFrozen(w *network) {
	w.waitAll("r", "a")
	w.signalAll("a", unix.SIGSTOP)
	w.until("a missed deadline of a, which stops a moment after the signal", func(ctx context.Context) (bool, error) {
		ctx, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		_, err := w.daemons["a"].Peers(ctx)
		return errors.Is(err, context.DeadlineExceeded), err
	})
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
	// The one that speaks BGP comes last: FRR's zebra must not outlive bgpd, whose
	// routes it would remove.
	for _, p := range slices.Backward(w.daemons["r"].Procs()) {
		w.signalGroup(p, os.Kill)
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
