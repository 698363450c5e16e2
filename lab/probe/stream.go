package probe

import (
	"errors"
	"net/netip"
	"sync"
	"time"

	"anylab/lab/record"

	"golang.org/x/sys/unix"
)

// maxConnections keeps twice the number of waiting requests below the number
// of ephemeral ports, of which Linux has 28,232 (ip_local_port_range).
const maxConnections = 28_000

// conversation is how one kind of probe speaks over a connection.
type conversation struct {
	request []byte // what to send once connected; may be empty
	// handshake says that the answer is the completed handshake, and what comes
	// after it only names the node.
	handshake bool
	// parse looks at all that was received so far. It is asked again with more
	// until done; end says that there is no more.
	parse func(received []byte, end bool) reply
}

// reply is what was made of the bytes received on a connection.
type reply struct {
	done bool   // nothing else needs to be read
	ok   bool   // it is an answer
	node []byte // who answered, empty if it does not say
}

// stream is the transport of requests that are one connection each, made and
// reset again. Their source ports are the kernel's choice: a port that waits
// for a lost handshake could not be used for the flow's next request.
type stream struct {
	conversation
	poller
	to    unix.Sockaddr
	af    int
	flows int
	in    *packet

	mu    sync.Mutex
	conns map[uint64]*conn // by the request's number
}

// conn is one connection. Only fd and dialled are set by the sender.
type conn struct {
	fd        int
	dialled   record.Time // just before connect
	connected record.Time // 0 until the handshake is complete
	received  []byte
}

func newStream(c Config, v conversation) *stream {
	s := &stream{
		conversation: v, poller: newPoller(64), to: socketAddress(c.Target), af: unix.AF_INET, flows: c.Flows,
		in: newPacket(), conns: map[uint64]*conn{},
	}
	if c.Target.Addr().Is6() {
		s.af = unix.AF_INET6
	}
	return s
}

func socketAddress(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

// send starts the handshake and leaves the rest to the receiver.
func (s *stream) send(seq uint64, _ int) error {
	fd, err := unix.Socket(s.af, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		return err
	}
	err = errors.Join(
		// Closing resets the connection, so that no port is held in TIME_WAIT.
		unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}),
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1),
	)
	if err != nil {
		return errors.Join(err, unix.Close(fd))
	}
	c := &conn{fd: fd, dialled: record.Now()}
	if err := unix.Connect(fd, s.to); err != nil && err != unix.EINPROGRESS {
		_ = unix.Close(fd)
		return err
	}
	s.mu.Lock() // an event must find its connection
	defer s.mu.Unlock()
	s.conns[seq] = c
	event := unix.EpollEvent{Events: unix.EPOLLOUT}
	setSeq(&event, seq)
	return unix.EpollCtl(s.epoll, unix.EPOLL_CTL_ADD, fd, &event)
}

func (s *stream) receive(to inbox) (record.Time, error) {
	return s.wait(to, func(seq uint64) { s.progress(to, seq) })
}

// progress does what a connection is ready for.
func (s *stream) progress(to inbox, seq uint64) {
	s.mu.Lock()
	c := s.conns[seq]
	s.mu.Unlock()
	switch {
	case c == nil:
	case c.connected == 0:
		s.connected(c, seq)
	default:
		s.read(to, c, seq)
	}
}

// connected looks at how the handshake ended and sends the request. A refused
// connection is given up: its request will be declared lost in time.
func (s *stream) connected(c *conn, seq uint64) {
	failure, err := unix.GetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil || failure != 0 {
		s.drop(c, seq)
		return
	}
	c.connected = handshakeEnd(c)
	if len(s.request) > 0 {
		// The request fits into the empty send buffer, so it is written whole.
		if _, err := unix.Write(c.fd, s.request); err != nil {
			s.drop(c, seq)
			return
		}
	}
	event := unix.EpollEvent{Events: unix.EPOLLIN}
	setSeq(&event, seq)
	if unix.EpollCtl(s.epoll, unix.EPOLL_CTL_MOD, c.fd, &event) != nil {
		s.drop(c, seq)
	}
}

// handshakeEnd returns when the SYN-ACK arrived. The kernel stamps no packet
// without data, but it has measured the round trip of the SYN, in microseconds
// and undisturbed by how late we are; not so if it had to send it again.
func handshakeEnd(c *conn) record.Time {
	now := record.Now()
	info, err := unix.GetsockoptTCPInfo(c.fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil || info.Total_retrans != 0 || info.Rtt == 0 {
		return now
	}
	return min(now, c.dialled.Add(time.Duration(info.Rtt)*time.Microsecond))
}

// read takes what the connection has and reports the answer once it is known.
func (s *stream) read(to inbox, c *conn, seq uint64) {
	open := s.in.read(c.fd)
	end := !open || s.in.n == 0
	if !end {
		c.received = append(c.received, s.in.data()...)
	}
	r := s.parse(c.received, end || len(c.received) >= maxReply)
	if !r.done {
		return
	}
	at := s.stamp(end)
	if s.handshake {
		at = c.connected
	}
	if r.ok {
		to.answer(seq, ^uint64(0), int(seq%uint64(s.flows)), at, r.node)
	}
	s.drop(c, seq)
}

// maxReply is how much of a reply is read at most.
const maxReply = 16 << 10

// stamp returns when the latest data arrived. The end of a stream has no stamp.
func (s *stream) stamp(end bool) record.Time {
	if end {
		return record.Now()
	}
	return s.clock.arrival(s.in.stamp)
}

// drop closes the connection and thereby resets it.
func (s *stream) drop(c *conn, seq uint64) {
	s.mu.Lock()
	delete(s.conns, seq)
	s.mu.Unlock()
	// Nothing is left to be done about a failure: the descriptor is gone anyway.
	_ = unix.Close(c.fd)
}

func (s *stream) forget(seq uint64) (record.Time, bool) {
	s.mu.Lock()
	c := s.conns[seq]
	s.mu.Unlock()
	if c == nil {
		return 0, false
	}
	s.drop(c, seq)
	return c.connected, s.handshake && c.connected != 0
}

func (s *stream) close() error {
	for seq, c := range s.conns {
		s.drop(c, seq)
	}
	return s.poller.close()
}
