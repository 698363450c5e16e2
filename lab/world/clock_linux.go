package world

import (
	"context"
	"sync"
	"time"
)

// clock is the time on the wall.
type clock struct{}

// often is how often a state that the kernel changes soon is looked at.
const often = 50 * time.Microsecond

// Await implements fault.Clock.
func (clock) Await(ctx context.Context, limit time.Duration, reached func(context.Context) (bool, error)) (bool, error) {
	limited, cancel := context.WithCancel(ctx)
	if limit > 0 {
		limited, cancel = context.WithTimeout(ctx, limit)
	}
	defer cancel()
	tick := time.NewTicker(often)
	defer tick.Stop()
	for {
		if ok, err := reached(limited); ok || err != nil {
			return ok, err
		}
		select {
		case <-tick.C:
		case <-limited.Done():
			return false, ctx.Err()
		}
	}
}

// Later implements fault.Clock.
func (clock) Later(after time.Duration, step func() (again time.Duration, more bool)) (stop func()) {
	stopped := make(chan struct{})
	var stepping sync.WaitGroup
	stepping.Go(func() {
		for more := true; more; {
			timer := time.NewTimer(after)
			select {
			case <-timer.C:
				after, more = step()
			case <-stopped:
				timer.Stop()
				return
			}
		}
	})
	return sync.OnceFunc(func() {
		close(stopped)
		stepping.Wait()
	})
}
