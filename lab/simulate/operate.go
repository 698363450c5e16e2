package simulate

import (
	"context"
	"errors"
	"maps"
	"net/netip"
	"slices"
	"time"

	"anylab/lab/fault"
)

// Procs implements fault.Daemon.
func (s *speaker) Procs() []fault.Process {
	return []fault.Process{s.process}
}

// Stop implements fault.Daemon.
func (s *speaker) Stop(_ context.Context, graceful bool) error {
	s.halted = true
	if !graceful {
		for _, e := range s.ends() {
			if e.live {
				e.tell(6, 2, false) // Cease, Administrative Shutdown (RFC 4486)
			}
		}
	}
	if !s.dead {
		s.end("exit status 0")
	}
	if !graceful {
		s.clear()
	}
	return nil
}

// clear removes the daemon's routes from the kernel, if it does so when it ends.
func (s *speaker) clear() {
	if wait := s.profile.Clear; wait > 0 {
		s.node.lab.after(microseconds(wait), func() {
			if s.dead {
				s.sweep()
			}
		})
	}
}

// Restart implements fault.Daemon.
func (s *speaker) Restart(context.Context) error {
	if !s.dead {
		s.end("exit status 0")
	}
	s.again()
	return nil
}

// again starts a new process, which announces what the old one did.
func (s *speaker) again() {
	l := s.node.lab
	s.launch()
	s.halted, s.ready = false, l.now.Add(l.take(s.profile.Start))
	for _, e := range s.ends() {
		e.idle = 0
	}
	for _, p := range slices.SortedFunc(maps.Keys(s.own), netip.Prefix.Compare) {
		s.decide(p)
	}
	s.froze()
	s.later(s.sweeps(), s.sweep)
}

// sweeps is how long after its start it does that.
func (s *speaker) sweeps() time.Duration {
	late := microseconds(s.profile.Sweep)
	for _, e := range s.ends() {
		if s.profile.SweepLate {
			late = max(late, e.wire.BGP.Restart)
		}
	}
	return late
}

// sweep removes what an earlier process has left in the kernel.
func (s *speaker) sweep() {
	for _, p := range slices.SortedFunc(maps.Keys(s.node.routes), netip.Prefix.Compare) {
		if len(s.best[p]) == 0 {
			s.node.route(p, nil)
		}
	}
}

// Reset implements fault.Daemon.
func (s *speaker) Reset(_ context.Context, peer string, soft bool) error {
	for _, e := range s.ends() {
		switch {
		case !e.live || peer != "" && e.far.port.node.Name != peer:
		case soft:
			e.sent = map[netip.Prefix]path{}
			s.later(s.node.lab.take(s.profile.Send), func() { s.tellAll(e) })
		default:
			e.tell(6, 4, false) // Cease, Administrative Reset (RFC 4486)
		}
	}
	return nil
}

// Sessions implements fault.Daemon.
func (s *speaker) Sessions(context.Context) ([]fault.Session, error) {
	if s.dead {
		return nil, errStandstill
	}
	var list []fault.Session
	for _, e := range s.ends() {
		list = append(list, fault.Session{Peer: e.far.port.node.Name, Up: e.live})
	}
	return list, nil
}

// Announced implements fault.Origin.
func (s *speaker) Announced() []netip.Prefix {
	var list []netip.Prefix
	for _, p := range s.node.lab.setting.Topology.Anycast {
		if _, ok := s.own[p]; ok {
			list = append(list, p)
		}
	}
	return list
}

// SetAttributes implements fault.Origin.
func (s *speaker) SetAttributes(_ context.Context, a fault.Attributes, prefixes ...netip.Prefix) error {
	for _, p := range prefixes {
		if _, ok := s.own[p]; ok {
			s.announce(p, a)
		}
	}
	return nil
}

// announce has the daemon originate a prefix, at once or when it runs.
func (s *speaker) announce(p netip.Prefix, a fault.Attributes) {
	s.own[p] = a
	s.later(s.node.lab.take(s.profile.Command), func() { s.decide(p) })
}

// Plain implements fault.Origin.
func (s *speaker) Plain(p netip.Prefix) bool {
	a, ok := s.own[p]
	return !ok || a.Prepend == 0 && a.MED == 0 && a.LocalPref == 0 && len(a.Communities) == 0
}

// Withdraw implements fault.Origin.
func (s *speaker) Withdraw(_ context.Context, prefixes ...netip.Prefix) error {
	for _, p := range prefixes {
		s.withdraw(p)
	}
	return nil
}

func (s *speaker) withdraw(p netip.Prefix) {
	if _, ok := s.own[p]; ok {
		delete(s.own, p)
		s.later(s.node.lab.take(s.profile.Command), func() { s.decide(p) })
	}
}

// AnnounceTable implements fault.Tabler: see Refused.
func (s *speaker) AnnounceTable(context.Context, fault.Table) error { return errNoTables }

// WithdrawTable implements fault.Tabler.
func (s *speaker) WithdrawTable(context.Context, fault.Table) error { return errNoTables }

// Tables implements fault.Tabler.
func (s *speaker) Tables() []fault.Table { return nil }

var errNoTables = errors.New("tables of routes are not simulated")

// BFDProc implements fault.BFD: the daemon itself does it.
func (s *speaker) BFDProc() fault.Process { return nil }

// MuteBFD implements fault.BFD.
func (s *speaker) MuteBFD(_ context.Context, mute bool) error {
	for _, p := range s.node.ports {
		if b := p.wire.bfd; b != nil {
			b.of(p).muted = mute
			b.changed()
		}
	}
	return nil
}

// BFDMuted implements fault.BFD.
func (s *speaker) BFDMuted(context.Context) (bool, error) {
	for _, p := range s.node.ports {
		if b := p.wire.bfd; b != nil && !b.of(p).muted {
			return false, nil
		}
	}
	return true, nil
}

// Halt implements fault.Speaker.
func (s *speaker) Halt() { s.halted = true }
