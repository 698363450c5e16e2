package observe

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/record"
)

// lookupObserver records where a router forwards the packets of a few flows to
// the anycast addresses: at the start, and whenever that changes. A stamp is
// late by at most the time between two rounds of questions.
type lookupObserver struct {
	lab *lab.Lab
	o   Options
}

func newLookup(l *lab.Lab, o Options) Observer { return lookupObserver{l, o} }

// Start asks in n's namespace.
func (k lookupObserver) Start(ctx context.Context, n *lab.Node, out record.Sink) (func() error, error) {
	w := &lookups{node: n.Name, out: out, resolver: newResolver(k.lab, n), neighbors: newNeighbors(k.lab, n), flows: flowsThrough(k.lab.Topology(), n)}
	if err := w.prepare(); err != nil {
		return nil, err
	}
	groups := append(w.neighbors.groups(), unix.RTNLGRP_LINK, unix.RTNLGRP_IPV4_ROUTE, unix.RTNLGRP_IPV6_ROUTE, unix.RTNLGRP_NEXTHOP)
	sub, conn, err := watch(n, k.o.netlinkBuffer(), groups...)
	if err != nil {
		return nil, err
	}
	w.conn = conn
	err = n.Do(func() (err error) {
		w.fd, err = unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
		return err
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open netlink socket: %w", err), sub.file.Close(), conn.Close())
	}
	if err := w.round(); err != nil {
		return nil, errors.Join(err, sub.file.Close(), w.close())
	}
	return w.start(ctx, sub), nil
}

// start runs one goroutine that waits for events and one that asks.
func (w *lookups) start(ctx context.Context, sub *subscription) (wait func() error) {
	events := make(chan struct{}, 1)
	read := background(func() error {
		defer close(events)
		return sub.each(ctx, func(fd int) error {
			// What the message says doesn't matter, so none that is
			// lost (ENOBUFS) matters either.
			if _, _, err := unix.Recvfrom(fd, sub.buf, 0); err != nil && !errors.Is(err, unix.ENOBUFS) {
				return err
			}
			select {
			case events <- struct{}{}:
			default: // the last one is still to be noticed
			}
			return nil
		})
	})
	ask := background(func() error {
		var err error
		for range events {
			if err == nil {
				err = w.chase(events)
			}
		}
		return errors.Join(err, w.close())
	})
	return func() error { return errors.Join(read(), ask()) }
}

// lookups asks one node's forwarding table.
type lookups struct {
	node      string
	out       record.Sink
	resolver  *resolver
	neighbors *neighbors
	conn      *netlink.Conn // for the names of interfaces, and for neighbors
	fd        int           // for lookups alone
	flows     []flow
	request   []byte // one question per flow, in one buffer
	answers   []answer
	buf       [1 << 13]byte
}

// answer is what the kernel last said about a flow.
type answer struct {
	known bool
	errno syscall.Errno
	kind  uint8
	hop   hop
	node  string // on a shared segment; else empty
}

func (w *lookups) close() error { return errors.Join(unix.Close(w.fd), w.conn.Close()) }

// prepare encodes the questions; the sequence number tells the flow.
func (w *lookups) prepare() error {
	w.answers = make([]answer, len(w.flows))
	for i, f := range w.flows {
		body, err := f.request()
		if err != nil {
			return err
		}
		h := make([]byte, unix.SizeofNlMsghdr)
		binary.NativeEndian.PutUint32(h, uint32(len(h)+len(body)))
		binary.NativeEndian.PutUint16(h[4:], unix.RTM_GETROUTE)
		binary.NativeEndian.PutUint16(h[6:], unix.NLM_F_REQUEST)
		binary.NativeEndian.PutUint32(h[8:], uint32(i))
		w.request = append(append(w.request, h...), body...) // attributes are aligned already
	}
	return nil
}

// chase asks in a tight loop until the last event is some time ago.
func (w *lookups) chase(events <-chan struct{}) error {
	for c := begin(record.Now()); !c.over(record.Now()); {
		if err := w.round(); err != nil {
			return err
		}
		select {
		case _, ok := <-events:
			if !ok {
				return nil
			}
			c.event(record.Now())
		default:
		}
		// Not time.Sleep: the runtime's poller rounds up to a millisecond.
		pause := unix.NsecToTimespec(int64(c.pause(record.Now())))
		_ = unix.Nanosleep(&pause, nil) // cut short by a signal, it asks sooner
	}
	return nil
}

// round asks about all flows at once. The kernel answers within the call that
// sends, so the answers are there to be read.
func (w *lookups) round() error {
	if len(w.flows) == 0 {
		return nil
	}
	clear(w.neighbors.known)
	if err := unix.Sendto(w.fd, w.request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("ask for routes: %w", err)
	}
	for {
		n, _, err := unix.Recvfrom(w.fd, w.buf[:], 0)
		at := record.Now()
		if errors.Is(err, unix.EAGAIN) {
			return nil
		}
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read route: %w", err)
		}
		messages, err := syscall.ParseNetlinkMessage(w.buf[:n])
		if err != nil {
			return fmt.Errorf("parse netlink datagram: %w", err)
		}
		for _, m := range messages {
			if err := w.take(at, m); err != nil {
				return err
			}
		}
	}
}

func (w *lookups) take(at record.Time, m syscall.NetlinkMessage) error {
	i := int(m.Header.Seq)
	if i >= len(w.flows) {
		return fmt.Errorf("answer to question %d of %d", i, len(w.flows))
	}
	now := answer{known: true}
	if m.Header.Type == unix.NLMSG_ERROR {
		if len(m.Data) < 4 {
			return fmt.Errorf("decode netlink error: %w", errShort)
		}
		now.errno = syscall.Errno(-int32(binary.NativeEndian.Uint32(m.Data)))
	} else {
		r, err := parseRoute(m.Data)
		if err != nil {
			return err
		}
		now.kind = r.kind
		if len(r.hops) > 0 {
			now.hop = r.hops[0]
			if now.node, err = w.neighbors.who(w.conn, now.hop, w.flows[i].dst); err != nil {
				return err
			}
		}
	}
	if now != w.answers[i] {
		w.answers[i] = now
		w.record(at, i)
	}
	return nil
}

func (w *lookups) record(at record.Time, i int) {
	a := w.answers[i]
	e := record.Event{At: at, Kind: record.KindLookup, Node: w.node}
	l := record.Lookup{Dst: w.flows[i].dst, Flow: i}
	switch {
	case a.errno == 0:
		if hops := w.resolver.forwarding(w.conn, a.kind, []hop{a.hop}); len(hops) == 1 {
			l.Hop = hops[0]
			l.Hop.Node = cmp.Or(l.Hop.Node, a.node)
		}
	case !unreachable(a.errno):
		e.Kind = record.KindFinding
		e.Data = record.Finding{Name: "lookup-failed", Detail: fmt.Sprintf("route lookup for %s: %v", w.flows[i].dst, a.errno)}
		w.out.Emit(e)
		return
	}
	e.Data = l
	w.out.Emit(e)
}
