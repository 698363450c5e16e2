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

// routingFilter passes Ethernet frames with TCP from or to port 179 and UDP to
// ports 3784 and 4784, of both IP versions. Fragments and packets with IPv6 extension
// headers are not looked into: neither protocol sends them on a single hop.
func routingFilter() []bpf.Instruction {
	const accept, reject = 26, 27 // indexes of the last two instructions
	jump := func(at, to int) uint8 { return uint8(to - at - 1) }
	return []bpf.Instruction{
		0:  bpf.LoadAbsolute{Off: 12, Size: 2}, // EtherType
		1:  bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.ETH_P_IP, SkipFalse: jump(1, 15)},
		2:  bpf.LoadAbsolute{Off: 20, Size: 2}, // fragment offset
		3:  bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: 0x1fff, SkipTrue: jump(3, reject)},
		4:  bpf.LoadMemShift{Off: 14},          // X = length of the IPv4 header
		5:  bpf.LoadAbsolute{Off: 23, Size: 1}, // protocol
		6:  bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.IPPROTO_UDP, SkipFalse: jump(6, 10)},
		7:  bpf.LoadIndirect{Off: 16, Size: 2}, // UDP destination
		8:  bpf.JumpIf{Cond: bpf.JumpEqual, Val: bfdPort, SkipTrue: jump(8, accept)},
		9:  bpf.JumpIf{Cond: bpf.JumpEqual, Val: multihopBFDPort, SkipTrue: jump(9, accept), SkipFalse: jump(9, reject)},
		10: bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.IPPROTO_TCP, SkipFalse: jump(10, reject)},
		11: bpf.LoadIndirect{Off: 14, Size: 2}, // TCP source
		12: bpf.JumpIf{Cond: bpf.JumpEqual, Val: bgpPort, SkipTrue: jump(12, accept)},
		13: bpf.LoadIndirect{Off: 16, Size: 2}, // TCP destination
		14: bpf.JumpIf{Cond: bpf.JumpEqual, Val: bgpPort, SkipTrue: jump(14, accept), SkipFalse: jump(14, reject)},
		15: bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.ETH_P_IPV6, SkipFalse: jump(15, reject)},
		16: bpf.LoadAbsolute{Off: 20, Size: 1}, // next header
		17: bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.IPPROTO_UDP, SkipFalse: jump(17, 21)},
		18: bpf.LoadAbsolute{Off: 56, Size: 2}, // UDP destination
		19: bpf.JumpIf{Cond: bpf.JumpEqual, Val: bfdPort, SkipTrue: jump(19, accept)},
		20: bpf.JumpIf{Cond: bpf.JumpEqual, Val: multihopBFDPort, SkipTrue: jump(20, accept), SkipFalse: jump(20, reject)},
		21: bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.IPPROTO_TCP, SkipFalse: jump(21, reject)},
		22: bpf.LoadAbsolute{Off: 54, Size: 2}, // TCP source
		23: bpf.JumpIf{Cond: bpf.JumpEqual, Val: bgpPort, SkipTrue: jump(23, accept)},
		24: bpf.LoadAbsolute{Off: 56, Size: 2}, // TCP destination
		25: bpf.JumpIf{Cond: bpf.JumpEqual, Val: bgpPort, SkipFalse: jump(25, reject)},

		accept: bpf.RetConstant{Val: 1 << 18}, // the whole packet
		reject: bpf.RetConstant{Val: 0},
	}
}
