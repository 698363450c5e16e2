package world

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"anylab/lab"
	"anylab/lab/labtest"
)

// What a flood sends in a second is what it was told to, and nothing once it is stopped.
func TestFloodHasItsRate(t *testing.T) {
	l := labtest.Open(t, `
name: near
nodes:
  r: {role: router, asn: 65000}
  a: {role: anycast, asn: 65001}
  c: {role: client}
links: [{endpoints: [r, c]}, {endpoints: [r, a]}]
anycast: 192.0.2.1/32
`)
	r, err := l.Node("r")
	if err != nil {
		t.Fatal(err)
	}
	c, err := l.Node("c")
	if err != nil {
		t.Fatal(err)
	}
	at := netip.AddrPortFrom(l.Topology().Links[0].Ends[0].IPv4.Addr(), discard)
	var in *net.UDPConn
	if err := r.Do(func() (err error) { in, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(at)); return err }); err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	_ = in.SetReadBuffer(1 << 20)
	const size, each = 40, 500 // packets a second
	flow, err := newFlood(c, at, 8*(size+overIP)*each, size, []*lab.Node{r})
	if err != nil || !flow.Flows() {
		t.Fatalf("%v, flows %v", err, err == nil && flow.Flows())
	}
	began := time.Now()
	got, buf := 0, make([]byte, 100)
	for got < each { // a slow machine makes it slower, never faster
		if n, err := in.Read(buf); err != nil || n != size {
			t.Fatalf("%d bytes, %v", n, err)
		}
		got++
	}
	if took := time.Since(began); took < 900*time.Millisecond {
		t.Errorf("%d packets came within %v, want a second", got, took)
	}
	waste := netip.AddrPortFrom(at.Addr(), discard+1) // to which nobody listens
	for range each {
		if _, err := flow.conn.WriteToUDPAddrPort(make([]byte, size), waste); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := flow.Stop(); err != nil || flow.Flows() {
			t.Errorf("stopped: %v, flows %v", err, flow.Flows())
		}
	}
	if got := flow.Traffic(); got.Sent < each || got.Reached["r"] < each {
		t.Errorf("%+v; want %d sent, and as many that came for a port to which nobody listens", got, each)
	}
}
