package bfd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"anylab/lab/urgent"
	"anylab/topologies/document"
)

// Config describes a session, over a single hop if there is no router in between.
type Config struct {
	Local, Remote netip.Addr // of one family; one session per Local address and Dev, unless it is Shared
	Dev           string
	Interval      time.Duration // desired min TX, and required min RX unless Receive is given, from 10 ms
	Multiplier    int           // the neighbor gives us up after so many intervals, 1 to 255
	Routers       int           // in between
	Receive       time.Duration // required min RX; 0: Interval
	Shared        bool          // Local and Dev are those of sessions with other neighbors too
}

// Check says what is wrong with the configuration.
func (c Config) Check() error {
	switch {
	case !c.Local.IsValid() || !c.Remote.IsValid():
		return errors.New("BFD session: local or remote address is missing")
	case c.Local.Unmap().Is4() != c.Remote.Unmap().Is4():
		return fmt.Errorf("BFD session: %s and %s are of different families", c.Local, c.Remote)
	case c.Dev == "":
		return fmt.Errorf("BFD session %s to %s: device is missing", c.Local, c.Remote)
	case c.Multiplier < 1 || c.Multiplier > 255:
		return fmt.Errorf("BFD session %s to %s: multiplier %d is not 1 to 255", c.Local, c.Remote, c.Multiplier)
	}
	return checkInterval(c.Interval)
}

// checkInterval bounds an interval by what this implementation can keep, and
// by what the packet can carry: 2^32 microseconds.
func checkInterval(d time.Duration) error {
	if least, most := 10*time.Millisecond, time.Hour; d < least || d > most {
		return fmt.Errorf("BFD interval %v is not %v to %v", document.Duration(d), document.Duration(least), document.Duration(most))
	}
	return nil
}

// Session is one end of a BFD session over UDP. All methods but Open may be
// called from any thread.
type Session struct {
	socket  *socket
	machine *machine

	mu        sync.Mutex
	requests  []func(time.Time) actions
	discarded map[error]int
	closed    bool
}

// Open opens the session's sockets, in the network namespace of the calling
// thread. Run must follow, which closes them.
func Open(c Config) (*Session, error) {
	c.Local, c.Remote = c.Local.Unmap().WithZone(""), c.Remote.Unmap().WithZone("")
	if err := c.Check(); err != nil {
		return nil, err
	}
	s, err := openSocket(c)
	if err != nil {
		return nil, fmt.Errorf("open BFD session %s to %s: %w", c.Local, c.Remote, err)
	}
	want := timing{c.Interval, cmp.Or(c.Receive, c.Interval)}
	m := newMachine(want, uint8(c.Multiplier), 1+rand.Uint32N(1<<32-1), time.Now(), rand.Float64)
	return &Session{socket: s, machine: m, discarded: map[error]int{}}, nil
}

// Run runs the session until ctx ends, and then tells the neighbor that it
// went down on purpose. notify is called for each change of the state, in
// order, and must not block: packets wait meanwhile.
func (s *Session) Run(ctx context.Context, notify func(Change)) error {
	stop := context.AfterFunc(ctx, s.wake)
	defer stop()
	// On a busy machine an ordinary thread waits 40 ms for its turn: at 10 ms x 3
	// the neighbor would take the path for broken. Routers have BFD run ahead of
	// everything else for the same reason.
	err := urgent.Do(func() error { return s.run(ctx, notify) })
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return errors.Join(err, s.socket.close())
}

func (s *Session) run(ctx context.Context, notify func(Change)) error {
	for ctx.Err() == nil {
		if err := s.step(notify); err != nil {
			return fmt.Errorf("run BFD session with %s: %w", s.socket.from, err)
		}
	}
	return s.do(s.machine.adminDown(true, time.Now()), notify)
}

// step waits for a packet, a timer or a request, and handles all there is.
// Packets come first: if this process was not scheduled for a while, the
// neighbor's packets lie in the socket, and it must not be declared silent.
func (s *Session) step(notify func(Change)) error {
	if err := s.socket.wait(s.machine.deadline()); err != nil {
		return err
	}
	if err := s.read(notify); err != nil {
		return err
	}
	for _, request := range s.take() {
		if err := s.do(request(time.Now()), notify); err != nil {
			return err
		}
	}
	return s.do(s.machine.tick(time.Now()), notify)
}

// wake ends a wait that is going on, or else the next one.
func (s *Session) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.socket.ring()
	}
}

func (s *Session) read(notify func(Change)) error {
	var failed error
	err := s.socket.receive(func(p Packet, discard error) {
		var a actions
		if discard == nil {
			a, discard = s.machine.receive(p, time.Now())
		}
		if discard != nil {
			s.count(discard)
		}
		failed = errors.Join(failed, s.do(a, notify))
	})
	return errors.Join(failed, err)
}

// do carries actions out. Packets come first: the neighbor waits.
func (s *Session) do(a actions, notify func(Change)) error {
	for _, p := range a.send {
		if err := s.socket.send(p); err != nil {
			return err
		}
	}
	if a.change != nil && notify != nil {
		notify(*a.change)
	}
	return nil
}

// AdminDown takes the session down on purpose, or lets it come up again. The
// neighbor is told, so that it need not take the path for broken.
func (s *Session) AdminDown(down bool) {
	s.request(func(now time.Time) actions { return s.machine.adminDown(down, now) })
}

// Mute stops all transmission, or lets it go on: the neighbor takes the path
// for broken, while this end still hears it. It is how a process fails whose
// BFD hangs.
func (s *Session) Mute(mute bool) {
	s.request(func(now time.Time) actions { return s.machine.silence(mute, now) })
}

// SetInterval changes the configured intervals, by a Poll Sequence if the
// session is up.
func (s *Session) SetInterval(d time.Duration) error {
	if err := checkInterval(d); err != nil {
		return err
	}
	s.request(func(now time.Time) actions { return s.machine.setIntervals(timing{d, d}, now) })
	return nil
}

// Discarded counts the packets that were not accepted, by reason.
func (s *Session) Discarded() map[error]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.discarded)
}

// reasons are what Discarded counts by.
var reasons = []error{ErrVersion, ErrLength, ErrMultiplier, ErrMultipoint, ErrMyDiscr, ErrYourDiscr, ErrState, ErrAuth, ErrAdminDown, ErrTTL, ErrSource}

func (s *Session) count(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range reasons {
		if errors.Is(why, r) {
			s.discarded[r]++
		}
	}
}

// request has f called by the goroutine that owns the machine.
func (s *Session) request(f func(time.Time) actions) {
	s.mu.Lock()
	s.requests = append(s.requests, f)
	s.mu.Unlock()
	s.wake()
}

func (s *Session) take() []func(time.Time) actions {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.requests
	s.requests = nil
	return list
}
