package observe

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/osrg/gobgp/v3/pkg/packet/bgp"

	"anylab/lab/record"
)

// connect opens a TCP connection from a to port 179 of r.
func (b bench) connect(p netip.Prefix) (atA, atR *net.TCPConn) {
	b.t.Helper()
	near, _ := b.link("r", "a").Of("r")
	host := near.IPv4.Addr()
	if p.Addr().Is6() {
		host = near.IPv6.Addr()
	}
	to := net.TCPAddrFromAddrPort(netip.AddrPortFrom(host, bgpPort))
	var l *net.TCPListener
	err := b.node("r").Do(func() (err error) {
		l, err = net.ListenTCP("tcp", to)
		return err
	})
	if err == nil {
		defer closing(b.t, l)
		err = b.node("a").Do(func() (err error) {
			atA, err = net.DialTCP("tcp", nil, to)
			return err
		})
	}
	if err == nil {
		atR, err = l.AcceptTCP()
	}
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		// The test may have closed them itself.
		_, _ = atA.Close(), atR.Close()
	})
	return atA, atR
}

// bgpFrom returns the BGP events of what a node sent, as seen on a node.
func (b bench) bgpFrom(from, on string) (seen []record.BGP) {
	for _, e := range b.events.Of(record.KindBGP) {
		if m := e.Data.(record.BGP); e.Node == on && m.From == from {
			seen = append(seen, m)
		}
	}
	return seen
}

func TestBGPOnTheWire(t *testing.T) {
	t.Run("IPv4", func(t *testing.T) { testBGPOnTheWire(t, site4) })
	t.Run("IPv6", func(t *testing.T) { testBGPOnTheWire(t, site6) })
}

func testBGPOnTheWire(t *testing.T, p netip.Prefix) {
	b := open(t, Options{})
	before := record.Now()
	atA, atR := b.connect(p)
	bytes, want := session(t)
	for piece := range slices.Chunk(bytes, 30) { // with TCP_NODELAY a segment each
		if _, err := atA.Write(piece); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := io.ReadFull(atR, make([]byte, len(bytes))); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(atA.CloseWrite(), readEnd(atR)); err != nil {
		t.Fatal(err)
	}
	fin := func(m record.BGP) bool { return m.Type == record.BGPFin && m.From == "a" }
	wait(b, 0, "a", fin)
	wait(b, 0, "r", fin)
	want = append(want, record.BGP{Type: record.BGPFin})
	for i := range want {
		want[i].Link, want[i].From, want[i].To, want[i].Family = "r-a", "a", "r", record.FamilyOf(p.Addr())
	}
	if diff := cmp.Diff(want, b.bgpFrom("a", "r"), comparePrefix); diff != "" {
		t.Errorf("at the receiver (-want +got):\n%s", diff)
	}
	for i := range want {
		want[i].Out = true
	}
	if diff := cmp.Diff(want, b.bgpFrom("a", "a"), comparePrefix); diff != "" {
		t.Errorf("at the sender (-want +got):\n%s", diff)
	}
	// Packet stamps come from another clock: a millisecond is far
	// more than the mapping's error.
	for _, e := range b.events.Of(record.KindBGP) {
		if e.At < before.Add(-time.Millisecond) || e.At > record.Now().Add(time.Millisecond) {
			t.Errorf("%+v is not stamped on the run's clock", e)
		}
	}
}

// readEnd reads until the other side has ended the connection.
func readEnd(c net.Conn) error {
	_, err := io.Copy(io.Discard, c)
	return err
}

// A session that is cut off shows who cut it.
func TestBGPReset(t *testing.T) {
	b := open(t, Options{})
	atA, atR := b.connect(site4)
	if _, err := atA.Write(encode(t, bgp.NewBGPKeepAliveMessage())); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(atR, make([]byte, headerLen)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(atR.SetLinger(0), atR.Close()); err != nil {
		t.Fatal(err)
	}
	for _, node := range []string{"a", "r"} {
		e, _ := wait(b, 0, node, func(m record.BGP) bool { return m.Type == record.BGPRst })
		if m := e.Data.(record.BGP); m.From != "r" || m.To != "a" || m.Out != (node == "r") {
			t.Errorf("at %s: got %+v, want a reset by r", node, m)
		}
	}
}

func TestBGPUnreadable(t *testing.T) {
	b := open(t, Options{})
	atA, _ := b.connect(site4)
	broken := encode(t, withdraw4())
	broken[headerLen+1] = 200
	if _, err := atA.Write(broken); err != nil {
		t.Fatal(err)
	}
	wait(b, 0, "r", func(f record.Finding) bool { return f.Name == "bgp-unreadable" })
	wait(b, 0, "r", func(m record.BGP) bool { return m.Type == record.BGPUpdate && m.Withdraw == nil })
}

func TestPcap(t *testing.T) {
	dir := t.TempDir()
	b := open(t, Options{PcapDir: dir})
	before := time.Now()
	atA, atR := b.connect(site4)
	keepalive := encode(t, bgp.NewBGPKeepAliveMessage())
	const messages = 20
	for range messages {
		for _, c := range [][2]*net.TCPConn{{atA, atR}, {atR, atA}} {
			if _, err := c[0].Write(keepalive); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(c[1], make([]byte, len(keepalive))); err != nil {
				t.Fatal(err)
			}
		}
	}
	b.stop()
	for link, want := range map[string]int{"r-a": 2 * messages, "r-b": 0} {
		if got := payloads(t, filepath.Join(dir, link+".pcapng"), before); got != want {
			t.Errorf("%s: %d packets with data, want %d", link, got, want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "r-c.pcapng")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a link without a session has a capture file (%v)", err)
	}
}

// payloads counts the packets with data in a capture file, half of which must
// be outgoing, and checks that they are stamped since the given time.
func payloads(t *testing.T, path string, since time.Time) (n int) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := pcapgo.NewNgReader(f, pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	d, out := newDecoder(), 0
	for {
		data, info, options, err := r.ReadPacketDataWithOptions()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if info.Timestamp.Before(since.Add(-time.Millisecond)) || info.Timestamp.After(time.Now().Add(time.Millisecond)) {
			t.Errorf("packet stamped %v", info.Timestamp)
		}
		g, _, _, ok := d.segment(data, 0)
		if !ok || len(g.data) == 0 {
			continue
		}
		n++
		if options.Flags != nil && options.Flags.Direction == pcapgo.NgEpbFlagDirectionOutbound {
			out++
		}
	}
	if 2*out != n {
		t.Errorf("%d of %d packets are marked outgoing", out, n)
	}
	return n
}

// Packets that come faster than they are read are missed, and that is told.
func TestCaptureOverrun(t *testing.T) {
	b := open(t, Options{})
	var c *capture
	err := b.node("r").Do(func() (err error) {
		c, err = openCapture(1, routingFilter(), 0)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	atA, atR := b.connect(site4)
	keepalive := encode(t, bgp.NewBGPKeepAliveMessage())
	for range 100 {
		if _, err := atA.Write(keepalive); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(atR, make([]byte, len(keepalive))); err != nil {
			t.Fatal(err)
		}
	}
	b.stop()
	if found := b.findings("capture-overrun"); len(found) != 0 {
		t.Errorf("the ample buffer overran: %+v", found)
	}
	w := &wire{node: "r", out: b.events}
	if err := c.run(ended(), w.take, w.dropped); err != nil {
		t.Fatal(err)
	}
	if len(b.findings("capture-overrun")) == 0 {
		t.Error("no capture-overrun finding")
	}
}
