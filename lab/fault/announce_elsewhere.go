package fault

import "context"

// AnnounceElsewhere brings a new site up: its services run and are on standby,
// and now it begins to announce them. Nothing fails, but if its path is the
// best, traffic moves to it. Healing puts it on standby again.
type AnnounceElsewhere struct{ operation }

// Declare says: nothing has to be detected.
func (f *AnnounceElsewhere) Declare(Setting) Declaration { return f.committed(Change) }

// Prepare puts the site on standby.
func (f *AnnounceElsewhere) Prepare(ctx context.Context, w *World) error { return f.withdraw(ctx, w) }

// Inject announces the site.
func (f *AnnounceElsewhere) Inject(ctx context.Context, w *World) (Injected, error) {
	in := Injected{
		active: func(context.Context) (bool, error) { return f.announces(w) },
		heal:   func(ctx context.Context) error { return f.withdraw(ctx, w) },
	}
	return in, f.announce(ctx, w)
}
