package bgp_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/labtest"
	"anylab/lab/speaker"
	"anylab/topologies"
)

func TestMain(m *testing.M) {
	labtest.Main(m, map[string]func([]string) int{"speaker": speaker.Main})
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
	return startAs(t, l, func(*bgp.Config) {})
}

// startAs has some speakers run with what no topology says.
func startAs(t testing.TB, l *lab.Lab, change func(*bgp.Config)) *network {
	t.Helper()
	w := away(t, l)
	for _, n := range l.Nodes() {
		if n.Role != topologies.Client {
			w.launch(n, change)
		}
	}
	return w
}

// away is a network whose speakers don't run yet.
func away(t testing.TB, l *lab.Lab) *network {
	t.Helper()
	w := &network{TB: t, lab: l, topology: l.Topology(), daemons: make(map[string]*bgp.Daemon)}
	t.Cleanup(func() {
		if t.Failed() {
			w.logs()
		}
	})
	return w
}

// launch starts the speaker of a node.
func (w *network) launch(n *lab.Node, change func(*bgp.Config)) {
	w.Helper()
	driver, err := bgp.Named(n.Daemon)
	if err != nil {
		w.Fatal(err)
	}
	c := w.config(n.Name)
	change(&c)
	d, err := bgp.Start(context.WithoutCancel(w.Context()), driver, n, c)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		if err := d.Close(); err != nil {
			w.Error(err)
		}
	})
	w.daemons[n.Name] = d
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

// tables logs what each daemon knows, which its log does not tell.
func (w *network) tables() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.Context()), wide)
	defer cancel()
	for name, d := range w.daemons {
		text, err := d.Show(ctx)
		w.Logf("%s of %s (%v):\n%s", w.node(name).Daemon, name, err, text)
	}
}

func (w *network) logs() {
	for _, n := range w.lab.Nodes() {
		logs, _ := filepath.Glob(n.LogDir() + "/*.log")
		for _, path := range logs {
			if text, err := os.ReadFile(path); err == nil && len(text) > 0 {
				w.Logf("%s of %s:\n%s", filepath.Base(path), n.Name, text)
			}
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
			w.tables()
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
		all, err := r.List()
		for _, via := range all[prefix] {
			to = append(to, w.lab.Owner(via))
		}
		return errors.Join(err, r.Close())
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

// waitPaths waits until a node has heard of the anycast prefix from n others.
func (w *network) waitPaths(node string, n int) {
	w.Helper()
	w.until(fmt.Sprintf("%d paths of %s", n, node), func(ctx context.Context) (bool, error) {
		paths, err := w.daemons[node].Paths(ctx)
		paths = slices.DeleteFunc(paths, func(p bgp.Path) bool { return p.Prefix != anycast4 })
		return len(paths) == n, errors.Join(err, fmt.Errorf("%v", paths))
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

func mustAddr(ip net.IP) netip.Addr {
	a, _ := netip.AddrFromSlice(ip) // invalid if it isn't one, which no node owns
	return a.Unmap()
}
