package observe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/record"
)

// batch is what one read from a netlink subscription gave.
type batch struct {
	at       record.Time // right after the read
	messages []syscall.NetlinkMessage
	overrun  bool // messages before these were lost
}

// subscription is a netlink socket that is a member of routing groups.
type subscription struct {
	*socket
	buf []byte
}

// maxDatagram is more than any routing message: the kernel builds them in
// buffers of at most 32 KiB (NLMSG_GOODSIZE and netlink_dump).
const maxDatagram = 1 << 16

// queued is how many batches may wait between reading and handling. The reader
// does nothing but stamp, so that a slow handler doesn't blur the stamps.
const queued = 4096

// subscribe joins groups in the namespace of the calling thread.
func subscribe(receiveBuffer int, groups ...int) (*subscription, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("open netlink socket: %w", err)
	}
	s, err := newSocket(fd, "netlink socket", receiveBuffer)
	if err != nil {
		return nil, err
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, errors.Join(fmt.Errorf("bind netlink socket: %w", err), s.file.Close())
	}
	for _, g := range groups {
		if err := unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_ADD_MEMBERSHIP, g); err != nil {
			return nil, errors.Join(fmt.Errorf("join netlink group %d: %w", g, err), s.file.Close())
		}
	}
	return &subscription{s, make([]byte, maxDatagram)}, nil
}

// watch opens, in n's namespace, a subscription to groups and a connection for
// questions about what its messages leave open.
func watch(n *lab.Node, receiveBuffer int, groups ...int) (*subscription, *netlink.Conn, error) {
	var sub *subscription
	var conn *netlink.Conn
	err := n.Do(func() (err error) {
		if sub, err = subscribe(receiveBuffer, groups...); err != nil {
			return err
		}
		if conn, err = netlink.Dial(unix.NETLINK_ROUTE, nil); err != nil {
			return errors.Join(fmt.Errorf("open netlink socket: %w", err), sub.file.Close())
		}
		return nil
	})
	return sub, conn, err
}

// batches reads until ctx ends, stamping in a goroutine of its own, and calls
// handle for each batch in order.
func (s *subscription) batches(ctx context.Context, handle func(batch) error) error {
	queue := make(chan batch, queued)
	read := background(func() error {
		defer close(queue)
		return s.each(ctx, func(fd int) error {
			b, err := s.receive(fd)
			if err == nil {
				queue <- b
			}
			return err
		})
	})
	var err error
	for b := range queue {
		if err == nil && !unwanted(ctx) { // else only empty the queue, so that the reader can end
			err = handle(b)
		}
	}
	return errors.Join(err, read())
}

// receive reads one datagram. The kernel reports lost messages once, as
// ENOBUFS on the next read (netlink(7)).
func (s *subscription) receive(fd int) (batch, error) {
	n, _, err := unix.Recvfrom(fd, s.buf, 0)
	b := batch{at: record.Now()}
	if errors.Is(err, unix.ENOBUFS) {
		b.overrun = true
		return b, nil
	}
	if err != nil {
		return b, err
	}
	b.messages, err = syscall.ParseNetlinkMessage(append([]byte(nil), s.buf[:n]...))
	if err != nil {
		return b, fmt.Errorf("parse netlink datagram: %w", err)
	}
	return b, nil
}

// overrun is the finding about lost messages.
func overrun(at record.Time, node, observer string) record.Event {
	detail := fmt.Sprintf("the %s observer lost netlink messages because its buffer was full", observer)
	return record.Event{At: at, Kind: record.KindFinding, Node: node, Data: record.Finding{Name: "netlink-overrun", Detail: detail}}
}

// dump asks for all objects of a kind.
func dump(c *netlink.Conn, kind netlink.HeaderType, request []byte) ([]netlink.Message, error) {
	return lab.Dump(func() ([]netlink.Message, error) {
		messages, err := c.Execute(netlink.Message{
			Header: netlink.Header{Type: kind, Flags: netlink.Request | netlink.Dump},
			Data:   request,
		})
		if err == nil && slices.ContainsFunc(messages, interrupted) {
			err = unix.EINTR
		}
		return messages, err
	})
}

func interrupted(m netlink.Message) bool { return m.Header.Flags&netlink.DumpInterrupted != 0 }
