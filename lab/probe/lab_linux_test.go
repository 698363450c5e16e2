package probe_test

import (
	"context"
	"encoding/binary"
	"errors"
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
	"anylab/lab/probe"
	"anylab/lab/record"
	"anylab/topologies"
)

// TestMain keeps fuzzing out of the sandbox: its workers talk to their parent
// over descriptors that a second start of the program would not inherit.
func TestMain(m *testing.M) {
	for _, arg := range os.Args {
		if strings.HasPrefix(arg, "-test.fuzz=") || strings.HasPrefix(arg, "-test.fuzzworker") {
			os.Exit(m.Run())
		}
	}
	labtest.Main(m, map[string]func([]string) int{"answer": answer, "bare": bare, "prober": probe.Main, "spin": spin})
}

// pair is a client and a site, one router between them.
func pair() topologies.Topology {
	prefix := netip.MustParsePrefix
	return topologies.Topology{
		Name: "pair",
		Nodes: []topologies.Node{
			{Name: "r", Role: topologies.Router}, {Name: "c", Role: topologies.Client}, {Name: "a", Role: topologies.Anycast},
		},
		Links: []topologies.Link{
			{Name: "r-c", Ends: [2]topologies.End{
				{Node: "r", Dev: "eth0", IPv4: prefix("10.0.0.0/31"), IPv6: prefix("fd00:a11:1ab::/127")},
				{Node: "c", Dev: "eth0", IPv4: prefix("10.0.0.1/31"), IPv6: prefix("fd00:a11:1ab::1/127")},
			}},
			{Name: "r-a", Ends: [2]topologies.End{
				{Node: "r", Dev: "eth1", IPv4: prefix("10.0.0.2/31"), IPv6: prefix("fd00:a11:1ab::2/127")},
				{Node: "a", Dev: "eth0", IPv4: prefix("10.0.0.3/31"), IPv6: prefix("fd00:a11:1ab::3/127")},
			}},
		},
	}
}

// The two addresses of r, and a port on them. Servers run there; a is not
// reachable without a routing daemon.
var (
	server4 = netip.MustParseAddrPort("10.0.0.0:7000")
	other4  = netip.MustParseAddrPort("10.0.0.2:7000")
	server6 = netip.MustParseAddrPort("[fd00:a11:1ab::]:7000")
)

// world is a lab with what the tests do in it.
type world struct {
	*testing.T
	client, server *lab.Node
}

func newWorld(t *testing.T) world {
	l := labtest.OpenTopology(t, pair(), lab.Options{})
	client, err := l.Node("c")
	if err != nil {
		t.Fatal(err)
	}
	server, err := l.Node("r")
	if err != nil {
		t.Fatal(err)
	}
	return world{t, client, server}
}

// listen opens a UDP socket on the server's node, with room for what comes while
// the machine is busy.
func listen(t testing.TB, n *lab.Node, at netip.AddrPort) *net.UDPConn {
	t.Helper()
	var c *net.UDPConn
	err := n.Do(func() (err error) {
		c, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var refused error
	err = raw.Control(func(fd uintptr) {
		refused = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 4<<20)
	})
	if err != nil || refused != nil {
		t.Log("a receive buffer as usual:", err, refused)
	}
	return c
}

// serve calls handle for every request until the test ends.
func serve(t testing.TB, c *net.UDPConn, handle func(request []byte, from netip.AddrPort)) {
	var done sync.WaitGroup
	done.Go(func() {
		buf := make([]byte, 2048)
		for {
			n, from, err := c.ReadFromUDPAddrPort(buf)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				handle(buf[:n], from)
			}
		}
	})
	t.Cleanup(func() {
		_ = c.Close()
		done.Wait()
	})
}

// number is that of a udp request, which follows the run's eight bytes.
func number(request []byte) uint64 { return binary.BigEndian.Uint64(request[8:]) }

// tape is a Recorder that remembers.
type tape struct {
	mu      sync.Mutex
	samples []record.Sample
	written []record.Time
	events  []record.Event
	more    chan struct{}
}

func newTape() *tape { return &tape{more: make(chan struct{}, 1)} }

func (r *tape) Write(s record.Sample) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.samples = append(r.samples, s)
	r.written = append(r.written, record.Now())
	select {
	case r.more <- struct{}{}:
	default:
	}
}

func (r *tape) Emit(e record.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

func (r *tape) len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.samples)
}

// waitFor blocks until there are n samples.
func (r *tape) waitFor(t testing.TB, n int) {
	t.Helper()
	limit := time.After(time.Minute)
	for r.len() < n {
		select {
		case <-r.more:
		case <-limit:
			t.Fatalf("%d samples in a minute, want %d", r.len(), n)
		}
	}
}

// udp4 is what most tests ask for. The timeout is long, so that a slow machine
// loses nothing.
func udp4() probe.Config {
	return probe.Config{Name: "p", Kind: "udp", Target: server4, Rate: 500, Flows: 4, Timeout: 5 * time.Second}
}

// ask probes until n samples were recorded, and waits for the rest.
func (w world) ask(c probe.Config, n int) *tape {
	w.Helper()
	r, stop := w.start(c)
	r.waitFor(w, n)
	stop()
	return r
}

// start returns a function that ends sending and waits for the last answer.
func (w world) start(c probe.Config) (*tape, func()) {
	w.Helper()
	p, err := probe.New(c)
	if err != nil {
		w.Fatal(err)
	}
	r := newTape()
	ctx, cancel := context.WithCancel(context.Background())
	wait, err := p.Start(ctx, w.client, r)
	if err != nil {
		cancel()
		w.Fatal(err)
	}
	if got := p.Priority(); got != "fifo" && got != "nice" && got != "normal" {
		w.Errorf("priority %q", got)
	}
	stop := sync.OnceFunc(func() {
		cancel()
		if err := wait(); err != nil {
			w.Error(err)
		}
	})
	w.Cleanup(stop)
	return r, stop
}

// bySeq checks what must hold for every record, however slow the machine: each
// request once, with its flow, on schedule, and no time before its cause.
func (w world) bySeq(r *tape, c probe.Config) []record.Sample {
	w.Helper()
	all := make([]record.Sample, len(r.samples))
	seen := make([]bool, len(r.samples))
	for i, s := range r.samples {
		if s.Seq >= uint64(len(all)) || seen[s.Seq] {
			w.Fatalf("request %d: one of %d samples, or recorded twice", s.Seq, len(all))
		}
		seen[s.Seq], all[s.Seq] = true, s
		if s.Lost() && r.written[i] < s.Sent.Add(c.Timeout) {
			w.Errorf("request %d was declared lost before its timeout", s.Seq)
		}
	}
	together := max(1, int(c.Rate/5000)) // what is closer than 200 us is sent together
	for i, s := range all {
		due := all[0].Due.Add(time.Duration(float64(i-i%together) * 1e9 / c.Rate))
		if off := due.Sub(s.Due).Abs(); off > time.Microsecond {
			w.Errorf("request %d is due %v off the schedule", i, off)
		}
		if s.Flow != i%c.Flows || s.Sent < s.Due || !s.Lost() && s.Received < s.Sent {
			w.Errorf("sample %+v", s)
		}
	}
	return all
}
