package lab

import (
	"errors"
	"fmt"

	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

func (f Filter) check() error {
	switch f.Only {
	case "", TrafficAll, TrafficData, TrafficBGP, TrafficBFD:
	default:
		return fmt.Errorf("drop packets: unknown class of traffic %q", f.Only)
	}
	if f.Loss < 0 || f.Loss > 1 {
		return fmt.Errorf("drop packets: a loss of %g is not between 0 and 1", f.Loss)
	}
	return nil
}

// Registers of nftables' virtual machine are 16 bytes each; one is enough.
const register = 1

// rules returns the expressions of the filter's rules, in their order.
func (f Filter) rules() [][]expr.Any {
	switch f.Only {
	case TrafficBGP:
		return each(isBGP(), f.discard)
	case TrafficBFD:
		return each(isBFD(), f.discard)
	case TrafficData:
		spared := append(append(isBGP(), isBFD()...), isResolution()...)
		return append(each(spared, accept), f.discard(nil))
	}
	return [][]expr.Any{f.discard(nil)}
}

func each(matches [][]expr.Any, end func([]expr.Any) []expr.Any) [][]expr.Any {
	var rules [][]expr.Any
	for _, m := range matches {
		rules = append(rules, end(m))
	}
	return rules
}

func accept(match []expr.Any) []expr.Any {
	return append(match, &expr.Verdict{Kind: expr.VerdictAccept})
}

// discard counts and drops what matches, or its share.
func (f Filter) discard(match []expr.Any) []expr.Any {
	if f.Loss > 0 && f.Loss < 1 {
		match = append(match, dice(f.Loss)...)
	}
	return append(match, &expr.Counter{}, &expr.Verdict{Kind: expr.VerdictDrop})
}

// dice matches a share of packets at random. The number is of the host's byte
// order, comparisons are bytewise.
func dice(share float64) []expr.Any {
	const sides = 1_000_000
	return []expr.Any{
		&expr.Numgen{Register: register, Modulus: sides, Type: unix.NFT_NG_RANDOM},
		&expr.Byteorder{SourceRegister: register, DestRegister: register, Op: expr.ByteorderHton, Len: 4, Size: 4},
		&expr.Cmp{Op: expr.CmpOpLt, Register: register, Data: binaryutil.BigEndian.PutUint32(uint32(share * sides))},
	}
}

func isBGP() [][]expr.Any {
	const source, destination = 0, 2
	return [][]expr.Any{
		append(isTransport(unix.IPPROTO_TCP), isPort(source, 179, 179)...),
		append(isTransport(unix.IPPROTO_TCP), isPort(destination, 179, 179)...),
	}
}

func isBFD() [][]expr.Any {
	const destination = 2
	return [][]expr.Any{
		append(isTransport(unix.IPPROTO_UDP), isPort(destination, 3784, 3785)...),
		append(isTransport(unix.IPPROTO_UDP), isPort(destination, 4784, 4784)...),
	}
}

// isResolution matches ARP and neighbour discovery: ICMPv6 types 133 to 137
// (RFC 4861 section 4).
func isResolution() [][]expr.Any {
	arp := []expr.Any{
		&expr.Meta{Key: expr.MetaKeyPROTOCOL, Register: register},
		&expr.Cmp{Op: expr.CmpOpEq, Register: register, Data: binaryutil.BigEndian.PutUint16(unix.ETH_P_ARP)},
	}
	discovery := append(isTransport(unix.IPPROTO_ICMPV6),
		&expr.Payload{DestRegister: register, Base: expr.PayloadBaseTransportHeader, Offset: 0, Len: 1},
		&expr.Range{Op: expr.CmpOpEq, Register: register, FromData: []byte{133}, ToData: []byte{137}})
	return [][]expr.Any{arp, discovery}
}

// isTransport matches a protocol over IPv4 or IPv6, extension headers skipped.
func isTransport(protocol byte) []expr.Any {
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: register},
		&expr.Cmp{Op: expr.CmpOpEq, Register: register, Data: []byte{protocol}},
	}
}

// isReset matches TCP segments that end a connection at once: RST is a bit of the
// fourteenth byte (RFC 9293 section 3.1).
func isReset() []expr.Any {
	return append(isTransport(unix.IPPROTO_TCP),
		&expr.Payload{DestRegister: register, Base: expr.PayloadBaseTransportHeader, Offset: 13, Len: 1},
		&expr.Bitwise{SourceRegister: register, DestRegister: register, Len: 1, Mask: []byte{4}, Xor: []byte{0}},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: register, Data: []byte{0}})
}

func isPort(offset uint32, from, to uint16) []expr.Any {
	return []expr.Any{
		&expr.Payload{DestRegister: register, Base: expr.PayloadBaseTransportHeader, Offset: offset, Len: 2},
		&expr.Range{Op: expr.CmpOpEq, Register: register,
			FromData: binaryutil.BigEndian.PutUint16(from), ToData: binaryutil.BigEndian.PutUint16(to)},
	}
}

// withoutNftables turns what the kernel says when it lacks nftables, or one of
// the parts that are used here, into an Unavailable.
func withoutNftables(err error) error {
	for _, lacks := range []error{unix.EPROTONOSUPPORT, unix.EOPNOTSUPP, unix.EINVAL, unix.ENOENT} {
		if errors.Is(err, lacks) {
			return Unavailable{fmt.Sprintf("this kernel lacks nftables with netdev hooks, which silent drops need: %v", err),
				"sudo modprobe -a nf_tables nft_numgen, or a kernel with CONFIG_NF_TABLES_NETDEV"}
		}
	}
	return err
}
