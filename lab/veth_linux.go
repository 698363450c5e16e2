package lab

import (
	"github.com/containernetworking/plugins/pkg/ns"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// vethEnd is where one end of a cable is put, and as what.
type vethEnd struct {
	space ns.NetNS
	dev   string
	index int
}

// lay connects the two nodes, through a switch or a hop if the topology says so,
// and through a relay if the kernel can't hold packets back.
func (k *Link) lay(sockets map[int]*nl.SocketHandle, nodes [2]*Node) error {
	var ends [2]vethEnd
	for e, n := range nodes {
		ends[e] = vethEnd{n.space, k.Ends[e].Dev, k.index[e]}
	}
	relayed, err := k.needsRelay(nodes[0])
	if err == nil && relayed {
		ends[0], err = k.addRelay(sockets, ends)
	}
	switch {
	case err != nil:
		return err
	case k.Switch:
		return k.addSwitch(sockets, ends)
	case k.Hop:
		return k.addHop(sockets, ends)
	}
	return addVeth(sockets, ends[0], ends[1])
}

// addVeth makes both ends in their namespaces, with given indexes, in one
// message. The kernel reports a veth's loss of carrier at once only if the
// ends' indexes differ (net/core/link_watch.c, linkwatch_urgent_event); every
// namespace counts from 1, so left alone they would often be the same.
func addVeth(sockets map[int]*nl.SocketHandle, a, b vethEnd) error {
	req := nl.NewNetlinkRequest(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL|unix.NLM_F_ACK)
	req.Sockets = sockets
	req.AddData(endMessage(a.index))
	for _, attribute := range a.attributes() {
		req.AddData(attribute)
	}
	info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	info.AddRtAttr(nl.IFLA_INFO_KIND, nl.NonZeroTerminated("veth"))
	peer := info.AddRtAttr(nl.IFLA_INFO_DATA, nil).AddRtAttr(nl.VETH_INFO_PEER, nil)
	peer.AddChild(endMessage(b.index))
	for _, attribute := range b.attributes() {
		peer.AddChild(attribute)
	}
	req.AddData(info)
	_, err := req.Execute(unix.NETLINK_ROUTE, 0)
	return err
}

func endMessage(index int) *nl.IfInfomsg {
	m := nl.NewIfInfomsg(unix.AF_UNSPEC)
	m.Index = int32(index)
	return m
}

func (e vethEnd) attributes() []*nl.RtAttr {
	return []*nl.RtAttr{
		nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(e.dev)),
		nl.NewRtAttr(unix.IFLA_ADDRESS, hardwareAddr(e.index)),
		nl.NewRtAttr(unix.IFLA_NET_NS_FD, nl.Uint32Attr(uint32(e.space.Fd()))),
	}
}
