package observe

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"anylab/lab/record"
)

// byDaemon says whether a routing daemon wrote the route: those mark theirs
// with numbers above the administrator's (linux/rtnetlink.h), some with one of
// their own. One in between is the kernel's, for router advertisements.
func byDaemon(r route) bool {
	return r.protocol > unix.RTPROT_STATIC && r.protocol != unix.RTPROT_RA
}

// watched says whether r is of interest and takes part in forwarding.
func (w *routes) watched(r route) bool {
	if r.flags&unix.RTM_F_CLONED != 0 || r.kind == unix.RTN_BROADCAST || r.kind == unix.RTN_ANYCAST || r.kind == unix.RTN_MULTICAST {
		return false
	}
	if slices.Contains(w.anycast, r.prefix) {
		return r.key.table == unix.RT_TABLE_MAIN || r.key.table == unix.RT_TABLE_LOCAL
	}
	return r.key.table == unix.RT_TABLE_MAIN && byDaemon(r) && w.interest.in(r.prefix)
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
