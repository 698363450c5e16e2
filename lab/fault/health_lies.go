package fault

import (
	"context"
	"fmt"
)

// HealthLies makes a service's health checker say that all is well, whatever
// it finds. By itself that harms nobody: combine it with a fault of the
// service.
type HealthLies struct {
	serviceAt `yaml:",inline"`
}

// Check says whether there is a checker that can be made to lie.
func (f *HealthLies) Check(s Setting) error {
	c, err := f.config(s)
	if err == nil && c.Health.Kind == "loop" {
		err = fmt.Errorf("the health checker of service %s is a program of the user's, which takes no orders", c.Name)
	}
	return err
}

// Declare says: who would detect it is what fails.
func (f *HealthLies) Declare(s Setting) Declaration {
	d := f.declare(s, never("the health checker says that the service is healthy"))
	d.Changes = []string{"the health check of " + serviceOf(d.Service, f.place.On[0])}
	return d
}

// Inject overrides the health checker, which healing ends.
func (f *HealthLies) Inject(ctx context.Context, w *World) (Injected, error) {
	s, err := f.running(w)
	if err != nil {
		return Injected{}, err
	}
	s.Override(ctx, true)
	return Injected{
		active: func(context.Context) (bool, error) { return s.Overridden() && s.Healthy(), nil },
		heal: func(ctx context.Context) error {
			s.Override(ctx, false)
			return nil
		},
	}, nil
}
