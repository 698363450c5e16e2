package observe

import (
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Ports that routing protocols use: BGP (RFC 4271 section 8) and BFD control
// packets (RFC 5881 section 4), also with routers in between (RFC 5883 section 5).
const (
	bgpPort         = 179
	bfdPort         = 3784
	multihopBFDPort = 4784
)

// vrrpProtocol is the IP protocol of VRRP (RFC 9568 section 5.1.1.4).
const vrrpProtocol = 112

// routingFilter passes Ethernet frames with TCP from or to port 179, UDP to ports 3784
// and 4784, and VRRP, of both IP versions. Fragments and packets with IPv6 extension
// headers are not looked into: none of the protocols sends them on a single hop.
func routingFilter() []bpf.Instruction {
	const accept, reject = 28, 29 // indexes of the last two instructions
	jump := func(at, to int) uint8 { return uint8(to - at - 1) }
	return []bpf.Instruction{
		0:  bpf.LoadAbsolute{Off: 12, Size: 2}, // EtherType
		1:  bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.ETH_P_IP, SkipFalse: jump(1, 16)},
		2:  bpf.LoadAbsolute{Off: 20, Size: 2}, // fragment offset
		3:  bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: 0x1fff, SkipTrue: jump(3, reject)},
		4:  bpf.LoadMemShift{Off: 14},          // X = length of the IPv4 header
		5:  bpf.LoadAbsolute{Off: 23, Size: 1}, // protocol
		6:  bpf.JumpIf{Cond: bpf.JumpEqual, Val: vrrpProtocol, SkipTrue: jump(6, accept)},
		7:  bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.IPPROTO_UDP, SkipFalse: jump(7, 11)},
		8:  bpf.LoadIndirect{Off: 16, Size: 2}, // UDP destination
		9:  bpf.JumpIf{Cond: bpf.JumpEqual, Val: bfdPort, SkipTrue: jump(9, accept)},
		10: bpf.JumpIf{Cond: bpf.JumpEqual, Val: multihopBFDPort, SkipTrue: jump(10, accept), SkipFalse: jump(10, reject)},
		11: bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.IPPROTO_TCP, SkipFalse: jump(11, reject)},
		12: bpf.LoadIndirect{Off: 14, Size: 2}, // TCP source
		13: bpf.JumpIf{Cond: bpf.JumpEqual, Val: bgpPort, SkipTrue: jump(13, accept)},
		14: bpf.LoadIndirect{Off: 16, Size: 2}, // TCP destination
		15: bpf.JumpIf{Cond: bpf.JumpEqual, Val: bgpPort, SkipTrue: jump(15, accept), SkipFalse: jump(15, reject)},
		16: bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.ETH_P_IPV6, SkipFalse: jump(16, reject)},
		17: bpf.LoadAbsolute{Off: 20, Size: 1}, // next header
		18: bpf.JumpIf{Cond: bpf.JumpEqual, Val: vrrpProtocol, SkipTrue: jump(18, accept)},
		19: bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.IPPROTO_UDP, SkipFalse: jump(19, 23)},
		20: bpf.LoadAbsolute{Off: 56, Size: 2}, // UDP destination
		21: bpf.JumpIf{Cond: bpf.JumpEqual, Val: bfdPort, SkipTrue: jump(21, accept)},
		22: bpf.JumpIf{Cond: bpf.JumpEqual, Val: multihopBFDPort, SkipTrue: jump(22, accept)},
		23: bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.IPPROTO_TCP, SkipFalse: jump(23, reject)},
		24: bpf.LoadAbsolute{Off: 54, Size: 2}, // TCP source
		25: bpf.JumpIf{Cond: bpf.JumpEqual, Val: bgpPort, SkipTrue: jump(25, accept)},
		26: bpf.LoadAbsolute{Off: 56, Size: 2}, // TCP destination
		27: bpf.JumpIf{Cond: bpf.JumpEqual, Val: bgpPort, SkipFalse: jump(27, reject)},

		accept: bpf.RetConstant{Val: 1 << 18}, // the whole packet
		reject: bpf.RetConstant{Val: 0},
	}
}
