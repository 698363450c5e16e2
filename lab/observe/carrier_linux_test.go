package observe

import (
	"testing"

	"github.com/vishvananda/netlink"

	"anylab/lab/record"
	"anylab/topologies"
)

func TestCarrierOfBothEnds(t *testing.T) {
	b := open(t, Options{})
	before := record.Now()
	if err := b.link("r", "a").SetDown("a"); err != nil {
		t.Fatal(err)
	}
	down := func(peer string) func(record.Carrier) bool {
		return func(c record.Carrier) bool { return c.Peer == peer && !c.Up && !c.Gone }
	}
	atR, _ := wait(b, 0, "r", down("a"))
	atA, n := wait(b, 0, "a", down("r"))
	for _, e := range []record.Event{atR, atA} {
		if e.At < before || e.At > record.Now() {
			t.Errorf("%+v is not stamped with the time at which it happened", e)
		}
	}
	if err := b.link("r", "a").SetUp("a"); err != nil {
		t.Fatal(err)
	}
	up := func(peer string) func(record.Carrier) bool {
		return func(c record.Carrier) bool { return c.Peer == peer && c.Up }
	}
	wait(b, n, "r", up("a"))
	wait(b, n, "a", up("r"))
	b.stop()
	if all := b.events.Of(record.KindCarrier); len(all) != 4 {
		t.Errorf("got %d carrier events, want 4, one for each change at each end: %+v", len(all), all)
	}
}

// Health checkers set the interface with the anycast addresses up and down,
// again and again.
func TestAnycastInterfaceSetDownAndUp(t *testing.T) {
	b := open(t, Options{})
	set := func(up bool) {
		b.in("a", func(h *netlink.Handle) error {
			dev, err := h.LinkByName(topologies.AnycastDev)
			if err != nil {
				return err
			}
			if up {
				return h.LinkSetUp(dev)
			}
			return h.LinkSetDown(dev)
		})
	}
	n := 0
	for _, up := range []bool{false, true, false, true} {
		set(up)
		_, n = wait(b, n, "a", func(c record.Carrier) bool {
			return c.Dev == topologies.AnycastDev && c.Peer == "" && c.Up == up && !c.Gone
		})
	}
	b.stop()
	if all := b.events.Of(record.KindCarrier); len(all) != 4 {
		t.Errorf("got %d carrier events, want one for each change: %+v", len(all), all)
	}
}

func TestCarrierGone(t *testing.T) {
	b := open(t, Options{})
	b.in("a", func(h *netlink.Handle) error {
		dev, err := h.LinkByName("eth0")
		if err != nil {
			return err
		}
		return h.LinkDel(dev)
	})
	gone := func(peer string) func(record.Carrier) bool {
		return func(c record.Carrier) bool { return c.Peer == peer && c.Gone && !c.Up }
	}
	wait(b, 0, "a", gone("r"))
	wait(b, 0, "r", gone("a"))
}

// An end that is down already when the observer starts is not silently taken
// to be up.
func TestCarrierDownAtTheStart(t *testing.T) {
	b := open(t, Options{})
	if err := b.link("r", "a").SetDown("a"); err != nil {
		t.Fatal(err)
	}
	late := b.again(Options{})
	wait(late, 0, "r", func(c record.Carrier) bool { return c.Peer == "a" && !c.Up })
}

// Messages are lost when a small buffer is not read, and the finding comes
// with the state that they would have told.
func TestNetlinkOverrun(t *testing.T) {
	b := open(t, Options{})
	out := b.events
	w := &carriers{node: "r", out: out, last: map[string]record.Carrier{}}
	for _, i := range b.node("r").Interfaces() {
		w.last[i.Dev] = record.Carrier{Dev: i.Dev, Peer: i.Peer.Node, Up: true}
	}
	b.stop()
	sub, conn := overrunning(b)
	w.conn = conn
	defer closing(t, conn)
	if err := sub.batches(ended(), w.handle); err != nil {
		t.Fatal(err)
	}
	if len(b.findings("netlink-overrun")) == 0 {
		t.Error("no netlink-overrun finding")
	}
	if w.last["eth0"].Up {
		t.Error("the loss of eth0's carrier was not found out after the overrun")
	}
}
