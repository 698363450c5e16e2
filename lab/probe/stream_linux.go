package probe

import (
	"errors"
	"net/netip"
	"sync"
	"time"

	"anylab/lab/record"

	"golang.org/x/sys/unix"
)

// stream is the transport of requests that are one connection each, made and
// reset again. Their source ports are the kernel's choice: a port that waits
// for a lost handshake could not be used for the flow's next request.
type stream struct {
	conversation
	to     unix.Sockaddr
	af     int
	flows  int
	once   bool // see Config
	in     *packet
	stamps int // a socket that keeps the kernel's stamping switched on: switching patches its code

	handshakes poller // for what can't wait: the request comes after it
	replies    poller // for what the kernel stamps: it is collected once a tick

	mu    sync.Mutex
	conns map[uint64]*conn // by the request's number
	fresh []uint64         // those that nobody has looked at yet: most replies have come by the next tick
}

// conn is one connection.
type conn struct {
	fd        int
	dialled   record.Time // just before connect
	connected record.Time // 0 until the handshake is complete
	received  []byte
	at        record.Time // when the latest of it came
}

func newStream(c Config, v conversation) *stream {
	s := &stream{
		conversation: v, to: socketAddress(c.Target), af: unix.AF_INET, flows: c.Flows, once: c.Once, in: newPacket(), stamps: -1,
		handshakes: newPoller(64), replies: newPoller(64), conns: map[uint64]*conn{},
	}
	if c.Target.Addr().Is6() {
		s.af = unix.AF_INET6
	}
	return s
}

func (s *stream) open() error {
	var err error
	if s.stamps, err = stampedSocket(s.af); err != nil {
		return err
	}
	return errors.Join(s.handshakes.open(), s.replies.open())
}

// stampedSocket opens a connection's socket. Closing it resets the connection,
// so that no port is held in TIME_WAIT.
func stampedSocket(af int) (int, error) {
	fd, err := unix.Socket(af, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		return -1, err
	}
	err = errors.Join(
		unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}),
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1),
	)
	if err != nil {
		return -1, errors.Join(err, unix.Close(fd))
	}
	return fd, nil
}

func socketAddress(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

// send starts the handshake. In a lab without delays it is complete by then,
// and the request follows.
func (s *stream) send(seq uint64, _ int) error {
	fd, err := stampedSocket(s.af)
	if err != nil {
		return err
	}
	c := &conn{fd: fd, dialled: record.Now()}
	if err := unix.Connect(fd, s.to); err != nil && err != unix.EINPROGRESS {
		_ = unix.Close(fd)
		return err
	}
	asked := s.ask(c)
	s.mu.Lock() // an event must find its connection
	defer s.mu.Unlock()
	s.conns[seq] = c
	if asked {
		s.fresh = append(s.fresh, seq)
		return nil
	}
	return s.handshakes.add(fd, unix.EPOLLOUT|unix.EPOLLONESHOT, seq)
}

// receive collects once a tick. Nearly every reply has come by the first look:
// only a connection whose reply has not is watched.
func (s *stream) receive(to inbox) (record.Time, error) {
	end := record.Now().Add(tick)
	for left := tick; left > 0; left = end.Sub(record.Now()) {
		if err := s.handshakes.poll(left, s.greet); err != nil {
			return 0, err
		}
	}
	now, err := s.replies.wait(to, 0, func(seq uint64) { s.read(to, seq) })
	for _, seq := range s.unread() {
		s.read(to, seq)
		if c := s.find(seq); c != nil && s.replies.add(c.fd, unix.EPOLLIN, seq) != nil {
			s.drop(c, seq)
		}
	}
	return now, err
}

// unread empties the list of fresh connections.
func (s *stream) unread() []uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	fresh := s.fresh
	s.fresh = nil
	return fresh
}

// greet sends the request over a connection whose handshake has ended. If it
// has failed, the request is lost, and will be declared so in time.
func (s *stream) greet(seq uint64) {
	c := s.find(seq)
	switch {
	case c == nil:
	case !s.ask(c):
		s.drop(c, seq)
	default:
		s.mu.Lock()
		defer s.mu.Unlock()
		s.fresh = append(s.fresh, seq)
	}
}

func (s *stream) find(seq uint64) *conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns[seq]
}

// ask sends the request if the handshake was completed.
func (s *stream) ask(c *conn) (ok bool) {
	if c.connected, ok = handshakeEnd(c, s.once); !ok || len(s.request) == 0 {
		return ok
	}
	// The request fits into the empty send buffer, so it is written whole.
	_, err := unix.Write(c.fd, s.request)
	return err == nil
}

// handshakeEnd returns when the SYN-ACK arrived; it is false if none did. The
// kernel stamps no packet without data, but it has measured the round trip of
// the SYN, in microseconds and undisturbed by how late we are; not so if it had
// to send it again. With once, the handshake has failed if it was the repeated
// SYN that was answered.
func handshakeEnd(c *conn, once bool) (at record.Time, ok bool) {
	now := record.Now()
	info, err := unix.GetsockoptTCPInfo(c.fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	switch {
	case err != nil || info.State != unix.BPF_TCP_ESTABLISHED && info.State != unix.BPF_TCP_CLOSE_WAIT:
		return 0, false
	case once && repeated(info, now.Sub(c.dialled)):
		return 0, false
	case info.Total_retrans != 0 || info.Rtt == 0:
		return now, true
	}
	return min(now, c.dialled.Add(time.Duration(info.Rtt)*time.Microsecond)), true
}

// leastRepeat is less than the time after which TCP sends a SYN again (RFC 6298
// section 2.1), and more than a socket may wait until it is looked at.
const leastRepeat = 700 * time.Millisecond

// repeated says whether it was not the first SYN that was answered. Where a
// round trip takes a second the SYN is sent again for no reason; by its time
// stamp (RFC 7323) TCP knows which of the two an answer belongs to.
func repeated(info *unix.TCPInfo, age time.Duration) bool {
	return info.Total_retrans > 0 && age-time.Duration(info.Rtt)*time.Microsecond > leastRepeat
}

// read takes what the connection has, and reports the answer once it is known.
func (s *stream) read(to inbox, seq uint64) {
	c := s.find(seq)
	if c == nil {
		return
	}
	for s.in.read(c.fd) && s.in.n > 0 {
		c.received = append(c.received, s.in.data()...)
		c.at = s.replies.clock.arrival(s.in.stamp)
		if r := s.parse(c.received, len(c.received) >= maxReply); r.done {
			s.finish(to, c, seq, r)
			return
		}
	}
	if s.in.errno != unix.EAGAIN {
		s.finish(to, c, seq, s.parse(c.received, true))
	}
}

// maxReply is how much of a reply is read at most.
const maxReply = 16 << 10

// finish reports what came of a request and ends its connection.
func (s *stream) finish(to inbox, c *conn, seq uint64, r reply) {
	if s.handshake {
		c.at = c.connected
	}
	if r.ok {
		to.answer(seq, ^uint64(0), int(seq%uint64(s.flows)), c.at, r.node)
	}
	s.drop(c, seq)
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
	c := s.find(seq)
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
	if s.stamps >= 0 {
		_ = unix.Close(s.stamps)
	}
	return errors.Join(s.handshakes.close(), s.replies.close())
}
