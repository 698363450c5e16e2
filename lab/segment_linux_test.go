package lab_test

import (
	"net"
	"testing"
	"time"

	"anylab/lab"
	"anylab/lab/labtest"
	"anylab/topologies"
)

// TestASharedSegment: three ends reach each other, each has a carrier of its own, and
// packets that one no longer hears still reach the third.
func TestASharedSegment(t *testing.T) {
	top, err := topologies.Parse("segment.yaml", []byte(`
name: segment
nodes:
  r: {role: router, asn: 65000}
  a: {role: anycast, asn: 65001}
  b: {role: anycast, asn: 65002}
links:
  - endpoints: [r, a, b]
anycast: 192.0.2.1/32
`))
	must(t, err)
	l := labtest.OpenTopology(t, top, lab.Options{})
	k := link(t, l, "r-a")
	reach := func(from, to string, want bool) {
		t.Helper()
		if got := arrives(t, l, from, to); got != want {
			t.Errorf("%s hears %s: %v, want %v", to, from, got, want)
		}
	}
	reach("r", "a", true)
	reach("r", "b", true)
	reach("a", "b", true)

	d, err := l.Drop(lab.Filter{}, lab.Way{Link: "r-a", From: "r"})
	must(t, err)
	reach("r", "a", false)
	reach("r", "b", true)
	must(t, d.Remove())

	must(t, k.SetDown("a"))
	for node, want := range map[string]bool{"a": false, "r": true} {
		if got, err := k.Carrier(node); got != want || err != nil {
			t.Errorf("carrier of %s: %v, %v; want %v", node, got, err, want)
		}
	}
	reach("r", "b", true)
	must(t, k.SetUp("a"))
	reach("r", "a", true)
	reach("b", "a", true)

	must(t, k.StopSwitch())
	reach("r", "b", false)
	must(t, k.StartSwitch())
	reach("r", "b", true)
}

// arrives sends a few datagrams from one node's address on the segment to another's, and
// says whether one arrives.
func arrives(t *testing.T, l *lab.Lab, from, to string) bool {
	t.Helper()
	address := func(at string) net.IP { return net.IP(l.Topology().Own(at, false).AsSlice()) }
	var in, out *net.UDPConn
	must(t, node(t, l, to).Do(func() (err error) {
		in, err = net.ListenUDP("udp4", &net.UDPAddr{IP: address(to)})
		return err
	}))
	defer in.Close()
	must(t, node(t, l, from).Do(func() (err error) {
		out, err = net.DialUDP("udp4", nil, in.LocalAddr().(*net.UDPAddr))
		return err
	}))
	defer out.Close()
	for range 5 {
		_, _ = out.Write([]byte("?")) // nobody may be there
		_ = in.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		if _, err := in.Read(make([]byte, 1)); err == nil {
			return true
		}
	}
	return false
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
