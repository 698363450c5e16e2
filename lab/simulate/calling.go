package simulate

import (
	"time"

	"anylab/lab/fault"
	"anylab/topologies"
)

// calling is how a session is tried again (RFC 4271 section 8) where that is known: between
// two embedded speakers. The first end calls, for these have it so.
type calling struct {
	able   bool          // the first end could call when it was last looked at
	number int           // of the series of attempts that is set
	pause  time.Duration // after an attempt that fails
}

// How the embedded speaker tries again: the first pause, which each failure doubles, the
// longest, and how long it waits for an answer to a SYN.
const (
	firstPause     = 10 * time.Millisecond
	lastPause      = 100 * time.Millisecond
	connectTimeout = time.Second
)

// timed says whether it is known when the session is tried again. What a graceful restart
// has GoBGP wait for is not.
func (s *session) timed() bool {
	for _, e := range s.ends {
		if e.port.node.Daemon != topologies.Embedded {
			return false
		}
	}
	return s.wire.BGP.Longest() > 0 || s.wire.BGP.Restart == 0
}

// follow has the first end call once it comes to be able to.
func (s *session) follow() {
	caller, l := s.ends[0], s.wire.lab
	able := !caller.live && caller.port.carrier() && caller.speaker().runs()
	if able == s.able {
		return
	}
	s.able, s.pause = able, firstPause
	s.number++
	if able {
		free := max(caller.idle, caller.speaker().ready, l.now)
		s.call(free.Sub(l.now) + l.take(caller.speaker().profile.Connect))
	}
}

// call has the first end try to connect in a while, and again until the session is up.
func (s *session) call(after time.Duration) {
	number, l := s.number, s.wire.lab
	l.after(after, func() {
		if s.number != number {
			return
		}
		taken, takes := s.attempt()
		l.after(takes, func() {
			switch {
			case s.number != number:
			case taken && s.answers():
				s.establish()
			default:
				s.call(s.again(takes))
			}
		})
	})
}

// attempt says whether a call is taken now, and after how long that is known. One that
// nobody hears is waited for: what comes back meanwhile does not know of it.
func (s *session) attempt() (taken bool, takes time.Duration) {
	near, far := s.ends[0].port, s.ends[1].port
	switch {
	case s.answers():
		return true, s.trips()
	case near.passes(fault.BGPPackets).open && far.passes(fault.BGPPackets).open:
		return false, near.takes() + far.takes()
	}
	return false, connectTimeout
}

// again is how long after the end of an attempt that took so long the next one begins.
func (s *session) again(took time.Duration) time.Duration {
	pause := s.pause
	s.pause = min(2*s.pause, lastPause)
	if retry := s.wire.BGP.ConnectRetry; retry > 0 {
		return max(0, retry-took)
	}
	return pause
}

// answers says whether the far end would take a call now.
func (s *session) answers() bool {
	far := s.ends[1]
	return s.possible() && s.wire.lab.now >= max(far.idle, far.speaker().ready)
}
