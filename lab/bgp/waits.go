package bgp

import (
	"context"
	"net/netip"
	"time"
)

// A waiter is a Speaker that tells for how long it does nothing about sessions that
// are not up.
type waiter interface {
	waits(ctx context.Context) (map[netip.Addr]time.Duration, error)
}

// Waits returns, by neighbor, in how long the daemon tries again to bring the session
// up. One that is missing is up, or is being tried, or the daemon does not tell.
func (b *Daemon) Waits(ctx context.Context) (map[netip.Addr]time.Duration, error) {
	speaker, err := b.current()
	if err != nil {
		return nil, err
	}
	if w, ok := speaker.(waiter); ok {
		return w.waits(ctx)
	}
	return nil, nil
}
