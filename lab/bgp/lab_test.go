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

	"github.com/vishvananda/netlink"

	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/labtest"
	"anylab/topologies"
)

func TestMain(m *testing.M) {
	labtest.Main(m, map[string]func([]string) int{"speaker": bgp.Main})
}

// wide bounds every wait: a busy machine must not fail a test.
const wide = 30 * time.Second

const twoNodes = `
name: two-nodes
summary: A router, an anycast node and a client.
nodes:
  r: {role: router, asn: 65000}
  a: {role: anycast, asn: 65001}
  u: {role: client}
links:
  - endpoints: [r, a]
  - endpoints: [r, u]
bgp: {hold: 9s, keepalive: 3s}
anycast: 192.0.2.100/32
`

const threeSites = `
name: three-sites
summary: Three sites.
nodes:
  r: {role: router, asn: 65000}
  a: {role: anycast, asn: 65001}
  b: {role: anycast, asn: 65002}
  c: {role: anycast, asn: 65003}
  u: {role: client}
links:
  - endpoints: [r, a]
  - endpoints: [r, b]
  - endpoints: [r, c]
  - endpoints: [r, u]
bgp: {hold: 9s, keepalive: 3s}
anycast: 192.0.2.100/32
`

var (
	anycast4 = netip.MustParsePrefix("192.0.2.100/32")
	anycast6 = netip.MustParsePrefix("2001:db8::100/128")
)

// network is a lab whose speakers run.
type network struct {
	testing.TB
	lab      *lab.Lab
	topology topologies.Topology
	daemons  map[string]*bgp.Daemon
}

// open starts a lab and all its speakers, and waits for their sessions.
func open(t testing.TB, yaml string) *network {
	t.Helper()
	w := start(t, yaml)
	w.established()
	return w
}

// start does not wait for the sessions.
func start(t testing.TB, yaml string) *network {
	t.Helper()
	return startOn(t, labtest.Open(t, yaml))
}

func startOn(t testing.TB, l *lab.Lab) *network {
	t.Helper()
	w := &network{TB: t, lab: l, topology: l.Topology(), daemons: make(map[string]*bgp.Daemon)}
	ctx := context.WithoutCancel(t.Context())
	for _, n := range l.Nodes() {
		if n.Role == topologies.Client {
			continue
		}
		d, err := bgp.Start(ctx, driver(t), n, w.config(n.Name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		})
		w.daemons[n.Name] = d
	}
	t.Cleanup(func() {
		if t.Failed() {
			w.logs()
		}
	})
	return w
}

func driver(t testing.TB) bgp.Driver {
	t.Helper()
	d, err := bgp.Named("gobgp")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (w *network) config(node string) bgp.Config {
	w.Helper()
	c, err := bgp.Configure(w.topology, node)
	if err != nil {
		w.Fatal(err)
	}
	return c
}

func (w *network) logs() {
	for _, n := range w.lab.Nodes() {
		if text, err := os.ReadFile(n.LogDir() + "/gobgp.log"); err == nil {
			w.Logf("%s:\n%s", n.Name, text)
		}
	}
}

func (w *network) node(name string) *lab.Node {
	w.Helper()
	n, err := w.lab.Node(name)
	if err != nil {
		w.Fatal(err)
	}
	return n
}

// until polls: what is asked is a state, which no one reports.
func (w *network) until(what string, ok func(ctx context.Context) (bool, error)) {
	w.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.Context()), wide)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		done, err := ok(ctx)
		if done {
			return
		}
		if err != nil && ctx.Err() == nil {
			last = err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			w.logs()
			w.Fatalf("not within %v: %s (%v)", wide, what, last)
		}
	}
}

// established waits until all sessions of all speakers are up, or those of
// the given nodes.
func (w *network) established(nodes ...string) {
	w.Helper()
	for name, d := range w.daemons {
		if len(nodes) > 0 && !slices.Contains(nodes, name) {
			continue
		}
		w.until("sessions of "+name, func(ctx context.Context) (bool, error) {
			peers, err := d.Peers(ctx)
			down := slices.ContainsFunc(peers, func(p bgp.Peer) bool { return p.State != bgp.Established })
			return err == nil && !down, errors.Join(err, fmt.Errorf("%v", peers))
		})
	}
}

// route returns the nodes to which a node's BGP route for the prefix leads.
func (w *network) route(node string, prefix netip.Prefix) []string {
	w.Helper()
	var to []string
	err := w.node(node).Do(func() error {
		r, err := lab.NewRoutes()
		if err != nil {
			return err
		}
		defer r.Close()
		all, err := r.List()
		for _, via := range all[prefix] {
			to = append(to, w.lab.Owner(via))
		}
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	slices.Sort(to)
	return to
}

func (w *network) waitRoute(node string, prefix netip.Prefix, to ...string) {
	w.Helper()
	w.until(fmt.Sprintf("route of %s for %s to %v", node, prefix, to), func(context.Context) (bool, error) {
		now := w.route(node, prefix)
		return slices.Equal(now, to), fmt.Errorf("it leads to %v", now)
	})
}

func (w *network) announce(node string, p ...netip.Prefix) {
	w.Helper()
	if err := w.daemons[node].Announce(w.Context(), p...); err != nil {
		w.Fatal(err)
	}
}

func (w *network) withdraw(node string, p ...netip.Prefix) {
	w.Helper()
	if err := w.daemons[node].Withdraw(w.Context(), p...); err != nil {
		w.Fatal(err)
	}
}

func (w *network) signal(node string, s os.Signal) *lab.Proc {
	w.Helper()
	p := w.daemons[node].Procs()[0]
	if err := p.Signal(s); err != nil {
		w.Fatal(err)
	}
	return p
}

// subnet is the one of the link between a router and a client.
func (w *network) subnet(a, b string) netip.Prefix {
	w.Helper()
	l, err := w.topology.Between(a, b)
	if err != nil {
		w.Fatal(err)
	}
	return l.Ends[0].IPv4.Masked()
}

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
	w := open(t, strings.Replace(threeSites, "keepalive: 3s}", "keepalive: 3s, multipath: true}", 1))
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

func TestKillAndRestart(t *testing.T) {
	w := open(t, threeSites)
	w.announce("a", anycast4)
	w.announce("b", anycast4)
	w.waitRoute("r", anycast4, "a")
	way := w.subnet("r", "u")
	w.waitRoute("a", way, "r")

	old := w.signal("a", os.Kill)
	<-old.Done()
	w.waitRoute("r", anycast4, "b")
	if got := w.route("a", way); !slices.Equal(got, []string{"r"}) {
		t.Errorf("a killed speaker's route leads to %v, want it kept", got)
	}
	if err := w.daemons["a"].Announce(t.Context(), anycast4); err == nil {
		t.Error("announcing on a killed speaker: no error")
	}
	if err := w.daemons["a"].Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.waitRoute("r", anycast4, "a")
	w.established()
	if now := w.daemons["a"].Procs()[0]; now.PID() == old.PID() {
		t.Error("the process is the same after the restart")
	}
}

// A route that its neighbor took back while the speaker was dead is swept
// after the restart.
func TestRestartSweepsStaleRoutes(t *testing.T) {
	w := open(t, threeSites)
	w.announce("a", anycast4)
	gone := netip.MustParsePrefix("198.51.100.0/24")
	w.announce("a", gone)
	w.waitRoute("r", anycast4, "a")
	w.waitRoute("r", gone, "a")
	<-w.signal("r", os.Kill).Done()
	w.withdraw("a", gone)
	if err := w.daemons["r"].Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.waitRoute("r", gone)
	w.waitRoute("r", anycast4, "a")
}

func TestFrozen(t *testing.T) {
	w := open(t, strings.Replace(threeSites, "hold: 9s, keepalive: 3s", "hold: 3s, keepalive: 1s", 1))
	w.announce("a", anycast4)
	w.announce("b", anycast4)
	w.waitRoute("r", anycast4, "a")
	w.signal("a", stop)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := w.daemons["a"].Peers(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("asking a frozen speaker: %v, want a missed deadline", err)
	}
	w.waitRoute("r", anycast4, "b") // the hold timer
	w.signal("a", cont)
	w.established()
	w.waitRoute("r", anycast4, "a")
}

func TestCloseFrozen(t *testing.T) {
	w := open(t, twoNodes)
	p := w.signal("a", stop)
	if err := w.daemons["a"].Close(); err != nil {
		t.Error(err)
	}
	select {
	case <-p.Done():
	default:
		t.Error("the frozen process survived Close")
	}
	if err := w.daemons["a"].Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
	if err := w.daemons["a"].Restart(t.Context()); !errors.Is(err, bgp.ErrClosed) {
		t.Errorf("restarting a closed daemon: %v, want ErrClosed", err)
	}
}

// A restart while the speaker hangs ends the commands that wait for it.
func TestRestartFrozen(t *testing.T) {
	w := open(t, twoNodes)
	w.signal("a", stop)
	hung := make(chan error, 1)
	go func() { hung <- w.daemons["a"].Announce(context.WithoutCancel(t.Context()), anycast4) }()
	w.until("the announcement is remembered", func(context.Context) (bool, error) {
		return slices.Contains(w.daemons["a"].Announced(), anycast4), nil
	})
	if err := w.daemons["a"].Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-hung // with an error, or not if the thawed process was quicker than its end
	w.waitRoute("r", anycast4, "a")
}

func TestCleanStop(t *testing.T) {
	w := open(t, threeSites)
	w.announce("a", anycast4)
	w.announce("b", anycast4)
	w.waitRoute("r", anycast4, "a")
	w.waitRoute("a", w.subnet("r", "u"), "r")
	p := w.daemons["a"].Procs()[0]
	if err := w.daemons["a"].Close(); err != nil {
		t.Fatal(err)
	}
	<-p.Done()
	if got, want := p.Status(), "exit status 0"; got != want {
		t.Errorf("status %q, want %q", got, want)
	}
	if got := w.route("a", w.subnet("r", "u")); len(got) > 0 {
		t.Errorf("a stopped speaker left a route to %v", got)
	}
	w.waitRoute("r", anycast4, "b")
}

func TestPeers(t *testing.T) {
	w := open(t, threeSites)
	w.announce("b", anycast4)
	w.waitRoute("r", anycast4, "b")
	peers, err := w.daemons["r"].Peers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(peers) != 3 {
		t.Fatalf("peers %v, want three", peers)
	}
	for i, want := range []bgp.Peer{{Node: "a", ASN: 65001}, {Node: "b", ASN: 65002, Received: 1}, {Node: "c", ASN: 65003}} {
		want.State = bgp.Established
		want.Addr = peers[i].Addr
		if peers[i] != want || w.lab.Owner(want.Addr) != want.Node {
			t.Errorf("peer %d is %+v, want %+v", i, peers[i], want)
		}
	}
}

// A speaker that can't listen says so, and its log is quoted.
func TestDiesAtStart(t *testing.T) {
	w := open(t, twoNodes)
	_, err := bgp.Start(t.Context(), driver(t), w.node("a"), w.config("a")) // port 179 is taken
	if err == nil || !strings.Contains(err.Error(), "address already in use") || !strings.Contains(err.Error(), "exit status 1") {
		t.Errorf("error %v, want the exit status and the log's reason", err)
	}
	w.announce("a", anycast4)
}

func TestMemory(t *testing.T) {
	w := open(t, threeSites)
	w.announce("a", anycast4)
	w.waitRoute("r", anycast4, "a")
	for name, d := range w.daemons {
		kb := residentKB(t, d.Procs()[0].PID())
		t.Logf("%s: %.1f MB resident", name, float64(kb)/1024)
		if kb > 25*1024 {
			t.Errorf("%s: %d kB resident, want at most 25 MB", name, kb)
		}
	}
}

func residentKB(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	var kb int
	if _, err := fmt.Sscan(rest, &kb); err != nil {
		t.Fatal(err)
	}
	return kb
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
