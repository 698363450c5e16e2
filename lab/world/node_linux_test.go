package world_test

import (
	"context"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/fault"
	"anylab/lab/world"
)

const longHold = 90 * time.Second

// stateOf returns the state of upstream's IPv4 session with a node.
func stateOf(t *testing.T, w *world.World, node string) bgp.State {
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
// must not: the upstream router, without BFD, goes on believing in it.
func TestPowerLossIsSilent(t *testing.T) {
	text := strings.NewReplacer("hold: 3s, keepalive: 1s", "hold: 90s, keepalive: 30s",
		", bfd: {interval: 100ms, multiplier: 3}", "").Replace(twoSites)
	w := openWhole(t, text)
	awaitSettled(t, w)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()

	f := build(t, "power-loss", on("a"), "")
	silent := inject(t, w, f)
	if n, err := w.Lab.Node("a"); err != nil || len(n.Procs()) != 0 {
		t.Errorf("%d processes live on, %v", len(n.Procs()), err)
	}
	killed := build(t, "daemon-kill", on("b"), "")
	dead, err := killed.Inject(ctx, w.Breakable(0))
	check(t, err)
	for deadline := time.Now().Add(longHold / 2); stateOf(t, w, "b") == bgp.Established; time.Sleep(look) {
		if time.Now().After(deadline) {
			t.Fatal("the session of a killed daemon stays up")
		}
	}
	if state := stateOf(t, w, "a"); state != bgp.Established {
		t.Errorf("the session of a node without power is %s", state)
	}
	check(t, silent.Heal(ctx))
	check(t, dead.Heal(ctx))
	awaitSettled(t, w)
}

// The far end loses its carrier, and has it again, as often as was asked for.
func TestLinkFlapsAsOften(t *testing.T) {
	w := openWhole(t, twoSites)
	upstream, err := w.Lab.Node("upstream")
	check(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	const often = 3
	ups, downs := carrierChanges(t, upstream)
	f := build(t, "link-flap", on("upstream", "a"), "period: 40ms, duty: 25%, count: 3, seed: 7")
	in := inject(t, w, f)
	for up := ups; up < ups+often; up, _ = carrierChanges(t, upstream) {
		check(t, ctx.Err())
		time.Sleep(look)
	}
	wantActive(t, in, true) // after the last flap, too
	heal(t, in)
	if up, down := carrierChanges(t, upstream); up != ups+often || down != downs+often {
		t.Errorf("the carrier was lost %d times and came back %d times, want %d", down-downs, up-ups, often)
	}
}

// carrierChanges returns how often the carrier of a node's first interface came
// and went, as the kernel counts it: an event may not be sent for a short loss.
func carrierChanges(t *testing.T, n *lab.Node) (ups, downs uint32) {
	t.Helper()
	ask := nl.NewNetlinkRequest(unix.RTM_GETLINK, 0)
	about := nl.NewIfInfomsg(unix.AF_UNSPEC)
	about.Index = int32(n.Interfaces()[0].Index)
	ask.AddData(about)
	var answer [][]byte
	check(t, n.Do(func() (err error) {
		answer, err = ask.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWLINK)
		return err
	}))
	attributes, err := nl.ParseRouteAttrAsMap(answer[0][unix.SizeofIfInfomsg:])
	check(t, err)
	count := func(kind uint16) uint32 { return binary.NativeEndian.Uint32(attributes[kind].Value) }
	return count(unix.IFLA_CARRIER_UP_COUNT), count(unix.IFLA_CARRIER_DOWN_COUNT)
}

// Behind a switch the far end keeps its carrier, and the fault is seen where
// the cable leads to.
func TestLinkDownBehindASwitch(t *testing.T) {
	w := openWhole(t, twoSites)
	k, err := w.Lab.Link("upstream-b")
	check(t, err)
	for _, kind := range []string{"link-down", "isolate"} {
		at := map[string]fault.Place{"link-down": on("upstream", "b"), "isolate": on("b")}[kind]
		f := build(t, kind, at, "")
		in := inject(t, w, f)
		if up, err := k.Carrier("upstream"); !up || err != nil {
			t.Errorf("%s: the far end's carrier %v, %v", kind, up, err)
		}
		heal(t, in)
	}
}
