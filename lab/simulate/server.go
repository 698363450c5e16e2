package simulate

import (
	"context"
	"os"
	"time"

	"anylab/lab/fault"
	"anylab/lab/record"
	"anylab/scenarios"
)

// server is a service on one node, with its health checker.
type server struct {
	scenarios.Service
	node    *node
	proc    *process
	answers history[answering]
	behaves fault.Behaviour

	good, bad  int // checks in a row
	known      bool
	healthy    bool
	overridden bool
	drained    bool
	halted     bool
	beat       int // which schedule of checks is in force

	connections []*connection

	asking record.Time // when the check that is under way began
	wakes  func()      // has the process answer it, which is stopped
}

// answering is what becomes of a request that reaches the service.
type answering struct {
	alive, stopped bool
	fault.Behaviour
}

func (l *Lab) serve(n *node, s scenarios.Service) *server {
	v := &server{Service: s, node: n}
	n.servers = append(n.servers, v)
	v.startProcess()
	v.schedule()
	return v
}

func (s *server) startProcess() {
	s.proc = s.node.start(s.Service.Name, func() { s.changed(); s.died(); s.hungUp() }, s.changed)
	s.behaves = fault.Behaviour{}
	s.changed()
}

func (s *server) changed() {
	s.answers.set(s.node.lab.now, answering{!s.proc.dead, s.proc.stopped, s.behaves})
	s.node.lab.touched = s.node.lab.now
	if wakes := s.wakes; wakes != nil && !s.proc.stopped && !s.proc.dead {
		s.wakes = nil
		wakes()
	}
}

// died is seen at once by a checker that watches the process, and by a supervisor.
func (s *server) died() {
	if s.Health.Kind == "process" && !s.halted {
		s.node.lab.after(s.node.lab.draw(watched), func() { s.verdict(false, "the process ended") })
	}
	ended := s.proc
	s.node.supervise(s.Service.Name, s.Service.Restart, s.Ready, func() bool { return s.halted || s.proc != ended }, func() {
		s.node.lab.after(s.node.lab.draw(launch), s.again)
	})
}

// watched is how long the kernel takes to tell of an exit.
var watched = Span{100 * time.Microsecond, 500 * time.Microsecond}

// schedule begins with the checks, whose first comes at once.
func (s *server) schedule() {
	s.beat++
	switch s.Health.Kind {
	case "none", "process":
		s.node.lab.after(0, func() { s.verdict(!s.proc.dead, "") })
	default:
		s.check(s.node.lab.now, s.beat)
	}
}

// check asks the service at a time, and again an interval later, or as soon as it
// has failed if that takes longer.
func (s *server) check(at record.Time, beat int) {
	l := s.node.lab
	l.at(at, func() {
		if s.halted || s.beat != beat {
			return
		}
		began := l.now
		s.asking = began
		ask := func() {
			ok, took, why := s.asked()
			l.after(took, func() {
				if s.halted || s.beat != beat || s.asking != began {
					return
				}
				s.asking, s.wakes = 0, nil
				s.count(ok, why)
				s.check(max(began.Add(s.Health.Interval), l.now), beat)
			})
		}
		s.wakes = nil
		if s.proc.stopped {
			s.wakes = ask
		}
		ask()
	})
}

// asked is what a check finds, and how long it takes for that.
func (s *server) asked() (ok bool, took time.Duration, why string) {
	l := s.node.lab
	switch {
	case s.proc.dead:
		return false, l.draw(quick), "connection refused"
	case !s.node.anycast.last():
		return false, l.draw(quick), "cannot assign requested address"
	case s.proc.stopped || s.behaves.Delay >= s.Health.Timeout:
		return false, s.Health.Timeout, "no answer within " + s.Health.Timeout.String()
	case s.behaves.Wrong:
		return false, s.behaves.Delay + l.draw(quick), "wrong answer"
	}
	return true, s.behaves.Delay + l.draw(quick), ""
}

// quick is how long a check on the node itself takes.
var quick = Span{100 * time.Microsecond, 400 * time.Microsecond}

func (s *server) count(ok bool, why string) {
	if ok {
		s.good, s.bad = s.good+1, 0
	} else {
		s.good, s.bad = 0, s.bad+1
	}
	switch {
	case s.good >= s.Health.Rise || ok && !s.known && s.good > 0 && s.Health.Rise <= 1:
		s.verdict(true, "")
	case s.bad >= s.Health.Fall:
		s.verdict(false, why)
	}
}

func (s *server) verdict(healthy bool, why string) {
	if s.overridden {
		healthy, why = true, ""
	}
	if s.halted || s.known && s.healthy == healthy {
		return
	}
	s.known, s.healthy = true, healthy
	s.node.lab.emit(record.KindHealth, s.node.Name, record.Health{Service: s.Service.Name, Healthy: healthy, Reason: why})
	s.apply()
}

// apply announces the route, or takes it back.
func (s *server) apply() {
	d := s.node.speaker
	for _, p := range s.node.lab.setting.Topology.Anycast {
		_, announced := d.own[p]
		switch wanted := s.healthy && !s.drained; {
		case wanted && !announced:
			d.announce(p, fault.Attributes{})
		case !wanted && announced:
			d.withdraw(p)
		}
	}
}

// Name implements fault.Server.
func (s *server) Name() string { return s.Service.Name }

// Proc implements fault.Answering.
func (s *server) Proc() fault.Process { return s.proc }

// Restart implements fault.Answering.
func (s *server) Restart(context.Context) error {
	if !s.proc.dead {
		return nil
	}
	l := s.node.lab
	l.runUntil(l.now.Add(l.draw(launch) + s.Ready))
	s.again()
	return nil
}

// again starts a new process in place of one that has ended, unless somebody has.
func (s *server) again() {
	if !s.proc.dead {
		return
	}
	s.startProcess()
	if s.Health.Kind == "process" {
		s.node.lab.after(s.node.lab.draw(watched), func() { s.verdict(true, "") })
	}
}

// launch is how long a service takes from its start to its first answer.
var launch = Span{20 * time.Millisecond, 40 * time.Millisecond}

// Behave implements fault.Answering.
func (s *server) Behave(_ context.Context, b fault.Behaviour) error {
	if s.proc.dead {
		return os.ErrProcessDone
	}
	s.behaves = b
	s.changed()
	return nil
}

// Behaviour implements fault.Answering.
func (s *server) Behaviour() fault.Behaviour { return s.behaves }

// Healthy implements fault.Checking.
func (s *server) Healthy() bool { return s.healthy }

// Override implements fault.Checking.
func (s *server) Override(_ context.Context, on bool) {
	s.overridden = on
	if on {
		s.verdict(true, "")
	}
}

// Overridden implements fault.Checking.
func (s *server) Overridden() bool { return s.overridden }

// Halt implements fault.Checking.
func (s *server) Halt() { s.halted = true; s.beat++ }

// Resume implements fault.Checking.
func (s *server) Resume(context.Context) {
	s.halted, s.known, s.good, s.bad = false, false, 0, 0
	s.healthy = false
	s.schedule()
}

// Drain implements fault.Announcing.
func (s *server) Drain(context.Context) error { s.drained = true; s.apply(); return nil }

// Undrain implements fault.Announcing.
func (s *server) Undrain(context.Context) error { s.drained = false; s.apply(); return nil }
