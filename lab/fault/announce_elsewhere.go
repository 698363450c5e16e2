package fault

import "context"

// A Preparer is a fault that needs the lab in a certain state before anything
// is broken: it is prepared once, before the lab has settled.
type Preparer interface {
	Prepare(ctx context.Context, w *World) error
}

// AnnounceElsewhere brings a new site up: its services run and are on standby,
// and now it begins to announce them. Nothing fails, but if its path is the
// best, traffic moves to it. Healing puts it on standby again.
type AnnounceElsewhere struct{ operation }

// Theory says: nothing has to be detected.
func (f *AnnounceElsewhere) Theory(Setting) Theory { return told() }

// Prepare puts the site on standby.
func (f *AnnounceElsewhere) Prepare(ctx context.Context, w *World) error { return f.withdraw(ctx, w) }

// Inject announces the site.
func (f *AnnounceElsewhere) Inject(ctx context.Context, w *World) error { return f.announce(ctx, w) }

// Active says whether the site is announced.
func (f *AnnounceElsewhere) Active(w *World) (bool, error) { return f.announces(w) }

// Heal withdraws the site.
func (f *AnnounceElsewhere) Heal(ctx context.Context, w *World) error { return f.withdraw(ctx, w) }
