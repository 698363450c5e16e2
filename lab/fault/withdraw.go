package fault

import "context"

// Withdraw takes the node's anycast route back as an operator does: the
// service and the sessions live on (RFC 7747 5.6).
type Withdraw struct{ operation }

// Theory says: nothing has to be detected.
func (f *Withdraw) Theory(Setting) Theory { return told() }

// Inject withdraws what the node's services announce.
func (f *Withdraw) Inject(ctx context.Context, w *World) error { return f.withdraw(ctx, w) }

// Active says whether the speaker announces nothing.
func (f *Withdraw) Active(w *World) (bool, error) {
	announces, err := f.announces(w)
	return !announces && err == nil, err
}

// Heal announces again.
func (f *Withdraw) Heal(ctx context.Context, w *World) error { return f.announce(ctx, w) }
