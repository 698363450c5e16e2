package observe

import (
	"context"
	"errors"
	"net/netip"
	"reflect"
	"syscall"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/record"
)

// routeObserver records the kernel's routes for the anycast prefixes and those
// that a BGP daemon wrote: what is there at the start, then every event.
type routeObserver struct {
	lab *lab.Lab
	o   Options
}

func newRoute(l *lab.Lab, o Options) Observer { return routeObserver{l, o} }

// Start watches the route groups of n's namespace.
func (r routeObserver) Start(ctx context.Context, n *lab.Node, out record.Sink) (func() error, error) {
	sub, conn, err := watch(n, r.o.netlinkBuffer(), unix.RTNLGRP_IPV4_ROUTE, unix.RTNLGRP_IPV6_ROUTE, unix.RTNLGRP_NEXTHOP)
	if err != nil {
		return nil, err
	}
	w := &routes{
		node: n.Name, out: out, conn: conn, resolver: newResolver(r.lab, n),
		anycast: r.lab.Topology().Anycast, interest: newInterest(r.lab.Topology().Anycast), table: map[netip.Prefix]*entry{},
	}
	if err := w.resync(record.Now()); err != nil {
		return nil, errors.Join(err, sub.file.Close(), conn.Close())
	}
	return background(func() error {
		return errors.Join(sub.batches(ctx, w.handle), conn.Close())
	}), nil
}

// routes is what is known of one node's routes.
type routes struct {
	node     string
	out      record.Sink
	conn     *netlink.Conn
	resolver *resolver
	anycast  []netip.Prefix
	interest *interest
	table    map[netip.Prefix]*entry
}

func (w *routes) handle(b batch) error {
	if b.overrun {
		w.out.Emit(overrun(b.at, w.node, "route"))
		return w.resync(b.at)
	}
	for _, m := range b.messages {
		var err error
		switch m.Header.Type {
		case unix.RTM_NEWROUTE, unix.RTM_DELROUTE:
			err = w.event(b.at, m)
		case unix.RTM_NEWNEXTHOP, unix.RTM_DELNEXTHOP:
			err = w.objects(b.at)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// event applies a message to the table and records the result.
func (w *routes) event(at record.Time, m syscall.NetlinkMessage) error {
	r, err := parseRoute(m.Data)
	if err != nil || !w.watched(r) {
		return err
	}
	e := w.entry(r.prefix)
	if m.Header.Type == unix.RTM_DELROUTE {
		e.remove(r)
	} else {
		// The kernel tells the whole new set of next hops, whether it
		// replaced a route or added a member to it (rt6_fill_node lists
		// all siblings).
		e.routes[r.key] = r
	}
	hops, ok := e.forwarding()
	if !ok || m.Header.Flags&unix.NLM_F_APPEND != 0 && m.Header.Type == unix.RTM_NEWROUTE {
		if hops, err = w.ask(r.prefix); err != nil {
			return err
		}
	}
	w.record(at, r.prefix, hops)
	return nil
}

func (w *routes) entry(p netip.Prefix) *entry {
	e := w.table[p]
	if e == nil {
		e = &entry{routes: map[routeKey]route{}}
		w.table[p] = e
	}
	return e
}

// record emits what forwards now; r is nil if nothing does.
func (w *routes) record(at record.Time, p netip.Prefix, r *route) {
	now := record.Route{Prefix: p, Deleted: r == nil}
	if r != nil {
		now.Hops = w.resolver.forwarding(w.conn, r.kind, r.hops)
	}
	w.entry(p).last = now
	w.out.Emit(record.Event{At: at, Kind: record.KindRoute, Node: w.node, Data: now})
	if r == nil {
		delete(w.table, p)
	}
}

// objects looks again at the anycast routes that use next-hop objects: the
// kernel changes the members of a group, when one is deleted for instance,
// without an event about the routes. It says nothing at all when it drops a
// member with its interface (nexthop_flush_dev): the lookup shows that.
func (w *routes) objects(at record.Time) error {
	for _, p := range w.anycast {
		e := w.table[p]
		if e == nil || !e.usesObject() {
			continue
		}
		r, err := w.ask(p)
		if err != nil {
			return err
		}
		w.recordIfChanged(at, p, r)
	}
	return nil
}

func (w *routes) recordIfChanged(at record.Time, p netip.Prefix, r *route) {
	now := record.Route{Prefix: p, Deleted: r == nil}
	if r != nil {
		now.Hops = w.resolver.forwarding(w.conn, r.kind, r.hops)
	}
	if !reflect.DeepEqual(now, w.entry(p).last) {
		w.record(at, p, r)
	}
}
