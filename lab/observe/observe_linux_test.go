package observe

import (
	"context"
	"io"
	"net/netip"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/labtest"
	"anylab/lab/record"
)

func TestMain(m *testing.M) {
	if lab.InSandbox() { // a fuzzing worker; its pipes would not survive another sandbox
		os.Exit(m.Run())
	}
	labtest.Main(m, nil)
}

// patience bounds the wait for what is expected, on a machine however slow.
const patience = 30 * time.Second

const twoSites = `
name: two-sites
nodes:
  r: {role: router, asn: 65000, multipath: true}
  a: {role: anycast, asn: 65001}
  b: {role: anycast, asn: 65002}
  c: {role: client}
links:
  - endpoints: [r, a]
  - endpoints: [r, b]
  - endpoints: [r, c]
anycast: [192.0.2.100/32, "2001:db8::100/128"]
`

// bench is a lab with everything observed.
type bench struct {
	*lab.Lab
	t      *testing.T
	events *labtest.Events
	stop   func() // ends observation; when it returns all events are there
}

func open(t *testing.T, o Options) bench {
	t.Helper()
	return observe(t, labtest.Open(t, twoSites), o)
}

// again observes the same lab a second time.
func (b bench) again(o Options) bench {
	b.t.Helper()
	return observe(b.t, b.Lab, o)
}

func observe(t *testing.T, l *lab.Lab, o Options) bench {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	events := &labtest.Events{}
	wait, err := Start(ctx, l, o, events)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	stopped := false
	stop := func() {
		cancel()
		if stopped {
			return
		}
		stopped = true
		if err := wait(); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return bench{l, t, events, stop}
}

func (b bench) node(name string) *lab.Node {
	b.t.Helper()
	n, err := b.Node(name)
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

func (b bench) link(x, y string) *lab.Link {
	b.t.Helper()
	k, err := b.Between(x, y)
	if err != nil {
		b.t.Fatal(err)
	}
	return k
}

// in runs f in a node with a netlink handle of its own.
func (b bench) in(node string, f func(*netlink.Handle) error) {
	b.t.Helper()
	var h *netlink.Handle
	err := b.node(node).Do(func() (err error) {
		h, err = netlink.NewHandle(unix.NETLINK_ROUTE)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	defer h.Close()
	if err := f(h); err != nil {
		b.t.Fatal(err)
	}
}

// routes runs f with the writer of BGP's routes at the router.
func (b bench) routes(f func(*lab.Routes) error) {
	b.t.Helper()
	var r *lab.Routes
	err := b.node("r").Do(func() (err error) {
		r, err = lab.NewRoutes()
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	defer closing(b.t, r)
	if err := f(r); err != nil {
		b.t.Fatal(err)
	}
}

// via returns the address of a site that the router uses as next hop.
func (b bench) via(site string, p netip.Prefix) netip.Addr {
	near, _ := b.link("r", site).Of(site)
	if p.Addr().Is4() {
		return near.IPv4.Addr()
	}
	return near.IPv6.Addr()
}

// wait returns the first event of a node, from index on, whose payload
// matches, and the index after it.
func wait[T any](b bench, from int, node string, match func(T) bool) (record.Event, int) {
	b.t.Helper()
	n := 0
	e := b.events.Wait(b.t, patience, func(e record.Event) bool {
		n++
		data, ok := e.Data.(T)
		return n > from && ok && e.Node == node && match(data)
	})
	return e, n
}

// closing closes c when the caller returns.
func closing(t testing.TB, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// findings returns the findings of a name.
func (b bench) findings(name string) []record.Event {
	return slices.DeleteFunc(b.events.Of(record.KindFinding), func(e record.Event) bool {
		return e.Data.(record.Finding).Name != name
	})
}
