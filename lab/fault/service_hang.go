package fault

import "context"

// ServiceHang freezes the service's process: its socket stays open and takes
// requests, nobody answers.
type ServiceHang struct {
	serviceAt `yaml:",inline"`
}

// Usual says: services hang.
func (f *ServiceHang) Usual() Usual { return Usual{Of: ServicePart, Does: "hangs"} }

// Declare says: each failing check takes its whole timeout; a watcher of the
// process notices nothing.
func (f *ServiceHang) Declare(s Setting) Declaration {
	c, _ := f.config(s)
	t := polled(c.Health, c.Health.Timeout)
	if c.Health.Kind == "process" {
		t = never("the process lives, so watching it shows nothing")
	}
	d := f.declare(s, t)
	d.Silences = true
	d.Changes = append(d.Changes, stopping(serviceOf(d.Service, f.place.On[0])))
	return d
}

// Inject freezes the process and waits until all of its threads have stopped.
// Healing lets it go on.
func (f *ServiceHang) Inject(ctx context.Context, w *World) (Injected, error) {
	s, err := f.running(w)
	if err != nil {
		return Injected{}, err
	}
	in := Injected{
		active: func(context.Context) (bool, error) { return frozen(s.Proc()) },
		heal:   func(ctx context.Context) error { return thaw(ctx, w, s.Proc()) },
	}
	return in, freeze(ctx, w, s.Proc())
}
