package bgp_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/labtest"
)

const vrrpLab = `
name: vrrp
nodes:
  r: {role: router, asn: 65000}
  a: {role: anycast, daemon: DAEMON}
  b: {role: anycast, daemon: DAEMON}
links:
  - {endpoints: [r, a, b], vrrp: {interval: 100ms}, to: {a: {priority: 150}}}
anycast: 192.0.2.100/32
`

// TestConformanceVRRP: of two members the one of higher priority holds the address; it
// gives it away when it is told, and when it is closed, and takes it back.
func TestConformanceVRRP(t *testing.T) {
	t.Parallel()
	for _, name := range bgp.Capable(func(c bgp.Capabilities) bool { return c.VRRP }) {
		t.Run(name, func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			require(t, name)
			w := start(t, strings.ReplaceAll(vrrpLab, "DAEMON", name))
			w.holder("", "a", "b")
			w.announceAll("a", "b")
			w.holder("a", "b")
			w.must(w.daemons["a"].Withdraw(t.Context(), w.topology.Anycast...))
			w.holder("b", "a")
			w.announceAll("a")
			w.holder("a", "b")
			w.must(w.daemons["a"].Close())
			w.holder("b", "a")
		})
	}
}

// TestConformanceHealthChecks: a daemon that makes health checks itself gives the address
// away with the fall-th in a row that fails, not before, and has it again with the rise-th
// good one; they come once an interval. What is counted is on a slow machine never less.
func TestConformanceHealthChecks(t *testing.T) {
	t.Parallel()
	const fall, rise = 3, 2
	for _, name := range bgp.Capable(func(c bgp.Capabilities) bool { return c.VRRP }) {
		t.Run(name, func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			require(t, name)
			l := labtest.Open(t, strings.ReplaceAll(vrrpLab, "DAEMON", name))
			c := checked{t, nodeOf(t, l, "a")}
			w := startAs(t, l, func(config *bgp.Config) {
				if config.Node == "a" {
					config.Checks = []bgp.HealthCheck{{Command: c.command(), Interval: time.Second, Timeout: 20 * time.Second, Fall: fall, Rise: rise}}
				}
			})
			w.announceAll("a", "b")
			w.holder("a", "b")
			c.well(false)
			w.holder("", "a")
			c.made("failed", fall)
			w.holder("b", "a")
			c.well(true)
			w.holder("a", "b")
			c.made("good", rise)
		})
	}
}

// checked is a node that is well or not as it is told, and keeps a list of the checks
// that were made there.
type checked struct {
	*testing.T
	node *lab.Node
}

func nodeOf(t *testing.T, l *lab.Lab, name string) *lab.Node {
	t.Helper()
	n, err := l.Node(name)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// command is a check: it fails where a file is, and notes what came of it and how long
// the machine had been up (proc_uptime(5)).
func (c checked) command() []string {
	return []string{"sh", "-c", "cd " + c.node.Dir() + `
read -r up rest </proc/uptime
if test -e unwell; then echo "failed $up" >>checks; exit 1; fi
echo "good $up" >>checks`}
}

// well has the checks go well or fail from now on, and begins a new list.
func (c checked) well(is bool) {
	c.Helper()
	err := c.node.Furnish(func() error {
		unwell, list := filepath.Join(c.node.Dir(), "unwell"), os.WriteFile(filepath.Join(c.node.Dir(), "checks"), nil, 0o600)
		if is {
			return errors.Join(list, os.Remove(unwell))
		}
		return errors.Join(list, os.WriteFile(unwell, nil, 0o600))
	})
	if err != nil {
		c.Fatal(err)
	}
}

// made says whether so many checks with the result were made, about a second apart: a slow
// machine may note one late.
func (c checked) made(result string, want int) {
	c.Helper()
	var text []byte
	err := c.node.Furnish(func() (err error) {
		text, err = os.ReadFile(filepath.Join(c.node.Dir(), "checks"))
		return err
	})
	if err != nil {
		c.Fatal(err)
	}
	var at []float64
	for line := range strings.Lines(string(text)) {
		if up, ok := strings.CutPrefix(line, result+" "); ok {
			seconds, err := strconv.ParseFloat(strings.TrimSpace(up), 64)
			if err != nil {
				c.Fatal(err)
			}
			at = append(at, seconds)
		}
	}
	const late = 10 // checks more, on a machine that has much to do
	if len(at) < want || len(at) > want+late {
		c.Fatalf("after %d checks that were %s, want %d:\n%s", len(at), result, want, text)
	}
	if least := float64(want-1) / 2; at[want-1]-at[0] < least {
		c.Errorf("%d checks within %.2f s, want at least %.1f:\n%s", want, at[want-1]-at[0], least, text)
	}
}

// holder waits until the node has the address on the segment, and the others have not.
func (w *network) holder(node string, others ...string) {
	w.Helper()
	has := func(node string) bool {
		n, err := w.lab.Node(node)
		w.must(err)
		var list []net.Addr
		w.must(n.Do(func() error {
			dev, err := net.InterfaceByName("eth0")
			if err == nil {
				list, err = dev.Addrs()
			}
			return err
		}))
		for _, a := range list {
			if a.String() == w.topology.Anycast[0].String() {
				return true
			}
		}
		return false
	}
	settled := func() bool {
		for _, other := range others {
			if has(other) {
				return false
			}
		}
		return node == "" || has(node)
	}
	for deadline := time.Now().Add(time.Minute); !settled(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.Fatalf("%q does not hold the address alone", node)
		}
	}
}

func (w *network) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}
