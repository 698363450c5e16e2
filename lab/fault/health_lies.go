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

// Theory says: who would detect it is what fails.
func (f *HealthLies) Theory(Setting) Theory {
	return Theory{Unbounded: true, Why: "the health checker says that the service is healthy"}
}

// Inject overrides the health checker.
func (f *HealthLies) Inject(ctx context.Context, w *World) error { return f.override(ctx, w, true) }

// Heal lets the health checker say what it finds.
func (f *HealthLies) Heal(ctx context.Context, w *World) error { return f.override(ctx, w, false) }

func (f *HealthLies) override(ctx context.Context, w *World, on bool) error {
	s, err := f.running(w)
	if err != nil {
		return err
	}
	s.Override(ctx, on)
	return nil
}

// Active says whether the health checker is overridden and says healthy.
func (f *HealthLies) Active(w *World) (bool, error) {
	s, err := f.running(w)
	if err != nil {
		return false, err
	}
	return s.Overridden() && s.Healthy(), nil
}
