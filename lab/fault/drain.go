package fault

import (
	"context"
	"errors"
	"fmt"
	"time"

	"anylab/topologies/document"
)

// Drain takes a site out of service by the book (RFC 8326): announce the route
// with the community GRACEFUL_SHUTDOWN, so that routers prefer any other, wait
// until they have moved, and only then withdraw. The aim is zero loss.
type Drain struct {
	operation
	Wait time.Duration `yaml:"wait" default:"1s" doc:"from the community to the withdrawal"`
}

// gracefulShutdown is the community that asks the neighbors to prefer any other
// route (RFC 8326).
const gracefulShutdown uint32 = 65535 << 16

// longestWait is far more than routers take to move.
const longestWait = 20 * time.Second

// Check says whether the node can be drained in time.
func (f *Drain) Check(s Setting) error {
	if f.Wait < 0 || f.Wait > longestWait {
		return mistake("wait", "%v is not between 0 and %v", document.Duration(f.Wait), document.Duration(longestWait))
	}
	return f.mayMark(s)
}

// Within says: it comes to the withdrawal.
func (f *Drain) Within(lasts time.Duration) error {
	if f.Wait >= lasts {
		return mistake("wait", "the withdrawal comes %v after the community, and the fault is healed after %v: wait must be shorter than for", document.Duration(f.Wait), document.Duration(lasts))
	}
	return nil
}

// Usual says: sites are drained.
func (f *Drain) Usual() Usual { return Usual{Of: SitePart, Does: "is drained", Planned: true} }

// Declare says: nothing has to be detected. Routers must see the community in the
// time that they are given to move: an export policy that sets others in its place
// makes a plain withdrawal of it.
func (f *Drain) Declare(Setting) Declaration {
	d := f.committed(Change)
	if f.Wait > 0 {
		d.Carries = Carried{fmt.Sprintf("%d:%d", gracefulShutdown>>16, gracefulShutdown&0xffff), f.Wait}
	}
	return d
}

// Inject announces the route with the community. The withdrawal follows by
// itself, unless it is healed before. Healing announces the route again as it
// was.
func (f *Drain) Inject(ctx context.Context, w *World) (Injected, error) {
	var failed error // to withdraw
	stop := func() {}
	in := Injected{
		active: func(context.Context) (bool, error) { return f.marked(w) },
		heal: func(ctx context.Context) error {
			stop()
			err := errors.Join(failed, f.mark(ctx, w, Attributes{}), f.announce(ctx, w))
			failed = nil // it has been told
			return err
		},
	}
	if err := f.mark(ctx, w, Attributes{Communities: []uint32{gracefulShutdown}}); err != nil {
		return in, err
	}
	later := context.WithoutCancel(ctx)
	stop = w.Later(f.Wait, func() (time.Duration, bool) {
		failed = f.withdraw(later, w)
		return 0, false
	})
	return in, nil
}
