package probe

import (
	"errors"
	"sync"
	"time"

	"anylab/lab/record"

	"golang.org/x/sys/unix"
)

// sessions is the transport of flows that are long-lived TCP connections: each
// request goes over its flow's connection. When a connection ends, the flow
// connects again, at once; what waited for an answer on it is lost. Every
// connection has a source port of its own, as an application's would.
type sessions struct {
	dialogue
	poller
	to    unix.Sockaddr
	af    int
	in    *packet
	flows []*flow
	inbox inbox // the receiver's, from its first look on
}

// flow is a source of requests. The sender adds them; the receiver takes the
// answers, and is the only one that closes a connection.
type flow struct {
	number int

	mu      sync.Mutex
	spare   int         // an unconnected socket of the node's namespace, -1 if there is none: the receiver can't make one
	session *session    // nil if there is none
	dialled uint32      // connections so far
	waiting record.Time // when the oldest request was sent that no answer has come for since; 0 if none
}

// session is one connection.
type session struct {
	conn
	number  uint32    // which of the flow's connections
	spoken  bool      // the service has said something
	node    []byte    // who it is
	out     []byte    // requests that the socket has not taken yet
	pending []pending // requests without an answer, oldest first
	failure error     // of writing
}

type pending struct {
	seq  uint64
	sent record.Time
}

func newSessions(c Config, d dialogue) *sessions {
	s := &sessions{
		dialogue: d, poller: newPoller(min(c.Flows, 256)), to: socketAddress(c.Target), af: unix.AF_INET, in: newPacket(),
	}
	if c.Target.Addr().Is6() {
		s.af = unix.AF_INET6
	}
	for i := range c.Flows {
		s.flows = append(s.flows, &flow{number: i, spare: -1})
	}
	return s
}

// send gives the request to the flow's connection, or to a new one, on which
// it waits for the handshake.
func (s *sessions) send(seq uint64, number int) error {
	f := s.flows[number]
	f.mu.Lock()
	defer f.mu.Unlock()
	now := record.Now()
	if f.waiting == 0 {
		f.waiting = now
	}
	if f.spare < 0 {
		var err error
		if f.spare, err = s.socket(); err != nil {
			return err
		}
	}
	if f.session == nil {
		if err := s.dial(f); err != nil {
			return err
		}
	}
	c := f.session
	c.pending = append(c.pending, pending{seq, now})
	c.out = s.request(c.out, seq)
	if c.connected != 0 {
		c.flush()
	}
	return nil
}

func (s *sessions) socket() (int, error) {
	fd, err := stampedSocket(s.af)
	if err != nil {
		return -1, err
	}
	// A request leaves on its schedule, whether or not earlier ones were
	// acknowledged (RFC 896 would have it wait).
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return -1, errors.Join(err, unix.Close(fd))
	}
	return fd, nil
}

// dial starts the handshake on the spare socket. The flow is locked.
func (s *sessions) dial(f *flow) error {
	fd := f.spare
	f.spare = -1
	f.dialled++
	c := &session{conn: conn{fd: fd, dialled: record.Now()}, number: f.dialled}
	if err := unix.Connect(fd, s.to); err != nil && err != unix.EINPROGRESS {
		_ = unix.Close(fd)
		return err
	}
	if err := s.add(fd, unix.EPOLLOUT, s.id(f, c)); err != nil {
		return errors.Join(err, unix.Close(fd))
	}
	f.session = c
	return nil
}

// id numbers the flow and the connection, lest a late event of an old
// connection be taken for one of the new.
func (s *sessions) id(f *flow, c *session) uint64 { return uint64(c.number)<<32 | uint64(f.number) }

// flush writes what the socket takes; the rest goes with a later request. The
// flow is locked.
func (c *session) flush() {
	for len(c.out) > 0 {
		n, err := unix.Write(c.fd, c.out)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			if err != unix.EAGAIN {
				c.failure = err // and takes it away from the socket: the receiver must know
			}
			return
		}
		c.out = append(c.out[:0], c.out[n:]...)
	}
}

func (s *sessions) receive(to inbox) (record.Time, error) {
	s.inbox = to
	return s.wait(to, nap, s.progress)
}

// progress does what a connection is ready for.
func (s *sessions) progress(id uint64) {
	f := s.flows[uint32(id)]
	f.mu.Lock()
	c := f.session
	f.mu.Unlock()
	switch {
	case c == nil || c.number != uint32(id>>32):
	case c.connected == 0:
		s.connect(f, c)
	default:
		s.read(f, c)
	}
}

// connect looks at how the handshake ended.
func (s *sessions) connect(f *flow, c *session) {
	at, ok := handshakeEnd(&c.conn, false)
	if !ok {
		s.end(f, c, record.StreamReset)
		return
	}
	if s.change(c.fd, unix.EPOLLIN, s.id(f, c)) != nil {
		s.end(f, c, record.StreamReset)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	c.connected = at
	c.flush()
}

// read takes what the connection has.
func (s *sessions) read(f *flow, c *session) {
	for s.in.read(c.fd) {
		if s.in.n == 0 {
			s.end(f, c, s.ending(f, c, record.StreamClosed))
			return
		}
		c.received = append(c.received, s.in.data()...)
		s.take(f, c, s.clock.arrival(s.in.stamp))
	}
	switch s.in.errno {
	case unix.EAGAIN, unix.EINTR:
	case unix.ETIMEDOUT, unix.EHOSTUNREACH, unix.ENETUNREACH: // the kernel has given up
		s.end(f, c, record.StreamTimeout)
	default:
		s.end(f, c, record.StreamReset)
	}
}

// ending says how a connection ended at whose end there is nothing to read: an
// error that a write has met is gone from the socket.
func (s *sessions) ending(f *flow, c *session, otherwise record.StreamEvent) record.StreamEvent {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case errors.Is(c.failure, unix.ECONNRESET):
		return record.StreamReset
	case errors.Is(c.failure, unix.ETIMEDOUT):
		return record.StreamTimeout
	}
	return otherwise
}

// take makes answers of what was received by the given time.
func (s *sessions) take(f *flow, c *session, at record.Time) {
	for len(c.received) > 0 {
		p := s.next(c.received, !c.spoken)
		if p.size == 0 {
			if len(c.received) >= maxReply {
				c.received = nil // no service of this kind
			}
			return
		}
		said := c.received[:p.size]
		s.greet(f, c, p.node)
		if p.answer {
			s.answer(f, c, at, p.good, said)
		}
		c.received = c.received[p.size:]
	}
	c.received = nil
}

// greet notes who is at the other end, with the first thing that it says.
func (s *sessions) greet(f *flow, c *session, node []byte) {
	if len(node) > 0 {
		c.node = append(c.node[:0], node...)
	}
	if c.spoken {
		return
	}
	c.spoken = true
	f.mu.Lock()
	waited := f.waited(c.connected)
	f.mu.Unlock()
	s.inbox.stream(c.connected, record.Stream{Flow: f.number, Event: record.StreamConnected, Waited: waited}, c.node)
}

// answer answers the oldest request on the connection. What does not answer it
// leaves it lost.
func (s *sessions) answer(f *flow, c *session, at record.Time, good bool, said []byte) {
	f.mu.Lock()
	if len(c.pending) == 0 {
		f.mu.Unlock()
		return
	}
	first := c.pending[0]
	c.pending = c.pending[1:]
	good = good && s.fits(said, first.seq)
	if good {
		f.waiting = 0
		if len(c.pending) > 0 {
			f.waiting = c.pending[0].sent
		}
	}
	f.mu.Unlock()
	if good {
		s.inbox.answer(first.seq, ^uint64(0), f.number, at, c.node)
	}
}

// waited returns how long the oldest request without an answer had waited. The
// flow is locked.
func (f *flow) waited(at record.Time) time.Duration {
	if f.waiting == 0 {
		return 0
	}
	return max(0, at.Sub(f.waiting))
}

// end closes the connection, and connects again unless not even the service's
// first word had come: then the next request will.
func (s *sessions) end(f *flow, c *session, how record.StreamEvent) {
	at := record.Now()
	f.mu.Lock()
	_ = unix.Close(c.fd) // nothing is left to be done about a failure
	f.session = nil
	waited := f.waited(at)
	if c.spoken && f.spare >= 0 {
		_ = s.dial(f) // the next request tries again
	}
	f.mu.Unlock()
	if c.spoken {
		s.inbox.stream(at, record.Stream{Flow: f.number, Event: how, Waited: waited}, c.node)
	}
}

// forget gives a connection up on which a request has had no answer in time.
func (s *sessions) forget(seq uint64) (record.Time, bool) {
	f := s.flows[seq%uint64(len(s.flows))]
	f.mu.Lock()
	c := f.session
	unanswered := c != nil && len(c.pending) > 0 && c.pending[0].seq <= seq
	f.mu.Unlock()
	if unanswered {
		s.end(f, c, record.StreamTimeout)
	}
	return 0, false
}

func (s *sessions) close() error {
	var errs []error
	for _, f := range s.flows {
		if f.session != nil {
			errs = append(errs, unix.Close(f.session.fd))
		}
		if f.spare >= 0 {
			errs = append(errs, unix.Close(f.spare))
		}
	}
	return errors.Join(append(errs, s.poller.close())...)
}
