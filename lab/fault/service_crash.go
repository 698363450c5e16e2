package fault

import (
	"context"

	"anylab/lab/record"
)

// ServiceCrash kills the service's process. Its sockets close with it, so a
// health check is refused at once.
type ServiceCrash struct {
	serviceAt `yaml:",inline"`
}

// Usual says: services crash.
func (f *ServiceCrash) Usual() Usual { return Usual{Of: ServicePart, Does: "crashes"} }

// Declare says: a polled check is refused at once; a watcher is told by the kernel.
func (f *ServiceCrash) Declare(s Setting) Declaration {
	c, _ := f.config(s)
	t := polled(c.Health, 0)
	if t.Period > 0 {
		t.Shape = record.Uniform // checks start on a fixed schedule, and a refusal takes no time
	}
	d := f.declare(s, t)
	d.Silences, d.Ends = true, true
	return d
}

// Inject kills the process and waits for its end. Healing starts the service
// again.
func (f *ServiceCrash) Inject(ctx context.Context, w *World) (Injected, error) {
	s, err := f.running(w)
	if err != nil {
		return Injected{}, err
	}
	victim := s.Proc()
	in := Injected{
		active: func(context.Context) (bool, error) { return s.Proc().Ended(), nil },
		heal: func(ctx context.Context) error {
			// It was told to end, and may not have ended yet.
			if err := w.await(ctx, func() (bool, error) { return victim.Ended(), nil }); err != nil {
				return err
			}
			return s.Restart(ctx)
		},
	}
	return in, kill(ctx, w, victim)
}
