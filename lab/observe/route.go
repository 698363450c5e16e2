package observe

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
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
		anycast: r.lab.Topology().Anycast, table: map[netip.Prefix]*entry{},
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
	table    map[netip.Prefix]*entry
}

// entry holds the routes for one prefix and what was last recorded of it.
type entry struct {
	routes map[routeKey]route
	last   record.Route
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

// Routing daemons mark their routes (linux/rtnetlink.h): zebra also writes
// under its own number, BIRD only under its own.
var daemons = []uint8{unix.RTPROT_BGP, unix.RTPROT_ZEBRA, unix.RTPROT_BIRD}

// watched says whether r is of interest and takes part in forwarding.
func (w *routes) watched(r route) bool {
	if r.flags&unix.RTM_F_CLONED != 0 || r.kind == unix.RTN_BROADCAST || r.kind == unix.RTN_ANYCAST || r.kind == unix.RTN_MULTICAST {
		return false
	}
	if slices.Contains(w.anycast, r.prefix) {
		return r.key.table == unix.RT_TABLE_MAIN || r.key.table == unix.RT_TABLE_LOCAL
	}
	return r.key.table == unix.RT_TABLE_MAIN && slices.Contains(daemons, r.protocol)
}

func (w *routes) entry(p netip.Prefix) *entry {
	e := w.table[p]
	if e == nil {
		e = &entry{routes: map[routeKey]route{}}
		w.table[p] = e
	}
	return e
}

// remove takes away the next hops that a delete message names: for IPv6 it may
// be some of several.
func (e *entry) remove(r route) {
	was, ok := e.routes[r.key]
	if !ok {
		return
	}
	was.hops = slices.DeleteFunc(slices.Clone(was.hops), func(h hop) bool {
		return slices.ContainsFunc(r.hops, func(g hop) bool { return g.via == h.via && g.index == h.index })
	})
	if len(was.hops) == 0 || len(r.hops) == 0 {
		delete(e.routes, r.key)
		return
	}
	e.routes[r.key] = was
}

// forwarding returns the only route for the prefix, or none; ok is false if
// there are several: which of them forwards is the kernel's choice, and IPv4
// routes that died with their interface may be among them.
func (e *entry) forwarding() (best *route, ok bool) {
	for _, r := range e.routes {
		if best != nil {
			return nil, false
		}
		best = &r
	}
	return best, true
}

// rtmFibMatch asks for the matching route as it stands in the table, with all
// its next hops, in place of where one packet would go (RTM_F_FIB_MATCH).
const rtmFibMatch = 0x2000

// ask returns the route for the prefix that forwards now, nil if there is none.
func (w *routes) ask(p netip.Prefix) (*route, error) {
	request, err := routeRequest(p.Addr(), rtmFibMatch, nil)
	if err != nil {
		return nil, err
	}
	answer, err := w.conn.Execute(netlink.Message{
		Header: netlink.Header{Type: unix.RTM_GETROUTE, Flags: netlink.Request},
		Data:   request,
	})
	if err != nil && unreachable(err) {
		return nil, nil
	}
	if err != nil || len(answer) == 0 {
		return nil, fmt.Errorf("look up route %s: %w", p, err)
	}
	r, err := parseRoute(answer[0].Data)
	if err != nil || r.prefix != p {
		return nil, err // a less specific route is not this one
	}
	return &r, nil
}

// unreachable says whether err is the answer of a lookup that finds no route,
// or one that refuses packets.
func unreachable(err error) bool {
	for _, e := range []error{unix.ENETUNREACH, unix.EHOSTUNREACH, unix.EACCES, unix.EINVAL, unix.ESRCH} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
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

func (e *entry) usesObject() bool {
	for _, r := range e.routes {
		if r.object != 0 {
			return true
		}
	}
	return false
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

// resync reads the tables and records what differs from what was known.
func (w *routes) resync(at record.Time) error {
	was := w.table
	w.table = map[netip.Prefix]*entry{}
	for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
		request := make([]byte, unix.SizeofRtMsg)
		request[0] = family
		messages, err := dump(w.conn, unix.RTM_GETROUTE, request)
		if err != nil {
			return fmt.Errorf("list routes: %w", err)
		}
		for _, m := range messages {
			r, err := parseRoute(m.Data)
			if err != nil {
				return err
			}
			if w.watched(r) {
				w.entry(r.prefix).routes[r.key] = r
			}
		}
	}
	for p, e := range was {
		w.entry(p).last = e.last
	}
	return w.recordAll(at)
}

func (w *routes) recordAll(at record.Time) error {
	prefixes := make([]netip.Prefix, 0, len(w.table))
	for p := range w.table {
		prefixes = append(prefixes, p)
	}
	slices.SortFunc(prefixes, func(a, b netip.Prefix) int { return a.Compare(b) })
	for _, p := range prefixes {
		r, ok := w.table[p].forwarding()
		if !ok {
			var err error
			if r, err = w.ask(p); err != nil {
				return err
			}
		}
		w.recordIfChanged(at, p, r)
	}
	return nil
}
