package bfd

import (
	"context"
	"flag"
	"maps"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/labtest"
	"anylab/topologies"
)

// TestMain runs the tests in the sandbox, but a fuzzer outside of it: it talks
// to its workers by files that the sandbox would close.
func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Lookup("test.fuzz").Value.String() != "" {
		os.Exit(m.Run())
	}
	labtest.Main(m, nil)
}

// soon is far longer than anything takes: a test must not fail because the
// machine is slow.
const soon = 30 * time.Second

const pair = `
name: pair
nodes:
  r: {role: router, asn: 65000}
  a: {role: anycast, asn: 65001}
  c: {role: client}
links:
  - endpoints: [r, a]
  - endpoints: [r, c]
anycast: 192.0.2.100/32
`

// end is one end of a session in a lab.
type end struct {
	t       *testing.T
	node    *lab.Node
	config  Config
	session *Session
	changes chan Change
	cancel  context.CancelFunc
	ended   chan error
	stopped sync.Once
}

// endAt describes the end at a node of the link r-a.
func endAt(t *testing.T, l *lab.Lab, name string, v6 bool) *end {
	t.Helper()
	return endOf(t, l, "r-a", name, v6)
}

func endOf(t *testing.T, l *lab.Lab, link, name string, v6 bool) *end {
	t.Helper()
	n, err := l.Node(name)
	if err != nil {
		t.Fatal(err)
	}
	e := &end{t: t, node: n, changes: make(chan Change, 100), ended: make(chan error, 1)}
	for _, i := range n.Interfaces() {
		if i.Link == link {
			peer := i.Peer
			e.config = Config{Local: addr(i.End, v6), Remote: addr(peer, v6), Dev: i.Dev, Interval: 200 * time.Millisecond, Multiplier: 10}
		}
	}
	return e
}

func addr(e topologies.End, v6 bool) netip.Addr {
	if v6 {
		return e.IPv6.Addr()
	}
	return e.IPv4.Addr()
}

// run starts the session and stops it when the test ends.
func (e *end) run() *end {
	e.t.Helper()
	err := e.node.Do(func() (err error) {
		e.session, err = Open(e.config)
		return err
	})
	if err != nil {
		e.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	e.cancel = cancel
	go func() { e.ended <- e.session.Run(ctx, func(c Change) { e.changes <- c }) }()
	e.t.Cleanup(e.stop)
	return e
}

// stop ends the session and waits for it. It is idempotent.
func (e *end) stop() {
	e.stopped.Do(func() {
		e.cancel()
		if err := <-e.ended; err != nil {
			e.t.Errorf("session ended: %v", err)
		}
	})
}

// await returns the first change to the state.
func (e *end) await(s State) Change {
	e.t.Helper()
	late := time.After(soon)
	for {
		select {
		case c := <-e.changes:
			if c.State == s {
				return c
			}
		case <-late:
			e.t.Fatalf("%s: not %v within %v; discarded: %v", e.node.Name, s, soon, e.session.Discarded())
		}
	}
}

func TestSessionNoticesSilence(t *testing.T) {
	for name, c := range map[string]struct {
		v6  bool
		hop string
	}{"IPv4": {}, "IPv6": {v6: true}, "IPv4, a router in between": {false, "    hop: true\n"}, "IPv6, a router in between": {true, "    hop: true\n"}} {
		t.Run(name, func(t *testing.T) {
			l := labtest.Open(t, strings.Replace(pair, "[r, a]\n", "[r, a]\n"+c.hop, 1))
			r, a := endAt(t, l, "r", c.v6), endAt(t, l, "a", c.v6)
			if c.hop != "" {
				r.config.Routers, a.config.Routers = 1, 1
			}
			r.run()
			a.run()
			r.await(Up)
			a.await(Up)
			began := time.Now()
			drop := cut(t, l, "a")
			down := r.await(Down)
			if took := time.Since(began); down.Diag != DiagTimeExpired || took < time.Second {
				t.Errorf("r: %+v after %v; want an expiry after about 1.8 to 2 s", down, took)
			}
			if down := a.await(Down); down.Diag != DiagNeighborDown {
				t.Errorf("a: %+v; want to be told by r", down)
			}
			if err := drop.Remove(); err != nil {
				t.Fatal(err)
			}
			r.await(Up)
			a.await(Up)
		})
	}
}

// cut drops the BFD packets that come from the node.
func cut(t *testing.T, l *lab.Lab, from string) *lab.Drop {
	t.Helper()
	link, err := l.Link("r-a")
	if err != nil {
		t.Fatal(err)
	}
	drop, err := link.Drop(from, lab.Filter{Only: lab.TrafficBFD})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := drop.Remove(); err != nil {
			t.Error(err)
		}
	})
	return drop
}

const shared = `
name: shared
nodes:
  r: {role: router, asn: 65000}
  a: {role: anycast, asn: 65001}
  b: {role: anycast, asn: 65002}
links: [{endpoints: [r, a, b]}]
anycast: 192.0.2.100/32
`

// On a segment sessions with several neighbors run at one address: each hears its own.
func TestSessionsShareAnAddress(t *testing.T) {
	l := labtest.Open(t, shared)
	for _, v6 := range []bool{false, true} {
		var ends []*end
		for _, link := range []string{"r-a", "r-b"} {
			for _, name := range strings.Split(link, "-") {
				e := endOf(t, l, link, name, v6)
				e.config.Shared = name == "r"
				ends = append(ends, e.run())
			}
		}
		for _, e := range ends {
			e.await(Up)
		}
		ends[1].stop()
		ends[0].await(Down)
		if len(ends[2].changes) > 0 {
			t.Errorf("v6 %v: the session of b hears that of a end", v6)
		}
	}
}

func TestSessionGoesDownOnPurpose(t *testing.T) {
	l := labtest.Open(t, pair)
	r, a := endAt(t, l, "r", false).run(), endAt(t, l, "a", false).run()
	r.await(Up)
	a.await(Up)
	a.session.AdminDown(true)
	a.await(AdminDown)
	if c := r.await(Down); c.Remote != AdminDown || c.Diag != DiagNeighborDown {
		t.Errorf("r: %+v; want to know that it was on purpose", c)
	}
	a.session.AdminDown(false)
	a.await(Up)
	r.await(Up)
	a.stop() // the end of the process's will, not of the path
	if c := r.await(Down); c.Remote != AdminDown {
		t.Errorf("r: %+v; want to know that a stopped on purpose", c)
	}
}

func TestSessionChangesItsInterval(t *testing.T) {
	l := labtest.Open(t, pair)
	r, a := endAt(t, l, "r", false).run(), endAt(t, l, "a", false).run()
	r.await(Up)
	a.await(Up)
	if err := a.session.SetInterval(time.Millisecond); err == nil {
		t.Error("an interval of 1 ms was accepted")
	}
	if err := a.session.SetInterval(400 * time.Millisecond); err != nil {
		t.Fatal(err)
	}
	agreed := make(chan bool)
	late := time.Now().Add(soon)
	for done := false; !done; {
		// The machine belongs to Run's goroutine, which answers in turn.
		a.session.request(func(time.Time) actions {
			agreed <- !a.session.machine.polling && a.session.machine.used.tx == 400*time.Millisecond
			return actions{}
		})
		if done = <-agreed; !done && time.Now().After(late) {
			t.Fatal("the Poll Sequence has not ended")
		}
	}
}

func TestForgedPacketsAreDiscarded(t *testing.T) {
	l := labtest.Open(t, pair)
	r, a := endAt(t, l, "r", false).run(), endAt(t, l, "a", false)
	down := Packet{State: Down, Multiplier: 3, My: 9, DesiredMinTx: time.Second, RequiredMinRx: time.Second}
	far := down
	a.sendWith(t, 254, marshalled(t, far))
	a.sendWith(t, 255, []byte("not BFD at all, but long enough"))
	far.Multiplier = 0
	a.sendWith(t, 255, marshalled(t, far))
	far = down
	far.Your = 1 // r's is another, save for one time in four thousand million
	a.sendWith(t, 255, marshalled(t, far))
	a.sendWith(t, 255, marshalled(t, down))
	if c := r.await(Init); c.Remote != Down {
		t.Errorf("r: %+v", c)
	}
	want := map[error]int{ErrTTL: 1, ErrVersion: 1, ErrMultiplier: 1, ErrYourDiscr: 1}
	got := r.session.Discarded()
	for late := time.Now().Add(soon); !maps.Equal(got, want) && time.Now().Before(late); time.Sleep(time.Millisecond) {
		got = r.session.Discarded() // packets of several sockets have no order
	}
	if !maps.Equal(got, want) {
		t.Errorf("discarded %v, want %v", got, want)
	}
}

// RFC 5883 asks for no TTL: what comes over a router may have been sent with any.
func TestAnyTTLOverARouter(t *testing.T) {
	l := labtest.Open(t, strings.Replace(pair, "[r, a]\n", "[r, a]\n    hop: true\n", 1))
	r, a := endAt(t, l, "r", false), endAt(t, l, "a", false)
	r.config.Routers, a.config.Routers = 1, 1
	r.run()
	a.sendWith(t, 64, marshalled(t, Packet{State: Down, Multiplier: 3, My: 9, DesiredMinTx: time.Second, RequiredMinRx: time.Second}))
	r.await(Init)
}

// sendWith sends a datagram from the node with the given TTL.
func (e *end) sendWith(t *testing.T, ttl int, data []byte) {
	t.Helper()
	err := e.node.Do(func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_TTL, ttl); err != nil {
			return err
		}
		port := singleHop
		if e.config.Routers > 0 {
			port = multihop
		}
		return unix.Sendto(fd, data, 0, address(e.config.Remote, port, 0))
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWrongSourceIsDiscarded(t *testing.T) {
	l := labtest.Open(t, pair)
	r, a := endAt(t, l, "r", false), endAt(t, l, "a", false).run()
	r.config.Remote = netip.MustParseAddr("203.0.113.9")
	r.run()
	for late := time.Now().Add(soon); r.session.Discarded()[ErrSource] == 0; {
		if time.Now().After(late) {
			t.Fatal("a stranger's packet was not counted")
		}
		a.session.AdminDown(true) // each change sends a packet at once
		a.await(AdminDown)
		a.session.AdminDown(false)
		a.await(Down)
	}
	if len(r.changes) != 0 {
		t.Errorf("a stranger changed the state: %+v", <-r.changes)
	}
}

func TestSourcePortAndHopLimit(t *testing.T) {
	l := labtest.Open(t, pair)
	r, a := endAt(t, l, "r", false), endAt(t, l, "a", false)
	var in *os.File
	err := r.node.Do(func() error {
		fd, err := bound(r.config, address(r.config.Local, singleHop, 0))
		in = os.NewFile(uintptr(fd), "bfd")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.FilePacketConn(in)
	if err != nil || in.Close() != nil {
		t.Fatal(err)
	}
	defer c.Close()
	a.run()
	if err := c.SetReadDeadline(time.Now().Add(soon)); err != nil {
		t.Fatal(err)
	}
	var data, oob [256]byte
	n, oobn, _, from, err := c.(*net.UDPConn).ReadMsgUDPAddrPort(data[:], oob[:])
	if err != nil {
		t.Fatal(err)
	}
	if from.Port() < firstPort || from.Addr().Unmap() != a.config.Local || hopLimit(oob[:oobn]) != 255 {
		t.Errorf("from %v with TTL %d, want a port from %d and 255", from, hopLimit(oob[:oobn]), firstPort)
	}
	if p, err := Parse(data[:n]); err != nil || p.State != Down || p.Your != 0 || p.DesiredMinTx != time.Second {
		t.Errorf("first packet %+v, %v", p, err)
	}
}

func TestConfigCheck(t *testing.T) {
	v4, v6 := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")
	fine := Config{Local: v4, Remote: v4.Next(), Dev: "eth0", Interval: 10 * time.Millisecond, Multiplier: 3}
	tests := map[string]struct {
		spoil func(*Config)
		want  string
	}{
		"fine":            {func(*Config) {}, ""},
		"no address":      {func(c *Config) { c.Remote = netip.Addr{} }, "missing"},
		"families":        {func(c *Config) { c.Remote = v6 }, "different families"},
		"no device":       {func(c *Config) { c.Dev = "" }, "device is missing"},
		"multiplier 0":    {func(c *Config) { c.Multiplier = 0 }, "multiplier 0"},
		"multiplier 256":  {func(c *Config) { c.Multiplier = 256 }, "multiplier 256"},
		"interval 9.9 ms": {func(c *Config) { c.Interval = 9900 * time.Microsecond }, "9.9 ms"},
		"interval 2 h":    {func(c *Config) { c.Interval = 2 * time.Hour }, "2 h"},
	}
	for name, tt := range tests {
		c := fine
		tt.spoil(&c)
		err := c.Check()
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
		if _, openErr := Open(c); tt.want != "" && openErr == nil {
			t.Errorf("%s: opened", name)
		}
	}
}

func TestOpenFailsWithoutTheAddress(t *testing.T) {
	l := labtest.Open(t, pair)
	e := endAt(t, l, "a", false)
	for what, spoil := range map[string]func(*Config){
		"address of the far end": func(c *Config) { c.Local, c.Remote = c.Remote, c.Local },
		"unknown device":         func(c *Config) { c.Dev = "eth99" },
	} {
		c := e.config
		spoil(&c)
		err := e.node.Do(func() error {
			_, err := Open(c)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), c.Local.String()) {
			t.Errorf("%s: %v; want an error that names the address", what, err)
		}
	}
}
