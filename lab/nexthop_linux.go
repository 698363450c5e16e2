package lab

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"anylab/topologies"
)

// Of linux/nexthop.h and linux/rtnetlink.h, and not in golang.org/x/sys.
const (
	groupResilient     = 1  // NEXTHOP_GRP_TYPE_RES
	nhaResGroup        = 12 // NHA_RES_GROUP
	nhaResBuckets      = 1  // NHA_RES_GROUP_BUCKETS, u16
	nhaResIdle         = 2  // NHA_RES_GROUP_IDLE_TIMER, clock_t
	nhaResUnbalanced   = 3  // NHA_RES_GROUP_UNBALANCED_TIMER, clock_t
	rtaNextHop         = 30 // RTA_NH_ID, u32
	sizeofNhmsg        = 8  // struct nhmsg
	sizeofNexthopGroup = 8  // struct nexthop_grp
	clockTick          = 10 * time.Millisecond
)

// nextHops speaks to the kernel about next-hop objects, in the namespace in
// which its socket was opened.
type nextHops struct{ sockets map[int]*nl.SocketHandle }

func newNextHops() (*nextHops, error) {
	s, err := nl.Subscribe(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("open netlink: %w", err)
	}
	return &nextHops{map[int]*nl.SocketHandle{unix.NETLINK_ROUTE: {Socket: s}}}, nil
}

func (h *nextHops) close() { h.sockets[unix.NETLINK_ROUTE].Close() }

// object is a next-hop object: a neighbor, or a group of neighbors' objects.
type object struct {
	id      uint32
	bgp     bool       // made by a BGP speaker
	via     netip.Addr // invalid for a group
	members []uint32
}

// addNeighbor makes the object of a neighbor behind an interface. One that is
// there already stays: an id always means the same neighbor.
func (h *nextHops) addNeighbor(id uint32, dev int, via netip.Addr) error {
	err := h.send(unix.RTM_NEWNEXTHOP, unix.NLM_F_CREATE|unix.NLM_F_EXCL, nhmsg{uint8(family(via)), unix.RTPROT_BGP},
		nl.NewRtAttr(unix.NHA_ID, nl.Uint32Attr(id)),
		nl.NewRtAttr(unix.NHA_OIF, nl.Uint32Attr(uint32(dev))),
		nl.NewRtAttr(unix.NHA_GATEWAY, via.AsSlice()))
	if errors.Is(err, unix.EEXIST) {
		return nil
	}
	return err
}

// setGroup makes a resilient group, or gives it other members. Buckets of
// members that are no longer in it move before the call returns
// (net/ipv4/nexthop.c, replace_nexthop_grp_res).
func (h *nextHops) setGroup(id uint32, members []uint32, r topologies.Resilient) error {
	var list []byte
	for _, m := range members {
		list = append(binary.NativeEndian.AppendUint32(list, m), 0, 0, 0, 0) // a weight of 0 means 1
	}
	group := nl.NewRtAttr(nhaResGroup|unix.NLA_F_NESTED, nil)
	group.AddRtAttr(nhaResBuckets, nl.Uint16Attr(uint16(r.Buckets)))
	group.AddRtAttr(nhaResIdle, nl.Uint32Attr(uint32(r.Idle/clockTick)))
	group.AddRtAttr(nhaResUnbalanced, nl.Uint32Attr(uint32(r.Unbalanced/clockTick)))
	return h.send(unix.RTM_NEWNEXTHOP, unix.NLM_F_CREATE|unix.NLM_F_REPLACE, nhmsg{unix.AF_UNSPEC, unix.RTPROT_BGP},
		nl.NewRtAttr(unix.NHA_ID, nl.Uint32Attr(id)),
		nl.NewRtAttr(unix.NHA_GROUP_TYPE, nl.Uint16Attr(groupResilient)),
		nl.NewRtAttr(unix.NHA_GROUP, list), group)
}

// remove deletes an object; one that is not there is no error. Routes over a
// group go with it.
func (h *nextHops) remove(id uint32) error {
	err := h.send(unix.RTM_DELNEXTHOP, 0, nhmsg{}, nl.NewRtAttr(unix.NHA_ID, nl.Uint32Attr(id)))
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	return err
}

// try makes a group of nothing, with two ids that are free, and removes it: a
// kernel before 5.13 can't.
func (h *nextHops) try(id uint32) error {
	err := h.send(unix.RTM_NEWNEXTHOP, unix.NLM_F_CREATE|unix.NLM_F_EXCL, nhmsg{unix.AF_INET, unix.RTPROT_BGP},
		nl.NewRtAttr(unix.NHA_ID, nl.Uint32Attr(id)), nl.NewRtAttr(unix.NHA_BLACKHOLE, nil))
	if err == nil {
		err = h.setGroup(id+1, []uint32{id}, topologies.Resilient{Buckets: 1})
	}
	if err != nil {
		err = fmt.Errorf("make a resilient next-hop group: %w", err)
	}
	return errors.Join(err, h.remove(id+1), h.remove(id))
}

// tryGroups says whether the kernel has resilient groups. A next hop that
// leads nowhere is on the loopback interface, which has to be up.
func tryGroups() error {
	if err := netlink.LinkSetUp(device(loopback)); err != nil {
		return fmt.Errorf("set lo up: %w", err)
	}
	h, err := newNextHops()
	if err != nil {
		return err
	}
	defer h.close()
	return h.try(1)
}

// route sets the route for prefix over a group.
func (h *nextHops) route(prefix netip.Prefix, group uint32) error {
	m := &nl.RtMsg{RtMsg: unix.RtMsg{
		Family: uint8(family(prefix.Addr())), Dst_len: uint8(prefix.Bits()), Table: unix.RT_TABLE_MAIN,
		Protocol: unix.RTPROT_BGP, Scope: unix.RT_SCOPE_UNIVERSE, Type: unix.RTN_UNICAST,
	}}
	return h.send(unix.RTM_NEWROUTE, unix.NLM_F_CREATE|unix.NLM_F_REPLACE, m,
		nl.NewRtAttr(unix.RTA_DST, prefix.Masked().Addr().AsSlice()),
		nl.NewRtAttr(rtaNextHop, nl.Uint32Attr(group)))
}

// list returns all objects.
func (h *nextHops) list() ([]object, error) {
	return Dump(func() ([]object, error) {
		messages, err := h.dump(unix.RTM_GETNEXTHOP, unix.RTM_NEWNEXTHOP, nhmsg{})
		var all []object
		for _, m := range messages {
			if len(m) < sizeofNhmsg {
				continue
			}
			attributes, err := nl.ParseRouteAttr(m[sizeofNhmsg:])
			if err != nil {
				return nil, fmt.Errorf("read next-hop object: %w", err)
			}
			o := readObject(attributes)
			o.bgp = m[2] == unix.RTPROT_BGP // struct nhmsg: family, scope, protocol, flags
			all = append(all, o)
		}
		return all, err
	})
}

func readObject(attributes []syscall.NetlinkRouteAttr) object {
	var o object
	for _, a := range attributes {
		switch a.Attr.Type {
		case unix.NHA_ID:
			o.id = binary.NativeEndian.Uint32(a.Value)
		case unix.NHA_GATEWAY:
			o.via, _ = netip.AddrFromSlice(a.Value)
		case unix.NHA_GROUP:
			for b := a.Value; len(b) >= sizeofNexthopGroup; b = b[sizeofNexthopGroup:] {
				o.members = append(o.members, binary.NativeEndian.Uint32(b))
			}
		}
	}
	return o
}

// routes returns the group of each BGP route that has one.
func (h *nextHops) routes() (map[netip.Prefix]uint32, error) {
	groups := map[netip.Prefix]uint32{}
	_, err := Dump(func() ([]struct{}, error) {
		messages, err := h.dump(unix.RTM_GETROUTE, unix.RTM_NEWROUTE, &nl.RtMsg{})
		for _, b := range messages {
			m := nl.DeserializeRtMsg(b)
			if m.Protocol != unix.RTPROT_BGP || m.Table != unix.RT_TABLE_MAIN {
				continue
			}
			attributes, err := nl.ParseRouteAttr(b[m.Len():])
			if err != nil {
				return nil, fmt.Errorf("read route: %w", err)
			}
			prefix, group := readRoute(int(m.Dst_len), attributes)
			if group != 0 {
				groups[prefix] = group
			}
		}
		return nil, err
	})
	return groups, err
}

func readRoute(bits int, attributes []syscall.NetlinkRouteAttr) (prefix netip.Prefix, group uint32) {
	for _, a := range attributes {
		switch a.Attr.Type {
		case unix.RTA_DST:
			addr, _ := netip.AddrFromSlice(a.Value)
			prefix = netip.PrefixFrom(addr, bits)
		case rtaNextHop:
			group = binary.NativeEndian.Uint32(a.Value)
		}
	}
	return prefix, group
}

// nhmsg is struct nhmsg of linux/nexthop.h, as far as it is used.
type nhmsg struct{ family, protocol uint8 }

func (nhmsg) Len() int { return sizeofNhmsg }

func (m nhmsg) Serialize() []byte { return []byte{m.family, 0, m.protocol, 0, 0, 0, 0, 0} }

func (h *nextHops) send(kind, flags int, head nl.NetlinkRequestData, attributes ...*nl.RtAttr) error {
	r := h.request(kind, flags|unix.NLM_F_ACK, head)
	for _, a := range attributes {
		r.AddData(a)
	}
	_, err := r.Execute(unix.NETLINK_ROUTE, 0)
	return err
}

func (h *nextHops) dump(kind int, answer uint16, head nl.NetlinkRequestData) ([][]byte, error) {
	return h.request(kind, unix.NLM_F_DUMP, head).Execute(unix.NETLINK_ROUTE, answer)
}

func (h *nextHops) request(kind, flags int, head nl.NetlinkRequestData) *nl.NetlinkRequest {
	r := nl.NewNetlinkRequest(kind, flags)
	r.Sockets = h.sockets
	r.AddData(head)
	return r
}
