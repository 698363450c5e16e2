package observe

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/osrg/gobgp/v3/pkg/packet/bgp"

	"anylab/lab/record"
)

// The message header of RFC 4271 section 4.1: a marker of 16 bytes of ones,
// two bytes of length that count the header, one byte of type.
const (
	markerLen = 16
	headerLen = 19
)

var marker = bytes.Repeat([]byte{0xff}, markerLen)

var messageTypes = map[byte]record.BGPType{
	bgp.BGP_MSG_OPEN:          record.BGPOpen,
	bgp.BGP_MSG_UPDATE:        record.BGPUpdate,
	bgp.BGP_MSG_NOTIFICATION:  record.BGPNotification,
	bgp.BGP_MSG_KEEPALIVE:     record.BGPKeepalive,
	bgp.BGP_MSG_ROUTE_REFRESH: record.BGPRefresh,
}

// splitter cuts a byte stream into BGP messages.
type splitter struct{ buf []byte }

// next returns the next whole message, or nil when there is none yet, and how
// many bytes that belong to no message it skipped before it.
func (s *splitter) next() (msg []byte, skipped int) {
	for len(s.buf) >= headerLen {
		if n := messageLen(s.buf); n > 0 {
			if len(s.buf) < n {
				return nil, skipped
			}
			msg, s.buf = s.buf[:n:n], s.buf[n:]
			return msg, skipped
		}
		n := nextMarker(s.buf[1:]) + 1
		s.buf = s.buf[n:]
		skipped += n
	}
	return nil, skipped
}

// nextMarker returns where the next marker, or what may become one, begins.
func nextMarker(b []byte) int {
	if i := bytes.Index(b, marker); i >= 0 {
		return i
	}
	tail := len(b)
	for tail > 0 && b[tail-1] == 0xff && len(b)-tail < markerLen-1 {
		tail--
	}
	return tail
}

// messageLen returns the length of the message whose header b begins with, or
// 0 if that is no header. Lengths over 4096 are legal with the capability of
// RFC 8654.
func messageLen(b []byte) int {
	n := int(binary.BigEndian.Uint16(b[markerLen:]))
	_, known := messageTypes[b[headerLen-1]]
	if !known || n < headerLen || !bytes.Equal(b[:markerLen], marker) {
		return 0
	}
	return n
}

// parse decodes a whole message. The type is always right; an error says why
// the rest is missing.
func parse(msg []byte, options *bgp.MarshallingOption) (r record.BGP, body bgp.BGPBody, err error) {
	r.Type = messageTypes[msg[headerLen-1]]
	defer func() {
		// The bytes come from daemons under test; a decoder that trips
		// over them must not end the run.
		if p := recover(); p != nil {
			body, err = nil, fmt.Errorf("decode BGP %s: %v", r.Type, p)
		}
	}()
	m, err := bgp.ParseBGPMessage(msg, options)
	if err != nil {
		return r, nil, fmt.Errorf("decode BGP %s: %w", r.Type, err)
	}
	switch b := m.Body.(type) {
	case *bgp.BGPNotification:
		r.Code, r.Subcode = b.ErrorCode, b.ErrorSubcode
	case *bgp.BGPUpdate:
		r.Announce, r.Withdraw = reach(b)
		r.Communities = communities(b)
	}
	return r, m.Body, nil
}

// reach collects the prefixes of an UPDATE, those of RFC 4271's own fields
// (IPv4) and those of the multiprotocol attributes (RFC 4760).
func reach(u *bgp.BGPUpdate) (announce, withdraw []netip.Prefix) {
	for _, p := range u.NLRI {
		announce = appendPrefix(announce, p)
	}
	for _, p := range u.WithdrawnRoutes {
		withdraw = appendPrefix(withdraw, p)
	}
	for _, a := range u.PathAttributes {
		switch a := a.(type) {
		case *bgp.PathAttributeMpReachNLRI:
			for _, p := range a.Value {
				announce = appendPrefix(announce, p)
			}
		case *bgp.PathAttributeMpUnreachNLRI:
			for _, p := range a.Value {
				withdraw = appendPrefix(withdraw, p)
			}
		}
	}
	return announce, withdraw
}

// communities lists those of RFC 1997.
func communities(u *bgp.BGPUpdate) (list []string) {
	for _, a := range u.PathAttributes {
		if c, ok := a.(*bgp.PathAttributeCommunities); ok {
			for _, v := range c.Value {
				list = append(list, fmt.Sprintf("%d:%d", v>>16, v&0xffff))
			}
		}
	}
	return list
}

// appendPrefix appends a unicast prefix; other address families have no
// kernel route that a lab could watch.
func appendPrefix(list []netip.Prefix, nlri bgp.AddrPrefixInterface) []netip.Prefix {
	var p *bgp.IPAddrPrefix
	switch n := nlri.(type) {
	case *bgp.IPAddrPrefix:
		p = n
	case *bgp.IPv6AddrPrefix:
		p = &n.IPAddrPrefix
	default:
		return list
	}
	ip := p.Prefix.To16()
	if p.AFI() == bgp.AFI_IP && nlri.AFI() == bgp.AFI_IP {
		ip = p.Prefix.To4()
	}
	addr, ok := netip.AddrFromSlice(ip)
	if !ok {
		return list
	}
	return append(list, netip.PrefixFrom(addr, int(p.Length)))
}

// addPath lists the address families for which the speaker of the OPEN said
// that it can do what mode says (RFC 7911 section 4).
func addPath(body bgp.BGPBody, mode bgp.BGPAddPathMode) map[bgp.RouteFamily]bool {
	open, ok := body.(*bgp.BGPOpen)
	if !ok {
		return nil
	}
	families := map[bgp.RouteFamily]bool{}
	for _, p := range open.OptParams {
		caps, ok := p.(*bgp.OptionParameterCapability)
		if !ok {
			continue
		}
		for _, c := range caps.Capability {
			add, ok := c.(*bgp.CapAddPath)
			if !ok {
				continue
			}
			for _, t := range add.Tuples {
				families[t.RouteFamily] = t.Mode&mode != 0
			}
		}
	}
	return families
}
