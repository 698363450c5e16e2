package service

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// announceTimeout bounds one call to the announcer, so that a frozen speaker
// delays the next health check but does not end the checking.
const announceTimeout = 2 * time.Second

// route keeps what a speaker announces equal to what should be announced:
// the prefixes while the service is healthy and not drained.
type route struct {
	announcer Announcer
	prefixes  []netip.Prefix
	healthy   atomic.Bool

	mu        sync.Mutex // serialises the calls to the announcer
	drained   bool
	announced bool // what was last asked of the announcer
	doubtful  bool // that call failed, so the speaker may be in either state
}

// drain sets whether the route is held back, and aligns it.
func (r *route) drain(ctx context.Context, drained bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drained = drained
	return r.alignLocked(ctx)
}

// align calls the announcer if something has to change. After an error it
// has to be called again.
func (r *route) align(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.alignLocked(ctx)
}

func (r *route) alignLocked(ctx context.Context) error {
	want := r.healthy.Load() && !r.drained
	if want == r.announced && !r.doubtful || len(r.prefixes) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, announceTimeout)
	defer cancel()
	verb, call := "withdraw", r.announcer.Withdraw
	if want {
		verb, call = "announce", r.announcer.Announce
	}
	err := call(ctx, r.prefixes...)
	r.announced, r.doubtful = want, err != nil
	if err != nil {
		return fmt.Errorf("%s %v: %w", verb, r.prefixes, err)
	}
	return nil
}
