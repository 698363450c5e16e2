package simulate

import (
	"cmp"
	"time"
)

// calling is how a session is tried again where the topology says when (RFC 4271 section
// 8). The first end calls, for two embedded speakers have it so.
type calling struct {
	able   bool // the first end could call when it was last looked at
	number int  // of the attempt that is set
}

// shortRetry is the embedded speaker's own time between two attempts.
const shortRetry = 100 * time.Millisecond

// timed says whether the topology says when the session is tried again.
func (s *session) timed() bool { return s.wire.BGP.Longest() > 0 }

// follow has the first end call once it comes to be able to.
func (s *session) follow() {
	caller, l := s.ends[0], s.wire.lab
	able := !caller.live && caller.port.carrier() && caller.speaker().runs()
	if able == s.able {
		return
	}
	s.able = able
	s.number++
	if able {
		free := max(caller.idle, caller.speaker().ready, l.now)
		s.call(free.Sub(l.now) + l.take(caller.speaker().profile.Connect))
	}
}

// call has the first end try to connect in a while, and again until the session is up.
func (s *session) call(after time.Duration) {
	number := s.number
	s.wire.lab.after(after, func() {
		switch {
		case s.number != number:
		case s.answers():
			s.wire.lab.after(s.trips(), func() {
				switch {
				case s.number != number:
				case s.answers():
					s.establish()
				default:
					s.call(s.retry())
				}
			})
		default:
			s.call(s.retry())
		}
	})
}

func (s *session) retry() time.Duration { return cmp.Or(s.wire.BGP.ConnectRetry, shortRetry) }

// answers says whether the far end would take a call now.
func (s *session) answers() bool {
	far := s.ends[1]
	return s.possible() && s.wire.lab.now >= max(far.idle, far.speaker().ready)
}
