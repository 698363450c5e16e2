package lab_test

import (
	"net/netip"
	"testing"

	"anylab/lab"
	"anylab/lab/labtest"
)

// switched is a star whose link r-a0 goes through a switch.
func switched(t *testing.T) (*lab.Lab, *lab.Link) {
	t.Helper()
	s := star(1)
	s.Links[1].Switch = true
	l := labtest.OpenTopology(t, s, lab.Options{})
	return l, link(t, l, "r-a0")
}

func wantCarriers(t *testing.T, k *lab.Link, r, a0, port bool) {
	t.Helper()
	for _, c := range []struct {
		what string
		read func(string) (bool, error)
		node string
		want bool
	}{
		{"r's end", k.Carrier, "r", r},
		{"a0's end", k.Carrier, "a0", a0},
		{"the switch's port to a0", k.OppositeCarrier, "a0", port},
		{"the switch's port to r", k.OppositeCarrier, "r", true},
	} {
		if got, err := c.read(c.node); got != c.want || err != nil {
			t.Errorf("carrier at %s: %v, %v; want %v", c.what, got, err, c.want)
		}
	}
}

func TestASwitchForwardsAndStops(t *testing.T) {
	l, k := switched(t)
	v4 := openPipe(t, l, "r", "a0", netip.AddrPortFrom(k.Ends[1].IPv4.Addr(), 9000))
	v6 := openPipe(t, l, "a0", "r", netip.AddrPortFrom(k.Ends[0].IPv6.Addr(), 9000))
	for range 3 {
		if a, b := v4.pass(t, 5, 5), v6.pass(t, 5, 5); a != 5 || b != 5 {
			t.Fatalf("%d and %d of 5 passed the switch", a, b)
		}
		if err := k.StopSwitch(); err != nil {
			t.Fatal(err)
		}
		wantCarriers(t, k, true, true, true)
		if up, err := k.SwitchForwards(); up || err != nil {
			t.Errorf("a stopped switch forwards: %v, %v", up, err)
		}
		if a, b := v4.pass(t, 5, 0), v6.pass(t, 5, 0); a != 0 || b != 0 {
			t.Errorf("%d and %d of 5 passed the stopped switch", a, b)
		}
		if err := k.StartSwitch(); err != nil {
			t.Fatal(err)
		}
	}
	if up, err := k.SwitchForwards(); !up || err != nil {
		t.Errorf("a started switch forwards: %v, %v", up, err)
	}
}

// An end that goes down takes the carrier of the switch's port along, but not
// that of the far end.
func TestBehindASwitchTheFarEndKeepsItsCarrier(t *testing.T) {
	l, k := switched(t)
	p := openPipe(t, l, "r", "a0", netip.AddrPortFrom(k.Ends[1].IPv4.Addr(), 9000))
	wantCarriers(t, k, true, true, true)
	if err := k.SetDown("a0"); err != nil {
		t.Fatal(err)
	}
	wantCarriers(t, k, true, false, false)
	if got := p.pass(t, 5, 0); got != 0 {
		t.Errorf("%d of 5 reached an end that is down", got)
	}
	if err := k.SetUp("a0"); err != nil {
		t.Fatal(err)
	}
	wantCarriers(t, k, true, true, true)
	p.open(t)
	if got := p.pass(t, 5, 5); got != 5 {
		t.Errorf("%d of 5 passed after the end was up again", got)
	}
}

func TestACableHasNoSwitch(t *testing.T) {
	k := link(t, labtest.OpenTopology(t, star(1), lab.Options{}), "r-a0")
	if k.StopSwitch() == nil || k.StartSwitch() == nil {
		t.Error("a cable was switched off or on")
	}
	if err := k.SetDown("a0"); err != nil {
		t.Fatal(err)
	}
	for node, want := range map[string]bool{"a0": false, "r": false} {
		if got, err := k.OppositeCarrier(node); got != want || err != nil {
			t.Errorf("opposite of %s: carrier %v, %v; want %v", node, got, err, want)
		}
	}
}
