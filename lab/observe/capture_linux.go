package observe

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// maxFrame is more than any frame that a packet socket hands over: with
// segmentation offload a whole IP packet of 64 KiB comes in one piece.
const maxFrame = 1 << 17

// capture is a packet socket that sees the routing protocols' packets on all
// interfaces of a node, both ways.
type capture struct {
	*socket
	buf, oob []byte
}

// frame is one captured packet. Data is valid until the next one.
type frame struct {
	stamp    time.Time // wall clock, by the kernel
	index    int       // of the interface
	outgoing bool
	data     []byte
	length   int // on the wire; more than data if it was cut
}

// openCapture opens a capture of what passes the filter, of everything without one,
// in the namespace of the calling thread: on the interface of that index, or on all
// if it is 0.
func openCapture(receiveBuffer int, filter []bpf.Instruction, index int) (*capture, error) {
	// Protocol 0 receives nothing: the filter is in place before the first
	// packet, and no other packet ever enters the buffer.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open packet socket: %w", err)
	}
	s, err := newSocket(fd, "packet socket", receiveBuffer)
	if err != nil {
		return nil, err
	}
	if err := armCapture(fd, filter, index); err != nil {
		s.file.Close()
		return nil, err
	}
	return &capture{s, make([]byte, maxFrame), make([]byte, 256)}, nil
}

func armCapture(fd int, filter []bpf.Instruction, index int) error {
	if filter != nil {
		if err := attach(fd, filter); err != nil {
			return err
		}
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS_NEW, 1); err != nil {
		return fmt.Errorf("ask for packet stamps: %w", err)
	}
	all := unix.SockaddrLinklayer{Protocol: binary.NativeEndian.Uint16([]byte{0, unix.ETH_P_ALL}), Ifindex: index}
	if err := unix.Bind(fd, &all); err != nil {
		return fmt.Errorf("bind packet socket: %w", err)
	}
	return nil
}

func attach(fd int, filter []bpf.Instruction) error {
	raw, err := bpf.Assemble(filter)
	if err != nil {
		return fmt.Errorf("assemble packet filter: %w", err)
	}
	list := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		list[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	program := unix.SockFprog{Len: uint16(len(list)), Filter: &list[0]}
	if err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &program); err != nil {
		return fmt.Errorf("attach packet filter: %w", err)
	}
	return nil
}

// run hands each packet to take, and the number of packets that the kernel
// dropped because the buffer was full to dropped, until ctx ends.
func (c *capture) run(ctx context.Context, take func(frame), dropped func(int)) error {
	return c.each(ctx, func(fd int) error {
		f, err := c.receive(fd)
		if err != nil {
			return err
		}
		take(f)
		// Packets are dropped while others wait to be read, so asking
		// after each one tells of a drop next to when it happened.
		stats, err := unix.GetsockoptTpacketStats(fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
		if err != nil {
			return fmt.Errorf("read packet statistics: %w", err)
		}
		if stats.Drops > 0 {
			dropped(int(stats.Drops))
		}
		return nil
	})
}

func (c *capture) receive(fd int) (frame, error) {
	n, oobn, _, from, err := unix.Recvmsg(fd, c.buf, c.oob, unix.MSG_TRUNC)
	if err != nil {
		return frame{}, err
	}
	f := frame{stamp: packetStamp(c.oob[:oobn]), data: c.buf[:min(n, len(c.buf))], length: n}
	if ll, ok := from.(*unix.SockaddrLinklayer); ok {
		f.index, f.outgoing = ll.Ifindex, ll.Pkttype == unix.PACKET_OUTGOING
	}
	return f, nil
}

// packetStamp returns the kernel's stamp out of the control messages; the
// current time if there is none.
func packetStamp(oob []byte) time.Time {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return time.Now()
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SO_TIMESTAMPNS_NEW && len(m.Data) >= 16 {
			// Two 64-bit numbers on every architecture, seconds and nanoseconds.
			sec, nsec := binary.NativeEndian.Uint64(m.Data), binary.NativeEndian.Uint64(m.Data[8:])
			return time.Unix(int64(sec), int64(nsec))
		}
	}
	return time.Now()
}
