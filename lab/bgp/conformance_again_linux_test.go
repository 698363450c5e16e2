package bgp_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"anylab/lab/bgp"
	"anylab/lab/labtest"
	"anylab/topologies"
)

const connectRetryLab = `
name: connect-retry
nodes:
  soon: {role: router, asn: 65010, daemon: ROUTER}
  late: {role: router, asn: 65011, daemon: ROUTER}
  a:    {role: anycast, asn: 65001, daemon: DAEMON}
  u:    {role: client}
links:
  - {endpoints: [a, soon], bgp: {connect_retry: 1s}}
  - {endpoints: [a, late], bgp: {connect_retry: 600s}}
  - {endpoints: [soon, u]}
bgp: {hold: 9s, keepalive: 3s}
anycast: 192.0.2.100/32
`

// waiting are the daemons that never call, in what is generated for them.
var waiting = []string{"exabgp", "gobgpd", "openbgpd"}

// TestConformanceConnectRetry: who calls in vain tries again after the retry time, and
// who only waits is called by the other end after its own.
func TestConformanceConnectRetry(t *testing.T) {
	t.Parallel()
	for _, name := range bgp.Speakers() {
		t.Run(name, func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			require(t, name)
			w := away(t, labtest.Open(t, strings.NewReplacer("ROUTER", routerFor(name), "DAEMON", name).Replace(connectRetryLab)))
			if slices.Contains(waiting, name) {
				w.called()
			} else {
				w.calls()
			}
		})
	}
}

// calls: a calls the two routers, which are away, so that their kernels refuse it.
func (w *network) calls() {
	w.Helper()
	w.launch(w.node("a"), func(*bgp.Config) {})
	refused := func(node string) int { return w.tcp(node, "OutRsts") }
	w.until("a begins to call", func(context.Context) (bool, error) { return refused("soon") >= 2, nil })
	soon, late := refused("soon"), refused("late")
	w.until("it calls soon again and again", func(context.Context) (bool, error) {
		n := refused("soon") - soon
		return n >= 4, fmt.Errorf("%d times", n)
	})
	if n := refused("late") - late; n > 1 {
		w.Errorf("meanwhile it called late %d times, want none, or the first", n)
	}
}

// called: both routers call a in vain; when it is there the first calls again.
func (w *network) called() {
	w.Helper()
	for _, router := range []string{"soon", "late"} {
		w.launch(w.node(router), func(*bgp.Config) {})
		w.until(router+" calls in vain", func(context.Context) (bool, error) { return w.tcp(router, "AttemptFails") > 0, nil })
	}
	w.launch(w.node("a"), func(*bgp.Config) {})
	w.established("soon")
	w.stay("late has not called again", func(context.Context) (bool, error) { return !w.sessionUp("late", "a"), nil })
	if n := w.tcp("a", "ActiveOpens"); n != 0 {
		w.Errorf("a called %d times, want it to wait", n)
	}
}

// tcp reads a counter of the node's kernel (RFC 4022).
func (w *network) tcp(node, counter string) int {
	w.Helper()
	var text []byte
	err := w.node(node).Do(func() (err error) {
		text, err = os.ReadFile("/proc/thread-self/net/snmp")
		return err
	})
	var names []string
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0 || fields[0] != "Tcp:":
		case names == nil:
			names = fields
		default:
			if i := slices.Index(names, counter); i >= 0 && i < len(fields) {
				n, err := strconv.Atoi(fields[i])
				if err != nil {
					w.Fatal(err)
				}
				return n
			}
		}
	}
	w.Fatalf("the kernel of %s does not count %s: %v\n%s", node, counter, err, text)
	return 0
}

const idleHoldLab = `
name: idle-hold
nodes:
  r: {role: router, asn: 65000}
  a: {role: anycast, asn: 65001}
  u: {role: client}
links:
  - {endpoints: [a, r], bgp: {idle_hold: 3s}}
  - {endpoints: [r, u]}
bgp: {hold: 9s, keepalive: 3s}
daemon: DAEMON
anycast: 192.0.2.100/32
`

// TestConformanceIdleHold: after a session has ended an end neither calls nor takes a call
// for the idle hold time, of which BIRD draws three quarters at least.
func TestConformanceIdleHold(t *testing.T) {
	t.Parallel()
	for _, name := range bgp.Capable(func(c bgp.Capabilities) bool { return c.IdleHold }) {
		t.Run(name, func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			require(t, name)
			w := open(t, strings.ReplaceAll(idleHoldLab, "DAEMON", name))
			link, err := w.lab.Between("r", "a")
			if err != nil {
				t.Fatal(err)
			}
			w.idle(2250*time.Millisecond, func() error {
				if err := link.SetDown("a"); err != nil {
					return err
				}
				w.until("r has noticed", func(context.Context) (bool, error) { return !w.sessionUp("r", "a"), nil })
				return link.SetUp("a")
			})
			if name == topologies.Embedded { // whatever ended it: a is there at once, and calls in vain
				w.idle(3*time.Second, func() error { return w.daemons["a"].Restart(w.Context()) })
			}
		})
	}
}

// idle asserts that the session takes so long at least to come back.
func (w *network) idle(least time.Duration, end func() error) {
	w.Helper()
	began := time.Now()
	if err := end(); err != nil {
		w.Fatal(err)
	}
	w.until("the session has ended", func(context.Context) (bool, error) { return !w.sessionUp("r", "a"), nil })
	w.established()
	if took := time.Since(began); took < least {
		w.Errorf("the session was back after %v, want %v at least", took, least)
	}
}

// When a session is tried again can't be said beside an own file, which has it.
func TestOwnFileHasItsRetry(t *testing.T) {
	path := ownFile(t, "router bgp 65001\n neighbor 10.0.0.0 remote-as 65000\n")
	for key, want := range map[string]string{"connect_retry": "connect retry", "idle_hold": "idle hold"} {
		link := "  - {endpoints: [r, a], bgp: {" + key + ": 30s}}\n"
		top, err := topologies.Parse("own.yaml", []byte(strings.NewReplacer("DAEMON", "frr", "FILE", path, "  - endpoints: [r, a]\n", link).Replace(userLab)))
		if err != nil {
			t.Fatal(err)
		}
		if err := bgp.Check(top); err == nil || !strings.Contains(err.Error(), "in which its "+want+" time must stand") {
			t.Errorf("%s: %v", key, err)
		}
	}
}
