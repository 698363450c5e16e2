package bgp_test

import (
	"context"
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

// connectedLab has a site whose daemon announces what anycast0 has.
const connectedLab = `
name: connected
nodes:
  r: {role: router, asn: 65000}
  a: {role: anycast, asn: 65001, daemon: DAEMON}
  u: {role: client}
links:
  - endpoints: [r, a]
  - endpoints: [r, u]
bgp: {hold: 180s, keepalive: 60s}
anycast: 192.0.2.100/32
`

// TestConnected: what an interface has is announced while that is up.
func TestConnected(t *testing.T) {
	for _, name := range bgp.Speakers() {
		if d, _ := bgp.Named(name); !d.Capabilities().Connected {
			continue
		}
		t.Run(name, func(t *testing.T) {
			require(t, name)
			w := startConnected(t, labtest.Open(t, strings.ReplaceAll(connectedLab, "DAEMON", name)))
			w.established()
			for range 2 {
				w.waitBest("r", "a")
				setAnycast(t, w.lab, false)
				w.waitBest("r", "")
				setAnycast(t, w.lab, true)
			}
			w.waitBest("r", "a")
			w.waitShown("a", "*", "192.0.2.100/32")
		})
	}
}

func startConnected(t *testing.T, l *lab.Lab) *network {
	w := &network{TB: t, lab: l, topology: l.Topology(), daemons: make(map[string]*bgp.Daemon)}
	for _, name := range []string{"r", "a"} {
		n := siteNode(t, l, name)
		c := w.config(name)
		if name == "a" {
			c.Connected = l.Topology().Anycast
		}
		driver, err := bgp.Named(n.Daemon)
		if err != nil {
			t.Fatal(err)
		}
		d, err := bgp.Start(context.WithoutCancel(t.Context()), driver, n, c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		})
		w.daemons[name] = d
	}
	return w
}

func siteNode(t *testing.T, l *lab.Lab, name string) *lab.Node {
	t.Helper()
	n, err := l.Node(name)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func setAnycast(t *testing.T, l *lab.Lab, up bool) {
	t.Helper()
	err := siteNode(t, l, "a").Do(func() error {
		dev, err := netlink.LinkByName(topologies.AnycastDev)
		if err != nil {
			return err
		}
		if up {
			return netlink.LinkSetUp(dev)
		}
		return netlink.LinkSetDown(dev)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// best returns the node that the best path of the daemon's table leads to.
func (w *network) best(node string) string {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), wide)
	defer cancel()
	paths, err := w.daemons[node].Paths(ctx)
	if err != nil {
		w.Fatal(err)
	}
	at := slices.IndexFunc(paths, func(p bgp.Path) bool { return p.Best && p.Prefix == anycast4 })
	switch {
	case at < 0:
		return ""
	case paths[at].Own():
		return node
	}
	return w.lab.Owner(paths[at].NextHop)
}

// waitBest waits until the best path of the daemon's table leads to a node.
func (w *network) waitBest(node, want string) {
	w.Helper()
	for deadline := time.Now().Add(wide); w.best(node) != want; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.Fatalf("the best path of %s leads to %q, want %q", node, w.best(node), want)
		}
	}
}

// waitShown waits for a line with all the words in what the daemon shows.
func (w *network) waitShown(node string, words ...string) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), wide)
	defer cancel()
	for last := ""; ; time.Sleep(10 * time.Millisecond) {
		text, err := w.daemons[node].Show(ctx)
		if err != nil {
			w.Fatalf("%s shows no line with %q: %v; it showed:\n%s", node, words, err, last)
		}
		for line := range strings.Lines(text) {
			if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(line, word) }) {
				return
			}
		}
		last = text
	}
}

// TestShow: every daemon shows its sessions and routes; those that choose best
// paths say which they are, also of what a node learns from its router.
func TestShow(t *testing.T) {
	t.Parallel()
	for _, name := range bgp.Speakers() {
		t.Run(name, func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			d := require(t, name)
			w := open(t, labOf(name, false))
			w.announceAll("a", "b")
			w.waitAll("r", "a")
			switch name { // what stands for the session with r
			case "bird":
				w.waitShown("a", "peer0", "Established")
			case "openbgpd":
				w.waitShown("a", "r", "65000")
			default:
				w.waitShown("a", w.config("a").Neighbors[0].Remote.String())
			}
			if !d.Capabilities().BestPath {
				if paths, err := w.daemons["a"].Paths(t.Context()); err != nil || paths != nil {
					t.Errorf("a daemon that chooses no best path has the table %v, error %v", paths, err)
				}
				return
			}
			w.waitBest("r", "a")
			w.waitBest("a", "a")
			w.waitShown("a", "*", "192.0.2.100/32")
			w.withdraw("a", anycast4, anycast6)
			w.waitBest("r", "b")
			w.waitBest("a", "r")
		})
	}
}
