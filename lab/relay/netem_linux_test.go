package relay_test

import (
	"encoding/binary"
	"net"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"anylab/lab/labtest"
	"anylab/topologies"
)

// bare is a link that the kernel's own netem delays, where it has that.
const bare = `
name: bare
nodes:
  a: {role: client}
  b: {role: router, asn: 65000}
  c: {role: anycast, asn: 65001}
links:
  - {endpoints: [a, b], to: {b: {delay: 40ms, jitter: 20ms}}}
  - endpoints: [b, c]
anycast: 198.51.100.1/32
`

// Where the kernel has netem, a relay delays as netem does: by its times nobody can tell
// which it was. What has half the jitter can be told from it. A busy machine, which makes
// all times alike or adds to some, may have several attempts.
func TestDelaysAsNetemDoes(t *testing.T) {
	labtest.Require(t, "netns", "netem")
	const delay, jitter = 40 * time.Millisecond, 20 * time.Millisecond
	l := labtest.Open(t, bare)
	if got := l.Fallbacks(); len(got) > 0 {
		t.Fatalf("the kernel has netem, but: %q", got)
	}
	native := &path{TB: t}
	native.between(l, "a", "b")
	relayed := open(t, topologies.Shape{Delay: delay, Jitter: jitter}, topologies.Shape{})
	steadier := open(t, topologies.Shape{Delay: delay, Jitter: jitter / 2}, topologies.Shape{})
	for attempt := 1; ; attempt++ {
		kernel := native.lateness(spread, 0)
		same, other := apart(kernel, relayed.lateness(spread, 0)), apart(kernel, steadier.lateness(spread, 0))
		t.Logf("attempt %d: relay and netem are %.2f apart, with half the jitter %.2f", attempt, same, other)
		if same < alike && other > alike {
			return
		}
		if attempt == 10 {
			t.Fatalf("relay and netem are %.2f apart, want less than %.2f; with half the jitter %.2f, want more", same, alike, other)
		}
	}
}

// Two samples of so many that are of one distribution are less apart than that in 999 of
// 1000 cases: 1.95 times the root of 2/spread (Kolmogorov and Smirnov). Of two uniform
// ones, half as wide and as wide, the middle quarter is that far apart: 0.25.
const (
	spread = 400
	alike  = 0.138
)

// apart is the greatest distance of the distributions of two sorted samples.
func apart(a, b []time.Duration) (most float64) {
	share := func(of []time.Duration, upTo time.Duration) float64 {
		n, _ := slices.BinarySearch(of, upTo+1)
		return float64(n) / float64(len(of))
	}
	for _, at := range slices.Concat(a, b) {
		d := share(a, at) - share(b, at)
		most = max(most, d, -d)
	}
	return most
}

// lateness sends datagrams from a to b that say when they were sent, one a millisecond,
// and sorts by how much longer than the delay they are on their way.
func (p *path) lateness(count int, delay time.Duration) []time.Duration {
	p.Helper()
	from, to := p.udp()
	defer from.Close()
	defer to.Close()
	p.stamped(to)
	late := make(chan []time.Duration)
	go func() {
		var list []time.Duration
		for text, oob := make([]byte, 8), make([]byte, 64); len(list) < count; {
			_, n, _, _, err := to.ReadMsgUDPAddrPort(text, oob)
			if err != nil {
				break // the deadline
			}
			if came, ok := stamp(oob[:n]); ok {
				list = append(list, time.Duration(came-int64(binary.NativeEndian.Uint64(text)))-delay)
			}
		}
		late <- list
	}()
	if err := to.SetReadDeadline(time.Now().Add(time.Duration(count)*time.Millisecond + wide)); err != nil {
		p.Fatal(err)
	}
	beat := time.NewTicker(time.Millisecond)
	defer beat.Stop()
	for range count {
		<-beat.C
		if _, err := from.Write(binary.NativeEndian.AppendUint64(nil, uint64(time.Now().UnixNano()))); err != nil {
			p.Fatal(err)
		}
	}
	list := <-late
	if len(list) != count {
		p.Fatalf("%d of %d datagrams came", len(list), count)
	}
	slices.Sort(list)
	return list
}

// stamped has the kernel say when each datagram came.
func (p *path) stamped(c *net.UDPConn) {
	p.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		p.Fatal(err)
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1) })
	if err != nil || failed != nil {
		p.Fatal(err, failed)
	}
}

// stamp is when a datagram came, by the wall clock.
func stamp(oob []byte) (int64, bool) {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil || len(messages) == 0 || len(messages[0].Data) < 16 {
		return 0, false
	}
	d := messages[0].Data
	return int64(binary.NativeEndian.Uint64(d))*1e9 + int64(binary.NativeEndian.Uint64(d[8:])), true
}
