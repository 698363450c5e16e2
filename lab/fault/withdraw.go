package fault

import "context"

// Withdraw takes the node's anycast route back as an operator does: the
// service and the sessions live on (RFC 7747 5.6).
type Withdraw struct{ operation }

// Declare says: nothing has to be detected.
func (f *Withdraw) Declare(Setting) Declaration { return f.committed(Withdrawal) }

// Inject withdraws what the node's services announce. Healing announces it again.
func (f *Withdraw) Inject(ctx context.Context, w *World) (Injected, error) {
	in := Injected{
		active: func(context.Context) (bool, error) {
			announces, err := f.announces(w)
			return !announces && err == nil, err
		},
		heal: func(ctx context.Context) error { return f.announce(ctx, w) },
	}
	return in, f.withdraw(ctx, w)
}
