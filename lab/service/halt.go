package service

import "context"

// Halt stops the health checker and forgets its verdict and what it announced,
// as when the service's host loses its power: nothing is recorded, and the
// speaker is told nothing. The process is left alone. It is idempotent.
func (s *Service) Halt() {
	s.starting.Lock()
	defer s.starting.Unlock()
	s.stop()
	s.watching.Wait()
	s.halted = true
	s.route.forget()
}

// Resume starts the health checker that Halt stopped, which begins as after
// the service's first start. It does nothing if none was stopped.
func (s *Service) Resume(ctx context.Context) {
	s.starting.Lock()
	defer s.starting.Unlock()
	if !s.halted || s.closed {
		return
	}
	s.halted = false
	select {
	case <-s.restarted: // the watcher begins with the newest process anyway
	default:
	}
	s.watch(ctx)
}

// watch starts the health checker, which lives until Close or Halt, whatever
// becomes of ctx.
func (s *Service) watch(ctx context.Context) {
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	watch := healthKinds[s.config.Health.Kind].watch
	s.watching.Go(func() { watch(watching, s) })
}

func (r *route) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.healthy.Store(false)
	r.announced, r.doubtful = false, false
}
