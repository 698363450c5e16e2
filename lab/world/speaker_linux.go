package world

import (
	"context"
	"net/netip"
	"time"

	"anylab/lab/bgp"
	"anylab/lab/fault"
)

// speaker is a node's BGP daemon. Stop, Restart, Reset, Announced, Withdraw and
// MuteBFD are its own.
type speaker struct{ *bgp.Daemon }

// Procs implements fault.Daemon.
func (s speaker) Procs() []fault.Process { return processes(s.Daemon.Procs()) }

// Sessions implements fault.Daemon.
func (s speaker) Sessions(ctx context.Context) ([]fault.Session, error) {
	peers, err := s.Peers(ctx)
	var list []fault.Session
	for _, p := range peers {
		list = append(list, fault.Session{Peer: p.Node, Up: p.State == bgp.Established})
	}
	return list, err
}

// SetAttributes implements fault.Origin.
func (s speaker) SetAttributes(ctx context.Context, a fault.Attributes, p ...netip.Prefix) error {
	return s.Daemon.SetAttributes(ctx, bgp.Attributes(a), p...)
}

// Plain implements fault.Origin.
func (s speaker) Plain(p netip.Prefix) bool { return s.Attributes(p).IsZero() }

// AnnounceTable implements fault.Tabler.
func (s speaker) AnnounceTable(ctx context.Context, t fault.Table) error {
	return s.Daemon.AnnounceTable(ctx, bgp.Table(t))
}

// WithdrawTable implements fault.Tabler.
func (s speaker) WithdrawTable(ctx context.Context, t fault.Table) error {
	return s.Daemon.WithdrawTable(ctx, bgp.Table(t))
}

// Tables implements fault.Tabler.
func (s speaker) Tables() []fault.Table {
	var list []fault.Table
	for _, t := range s.Daemon.Tables() {
		list = append(list, fault.Table(t))
	}
	return list
}

// BFDProc implements fault.BFD.
func (s speaker) BFDProc() fault.Process {
	if p := s.Daemon.BFDProc(); p != nil {
		return process{p}
	}
	return nil
}

// asking is how long a daemon may take to say how its BFD stands.
const asking = 5 * time.Second

// BFDMuted implements fault.BFD.
func (s speaker) BFDMuted(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	return s.Daemon.BFDMuted(ctx)
}
