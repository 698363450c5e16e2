package fault_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"anylab/lab/bgp"
	"anylab/lab/fault"
)

const longHold = 90 * time.Second

// stateOf returns the state of upstream's IPv4 session with a node.
func stateOf(t *testing.T, w *fault.World, node string) bgp.State {
	t.Helper()
	peers, err := w.Speakers["upstream"].Peers(t.Context())
	check(t, err)
	for _, p := range peers {
		if p.Node == node && p.Addr.Is4() {
			return p.State
		}
	}
	t.Fatalf("upstream has no session with %s", node)
	return ""
}

// A killed daemon's kernel ends its sessions. That of a node without power
// must not: the upstream router goes on believing in it.
func TestPowerLossIsSilent(t *testing.T) {
	text := strings.Replace(twoSites, "hold: 3s, keepalive: 1s", "hold: 90s, keepalive: 30s", 1)
	w := open(t, setting(parse(t, text)))
	awaitSettled(t, w)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()

	f := build(t, "power-loss", on("a"), "")
	check(t, f.Inject(ctx, w))
	if active, err := f.Active(w); !active || err != nil {
		t.Errorf("active %v, %v", active, err)
	}
	if n, err := w.Lab.Node("a"); err != nil || len(n.Procs()) != 0 {
		t.Errorf("%d processes live on, %v", len(n.Procs()), err)
	}
	killed := build(t, "daemon-kill", on("b"), "")
	check(t, killed.Inject(ctx, w))
	for deadline := time.Now().Add(longHold / 2); stateOf(t, w, "b") == bgp.Established; time.Sleep(look) {
		if time.Now().After(deadline) {
			t.Fatal("the session of a killed daemon stays up")
		}
	}
	if state := stateOf(t, w, "a"); state != bgp.Established {
		t.Errorf("the session of a node without power is %s", state)
	}
	check(t, f.Heal(ctx, w))
	check(t, killed.Heal(ctx, w))
	awaitSettled(t, w)
}

// The far end sees each loss and each return of the carrier.
func TestLinkFlapsAsOften(t *testing.T) {
	w := open(t, setting(parse(t, twoSites)))
	upstream, err := w.Lab.Node("upstream")
	check(t, err)
	updates, done := make(chan netlink.LinkUpdate, 256), make(chan struct{})
	check(t, upstream.Do(func() error { return netlink.LinkSubscribe(updates, done) }))
	defer func() {
		close(done)
		for range updates { // until the subscription has ended
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	f := build(t, "link-flap", on("upstream", "a"), "period: 40ms, duty: 25%, count: 3, seed: 7")
	check(t, f.Inject(ctx, w))
	for i := range 6 {
		awaitCarrier(t, updates, i%2 == 1)
	}
	if active, err := f.Active(w); !active || err != nil {
		t.Errorf("after the last flap: active %v, %v", active, err)
	}
	check(t, f.Heal(ctx, w))
	if active, err := f.Active(w); active || err != nil {
		t.Errorf("healed: active %v, %v", active, err)
	}
}

// awaitCarrier waits for the next change of the carrier of eth0.
func awaitCarrier(t *testing.T, updates <-chan netlink.LinkUpdate, up bool) {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case u := <-updates:
			if u.Attrs().Name != "eth0" {
				continue
			}
			if got := u.Flags&unix.IFF_LOWER_UP != 0; got == up {
				return
			}
		case <-late:
			t.Fatalf("no event: carrier is %v", up)
		}
	}
}

// Behind a switch the far end keeps its carrier, and the fault is seen where
// the cable leads to.
func TestLinkDownBehindASwitch(t *testing.T) {
	w := open(t, setting(parse(t, twoSites)))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	k, err := w.Lab.Link("upstream-b")
	check(t, err)
	for _, kind := range []string{"link-down", "isolate"} {
		at := map[string]fault.Place{"link-down": on("upstream", "b"), "isolate": on("b")}[kind]
		f := build(t, kind, at, "")
		check(t, f.Inject(ctx, w))
		if active, err := f.Active(w); !active || err != nil {
			t.Errorf("%s: active %v, %v", kind, active, err)
		}
		if up, err := k.Carrier("upstream"); !up || err != nil {
			t.Errorf("%s: the far end's carrier %v, %v", kind, up, err)
		}
		check(t, f.Heal(ctx, w))
		if active, err := f.Active(w); active || err != nil {
			t.Errorf("%s healed: active %v, %v", kind, active, err)
		}
	}
}
