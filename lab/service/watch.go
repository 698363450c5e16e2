package service

import (
	"context"
	"sync"
	"time"

	"anylab/lab/record"
)

// A check asks once whether the service is well, and returns why not. The
// context carries the check's timeout.
type check func(ctx context.Context, s *Service) error

// A watch judges the service until ctx ends.
type watch func(ctx context.Context, s *Service)

// polled checks at the health interval, the first time at once. The schedule
// is absolute: the length of a check does not move the next one, and a check
// that overruns its interval skips the turns that it missed.
func polled(ask check) watch {
	return func(ctx context.Context, s *Service) {
		h := s.config.Health
		v := verdict{fall: h.Fall, rise: h.Rise}
		turns := time.NewTicker(h.Interval)
		defer turns.Stop()
		for {
			err := once(ctx, s, ask)
			at := record.Now()
			if ctx.Err() != nil {
				return // Close interrupted the check: it says nothing
			}
			if v.observe(err == nil) {
				s.judge(ctx, at, err)
			} else {
				s.align(ctx)
			}
			select {
			case <-ctx.Done():
				return
			case <-turns.C:
			}
		}
	}
}

func once(ctx context.Context, s *Service, ask check) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.Health.Timeout)
	defer cancel()
	return ask(ctx, s)
}

// opinion is what the checker found last.
type opinion struct {
	mu         sync.Mutex
	known      bool  // false before the first
	reason     error // nil: healthy
	overridden bool  // healthy is what it says all the same
}

func (o *opinion) healthy() bool { return o.reason == nil || o.overridden }

// judge takes a new opinion, formed at the given time; a nil reason means
// healthy. It is not heard while it is overridden and says otherwise.
func (s *Service) judge(ctx context.Context, at record.Time, reason error) {
	s.opinion.mu.Lock()
	defer s.opinion.mu.Unlock()
	s.opinion.known, s.opinion.reason = true, reason
	if s.opinion.overridden && s.Healthy() {
		return
	}
	s.publish(ctx, at)
}

// publish records the verdict and acts on it.
func (s *Service) publish(ctx context.Context, at record.Time) {
	h := record.Health{Service: s.Name(), Healthy: s.opinion.healthy()}
	if !h.Healthy {
		h.Reason = s.opinion.reason.Error()
	}
	s.sink.Emit(record.Event{At: at, Kind: record.KindHealth, Node: s.Node(), Data: h})
	s.route.healthy.Store(h.Healthy)
	s.align(ctx)
}

// align brings the announcement in line. A failure is recorded, and mended
// by the next call: a speaker that is down must not end the checking.
func (s *Service) align(ctx context.Context) {
	err := s.route.align(ctx)
	if err == nil || ctx.Err() != nil {
		return
	}
	f := record.Finding{Name: "announce-failed", Detail: s.Name() + " on " + s.Node() + ": " + err.Error()}
	s.sink.Emit(record.Event{At: record.Now(), Kind: record.KindFinding, Node: s.Node(), Data: f})
}

// alignEvery is how often a watcher that does not poll tries again to bring
// the announcement in line.
const alignEvery = 100 * time.Millisecond

// wait waits for c, and returns false if ctx ended first.
func wait[T any](ctx context.Context, s *Service, c <-chan T) (T, bool) {
	retry := time.NewTicker(alignEvery)
	defer retry.Stop()
	for {
		select {
		case <-ctx.Done():
			var none T
			return none, false
		case v := <-c:
			return v, true
		case <-retry.C:
			s.align(ctx)
		}
	}
}
