package service

import (
	"context"
	"time"

	"anylab/lab"
	"anylab/lab/record"
)

// supervise starts the service again, Restart after its process has ended, as
// systemd does. Where somebody else has done so, or the service's host is
// without power, it does nothing.
func (s *Service) supervise(p *lab.Proc) {
	if s.config.Restart == 0 {
		return
	}
	s.reviving.Go(func() {
		select {
		case <-p.Done():
		case <-s.supervised.Done():
			return
		}
		for pause(s.supervised, s.config.Restart) && s.revive(s.supervised, p) {
			p = s.Proc()
		}
	})
}

// pause returns false if ctx ended before the time had passed.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// revive starts the service in place of the process and says whether that
// failed.
func (s *Service) revive(ctx context.Context, p *lab.Proc) (failed bool) {
	s.starting.Lock()
	defer s.starting.Unlock()
	if s.closed || s.halted || s.Proc() != p {
		return false
	}
	r := record.Restart{Name: s.Name(), After: s.config.Restart}
	at := record.Now().Add(s.config.Ready) // until then it is not mended
	if err := s.again(ctx); err != nil {
		at = record.Now()
		if r.Err = err.Error(); ctx.Err() != nil {
			return false
		}
	}
	s.sink.Emit(record.Event{At: at, Kind: record.KindRestart, Node: s.Node(), Data: r})
	return r.Err != ""
}
