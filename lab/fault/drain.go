package fault

import (
	"context"
	"errors"
	"time"

	"anylab/lab/bgp"
)

// Drain takes a site out of service by the book (RFC 8326): announce the route
// with the community GRACEFUL_SHUTDOWN, so that routers prefer any other, wait
// until they have moved, and only then withdraw. The aim is zero loss.
type Drain struct {
	operation
	Wait time.Duration `yaml:"wait" default:"1s" doc:"from the community to the withdrawal"`

	done chan error // gets the withdrawal's outcome
}

// longestWait is well below what a healing call may take: it waits for the
// drain to end.
const longestWait = 20 * time.Second

// Check says whether the node can be drained in time.
func (f *Drain) Check(s Setting) error {
	if f.Wait < 0 || f.Wait > longestWait {
		return mistake("wait", "%v is not between 0s and %v", f.Wait, longestWait)
	}
	return f.mayMark(s)
}

// Theory says: nothing has to be detected.
func (f *Drain) Theory(Setting) Theory { return told() }

// Inject announces the route with the community. The withdrawal follows by
// itself.
func (f *Drain) Inject(ctx context.Context, w *World) error {
	if err := f.mark(ctx, w, bgp.Attributes{Communities: []uint32{bgp.GracefulShutdown}}); err != nil {
		return err
	}
	f.done = make(chan error, 1)
	go func() { f.done <- f.finish(context.WithoutCancel(ctx), w) }()
	return nil
}

// finish waits and withdraws.
func (f *Drain) finish(ctx context.Context, w *World) error {
	<-time.After(f.Wait)
	return f.withdraw(ctx, w)
}

// Active says whether the route has the community.
func (f *Drain) Active(w *World) (bool, error) { return f.marked(w) }

// Heal waits until the drain has come to its end and announces the route again
// as it was.
func (f *Drain) Heal(ctx context.Context, w *World) error {
	var err error
	if f.done != nil {
		err = <-f.done
		f.done = nil
	}
	return errors.Join(err, f.mark(ctx, w, bgp.Attributes{}), f.announce(ctx, w))
}
