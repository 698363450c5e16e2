package observe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// route is what a route message says (rtnetlink(7)).
type route struct {
	prefix   netip.Prefix
	key      routeKey
	protocol uint8
	kind     uint8 // RTN_UNICAST, RTN_LOCAL, RTN_BLACKHOLE, ...
	flags    uint32
	hops     []hop
	object   uint32 // the next-hop object (RTA_NH_ID), 0 if none
}

// routeKey tells apart the routes for one prefix that can exist side by side.
type routeKey struct {
	table  uint32
	metric uint32
	tos    uint8
}

// hop is one next hop.
type hop struct {
	via   netip.Addr
	index int
	flags uint8 // RTNH_F_*
}

var errShort = errors.New("message is too short")

// rtaNextHopID is RTA_NH_ID of linux/rtnetlink.h.
const rtaNextHopID = 30

// parseRoute decodes a struct rtmsg and its attributes.
func parseRoute(b []byte) (route, error) {
	if len(b) < unix.SizeofRtMsg {
		return route{}, fmt.Errorf("decode route: %w", errShort)
	}
	r := route{
		key:      routeKey{table: uint32(b[4]), tos: b[3]},
		protocol: b[5], kind: b[7], flags: binary.NativeEndian.Uint32(b[8:]),
	}
	d, err := netlink.NewAttributeDecoder(b[unix.SizeofRtMsg:])
	if err != nil {
		return r, fmt.Errorf("decode route: %w", err)
	}
	dst := netip.IPv4Unspecified()
	if b[0] == unix.AF_INET6 {
		dst = netip.IPv6Unspecified()
	}
	one := hop{flags: uint8(r.flags)} // the flags of a single next hop are the route's
	for d.Next() {
		switch d.Type() {
		case unix.RTA_DST:
			dst, _ = netip.AddrFromSlice(d.Bytes())
		case unix.RTA_TABLE:
			r.key.table = d.Uint32()
		case unix.RTA_PRIORITY:
			r.key.metric = d.Uint32()
		case rtaNextHopID:
			r.object = d.Uint32()
		case unix.RTA_MULTIPATH:
			r.hops, err = parseHops(d.Bytes())
		default:
			one.set(d)
		}
	}
	if err := errors.Join(err, d.Err()); err != nil {
		return r, fmt.Errorf("decode route: %w", err)
	}
	if one.index != 0 {
		r.hops = append(r.hops, one)
	}
	r.prefix = netip.PrefixFrom(dst, int(b[1]))
	return r, nil
}

// set takes over an attribute that describes a next hop.
func (h *hop) set(d *netlink.AttributeDecoder) {
	switch d.Type() {
	case unix.RTA_OIF:
		h.index = int(d.Uint32())
	case unix.RTA_GATEWAY:
		h.via, _ = netip.AddrFromSlice(d.Bytes())
	case unix.RTA_VIA: // a gateway of the other family: struct rtvia
		if b := d.Bytes(); len(b) > 2 {
			h.via, _ = netip.AddrFromSlice(b[2:])
		}
	}
}

// parseHops decodes the array of struct rtnexthop in RTA_MULTIPATH.
func parseHops(b []byte) ([]hop, error) {
	var hops []hop
	for len(b) >= unix.SizeofRtNexthop {
		n := int(binary.NativeEndian.Uint16(b))
		if n < unix.SizeofRtNexthop || n > len(b) {
			return nil, errShort
		}
		h := hop{flags: b[2], index: int(int32(binary.NativeEndian.Uint32(b[4:])))}
		d, err := netlink.NewAttributeDecoder(b[unix.SizeofRtNexthop:n])
		if err != nil {
			return nil, err
		}
		for d.Next() {
			h.set(d)
		}
		if err := d.Err(); err != nil {
			return nil, err
		}
		hops = append(hops, h)
		b = b[min(len(b), (n+3)&^3):] // RTNH_ALIGN
	}
	return hops, nil
}

// routeRequest builds a struct rtmsg with attributes that asks for dst.
func routeRequest(dst netip.Addr, flags uint32, more func(*netlink.AttributeEncoder)) ([]byte, error) {
	b := make([]byte, unix.SizeofRtMsg)
	b[0] = unix.AF_INET
	if dst.Is6() {
		b[0] = unix.AF_INET6
	}
	b[1] = uint8(dst.BitLen())
	binary.NativeEndian.PutUint32(b[8:], flags)
	e := netlink.NewAttributeEncoder()
	e.Bytes(unix.RTA_DST, dst.AsSlice())
	if more != nil {
		more(e)
	}
	attributes, err := e.Encode()
	if err != nil {
		return nil, fmt.Errorf("encode route request: %w", err)
	}
	return append(b, attributes...), nil
}
