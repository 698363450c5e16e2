package bgp

import (
	"context"
	"time"
)

// Halt keeps the daemon from being started again by itself, as when its machine
// is without power, until Restart.
func (b *Daemon) Halt() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.halted = true
}

// watch starts the daemon again, the time after a process of the speaker's ended
// that the configuration says, as watchfrr and systemd do. Where it was
// stopped, closed or restarted meanwhile it does nothing.
func (b *Daemon) watch(s Speaker) {
	if b.config.Revive == 0 {
		return
	}
	life := b.life
	b.watching.Go(func() {
		ended, stop := context.WithCancel(life)
		defer stop()
		for _, p := range s.Procs() {
			b.watching.Go(func() {
				select {
				case <-p.Done():
					stop()
				case <-ended.Done():
				}
			})
		}
		<-ended.Done()
		again := true
		for again {
			again = pause(life, b.config.Revive) && b.revive(life, s) //nolint:contextcheck // the daemon's life is what counts
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

// revive starts the daemon again and says whether that failed.
func (b *Daemon) revive(ctx context.Context, s Speaker) (failed bool) {
	if b.take(ctx) != nil {
		return false
	}
	defer b.give()
	if !b.left(s) {
		return false
	}
	done := b.node.Restarting(b.node.Daemon, b.config.Revive)
	err := b.again(ctx, s)
	done(err)
	return err != nil
}

// left says whether the speaker is the daemon's last one, which nobody has
// stopped on purpose. One that could not be started is nobody.
func (b *Daemon) left(s Speaker) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.closed && !b.halted && (b.speaker == s || b.speaker == nil)
}
