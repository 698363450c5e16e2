package observe

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

// objects gives the router a route for site4 over a group (number 3) of two
// next-hop objects (linux/nexthop.h).
func objects(b bench) error {
	member := func(id uint32) []byte { return append(u32(id), 0, 0, 0, 0) } // struct nexthop_grp, weight 1
	message := []byte{unix.AF_INET, 0, unix.RTPROT_BGP, 0, 0, 0, 0, 0}      // struct nhmsg
	return b.node("r").Do(func() error {
		for id, site := range []string{"a", "b"} {
			dev := b.node("r").Interfaces()[id].Index
			err := request(unix.RTM_NEWNEXTHOP, message,
				nl.NewRtAttr(unix.NHA_ID, u32(uint32(id+1))),
				nl.NewRtAttr(unix.NHA_OIF, u32(uint32(dev))),
				nl.NewRtAttr(unix.NHA_GATEWAY, b.via(site, site4).AsSlice()))
			if err != nil {
				return err
			}
		}
		group := slices.Clone(message)
		group[0] = unix.AF_UNSPEC
		err := request(unix.RTM_NEWNEXTHOP, group,
			nl.NewRtAttr(unix.NHA_ID, u32(3)), nl.NewRtAttr(unix.NHA_GROUP, append(member(1), member(2)...)))
		if err != nil {
			return err
		}
		route := []byte{unix.AF_INET, 32, 0, 0, unix.RT_TABLE_MAIN, unix.RTPROT_BGP, 0, unix.RTN_UNICAST, 0, 0, 0, 0}
		return request(unix.RTM_NEWROUTE, route,
			nl.NewRtAttr(unix.RTA_DST, site4.Addr().AsSlice()), nl.NewRtAttr(rtaNextHopID, u32(3)))
	})
}

// deleteObject deletes a next-hop object, and with it its membership of groups.
func deleteObject(b bench, id uint32) error {
	return b.node("r").Do(func() error {
		return request(unix.RTM_DELNEXTHOP, make([]byte, 8), nl.NewRtAttr(unix.NHA_ID, u32(id)))
	})
}

func u32(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }

// raw is a message's fixed part.
type raw []byte

func (r raw) Len() int          { return len(r) }
func (r raw) Serialize() []byte { return r }

func request(kind int, head []byte, attributes ...*nl.RtAttr) error {
	req := nl.NewNetlinkRequest(kind, unix.NLM_F_ACK)
	if kind != unix.RTM_DELNEXTHOP {
		req.Flags |= unix.NLM_F_CREATE | unix.NLM_F_EXCL
	}
	req.AddData(raw(head))
	for _, a := range attributes {
		req.AddData(a)
	}
	_, err := req.Execute(unix.NETLINK_ROUTE, 0)
	return err
}
