package lab_test

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"anylab/lab"
	"anylab/lab/labtest"
	"anylab/topologies"
)

func TestRate(t *testing.T) {
	topology := star(1)
	topology.Links[0].Ends[0].Shape = topologies.Shape{Rate: 10_000_000}
	l := labtest.OpenTopology(t, topology, lab.Options{})
	if got := qdiscs(t, node(t, l, "r"), 0); !cmp.Equal(got, []string{"tbf"}) {
		t.Errorf("qdiscs %v, want tbf", got)
	}
	if got := qdiscs(t, node(t, l, "c"), 0); cmp.Equal(got, []string{"tbf"}) {
		t.Error("the far end is limited too")
	}
}

// A link is as slow as the topology says, each way, whether this kernel has
// netem or a relay stands in for it. It still loses its carrier at both ends.
func TestDelay(t *testing.T) {
	const out, back = 20 * time.Millisecond, 5 * time.Millisecond
	topology := star(1)
	for e, end := range topology.Links[0].Ends {
		topology.Links[0].Ends[e].Shape = topologies.Shape{Delay: back, Rate: 10_000_000}
		if end.Node == "r" {
			topology.Links[0].Ends[e].Shape.Delay = out
		}
	}
	l := labtest.OpenTopology(t, topology, lab.Options{})
	want := []string{"netem", "tbf"}
	if slices.ContainsFunc(l.Fallbacks(), func(f string) bool { return strings.Contains(f, "a relay in user space") }) {
		want = []string{"tbf"}
	}
	if got := qdiscs(t, node(t, l, "r"), 0); !cmp.Equal(got, want) {
		t.Errorf("qdiscs %v, want %v", got, want)
	}
	link := l.Links()[0]
	far := link.Ends[0]
	if far.Node == "r" {
		far = link.Ends[1]
	}
	if took := roundTrip(t, l, "r", far); took < out+back || took > out+back+5*time.Second {
		t.Errorf("a round trip takes %v, want %v", took, out+back)
	}
	if err := link.SetDown("r"); err != nil {
		t.Fatal(err)
	}
	untilCarrier(t, link, far.Node, false)
	if err := link.SetUp("r"); err != nil {
		t.Fatal(err)
	}
	untilCarrier(t, link, far.Node, true)
	roundTrip(t, l, "r", far)
}

// roundTrip is the least of several times from a node to a far end and back.
func roundTrip(t *testing.T, l *lab.Lab, from string, to topologies.End) time.Duration {
	t.Helper()
	var near, far *net.UDPConn
	listen := func(name string, c **net.UDPConn) {
		err := node(t, l, name).Do(func() (err error) {
			*c, err = net.ListenUDP("udp", nil)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	listen(from, &near)
	defer near.Close()
	listen(to.Node, &far)
	done := make(chan struct{})
	defer func() {
		far.Close()
		<-done
	}()
	go func() {
		defer close(done)
		for buf := make([]byte, 128); ; {
			n, sender, err := far.ReadFromUDPAddrPort(buf)
			if err != nil {
				return // closed
			}
			_, _ = far.WriteToUDPAddrPort(buf[:n], sender) // the other side complains
		}
	}()
	return leastEcho(t, near, netip.AddrPortFrom(to.IPv4.Addr(), uint16(far.LocalAddr().(*net.UDPAddr).Port)))
}

// leastEcho asks again where no answer comes: a device begins to send a moment
// after its carrier came back.
func leastEcho(t *testing.T, c *net.UDPConn, to netip.AddrPort) time.Duration {
	t.Helper()
	least := time.Minute
	for answers, late := 0, time.Now().Add(soon); answers < 10; {
		if time.Now().After(late) {
			t.Fatalf("%d echoes in %v", answers, soon)
		}
		began := time.Now()
		question := began.String()
		if _, err := c.WriteToUDPAddrPort([]byte(question), to); err != nil {
			t.Fatal(err)
		}
		if err := c.SetReadDeadline(began.Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 128)
		n, err := c.Read(buf)
		for err == nil && string(buf[:n]) != question { // to an earlier question
			n, err = c.Read(buf)
		}
		if err == nil {
			least = min(least, time.Since(began))
			answers++
		}
	}
	return least
}

func untilCarrier(t *testing.T, k *lab.Link, at string, want bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		got, err := k.Carrier(at)
		if err != nil {
			t.Fatal(err)
		}
		if got == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("carrier of link %s at %s: %v, want %v", k.Name, at, got, want)
		}
	}
}

// An end whose far end is down has no carrier, in whatever order the ends go
// down and come up, also where the cable has a relay in its middle.
func TestCarriersOfADelayedLink(t *testing.T) {
	topology := star(1)
	topology.Links[0].Ends[0].Shape = topologies.Shape{Delay: time.Millisecond}
	l := labtest.OpenTopology(t, topology, lab.Options{})
	k := l.Links()[0]
	for first, end := range k.Ends {
		one, other := end.Node, k.Ends[1-first].Node
		for range 20 { // faster than a relay may notice
			set(t, k, one, false)
			set(t, k, one, true)
		}
		carriers(t, k, true)
		set(t, k, one, false)
		carriers(t, k, false)
		set(t, k, other, false)
		set(t, k, one, true)
		carriers(t, k, false)
		set(t, k, other, true)
		carriers(t, k, true)
		set(t, k, one, false)
		set(t, k, other, false)
		set(t, k, other, true)
		carriers(t, k, false)
		set(t, k, one, true)
		carriers(t, k, true)
	}
	roundTrip(t, l, k.Ends[0].Node, k.Ends[1])
}

func set(t *testing.T, k *lab.Link, end string, up bool) {
	t.Helper()
	change := k.SetDown
	if up {
		change = k.SetUp
	}
	if err := change(end); err != nil {
		t.Fatal(err)
	}
}

// carriers waits until both ends have a carrier, or none, and still have after
// a while.
func carriers(t *testing.T, k *lab.Link, want bool) {
	t.Helper()
	for since, deadline := time.Now(), time.Now().Add(10*time.Second); time.Since(since) < 50*time.Millisecond; {
		var got [2]bool
		for i, end := range k.Ends {
			var err error
			if got[i], err = k.Carrier(end.Node); err != nil {
				t.Fatal(err)
			}
		}
		if got != [2]bool{want, want} {
			since = time.Now()
		}
		if time.Now().After(deadline) {
			t.Fatalf("carriers %v, want both %v", got, want)
		}
		time.Sleep(time.Millisecond)
	}
}

// What is in the middle of a link has no part in its delay, and parts the
// carriers as it does without.
func TestDelayBehindSwitchOrHop(t *testing.T) {
	const out, back = 20 * time.Millisecond, 5 * time.Millisecond
	for name, part := range map[string]func(*topologies.Link){
		"switch": func(l *topologies.Link) { l.Switch = true },
		"hop":    func(l *topologies.Link) { l.Hop = true },
	} {
		t.Run(name, func(t *testing.T) {
			topology := star(1)
			part(&topology.Links[1])
			topology.Links[1].Ends[0].Shape.Delay, topology.Links[1].Ends[1].Shape.Delay = out, back
			l := labtest.OpenTopology(t, topology, lab.Options{})
			k := link(t, l, "r-a0")
			for e, end := range k.Ends {
				if took := roundTrip(t, l, k.Ends[1-e].Node, end); took < out+back || took > out+back+5*time.Second {
					t.Errorf("a round trip to %s takes %v, want %v", end.Node, took, out+back)
				}
				far := k.Ends[1-e].Node
				set(t, k, end.Node, false)
				if up, err := k.OppositeCarrier(end.Node); up || err != nil {
					t.Errorf("carrier where %s leads to: %v, %v", end.Node, up, err)
				}
				if up, err := k.Carrier(far); !up || err != nil {
					t.Errorf("carrier of %s: %v, %v", far, up, err)
				}
				set(t, k, end.Node, true)
			}
			roundTrip(t, l, "r", k.Ends[1])
		})
	}
}
