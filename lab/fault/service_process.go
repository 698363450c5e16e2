package fault

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"anylab/lab/record"
	"anylab/lab/service"
	"anylab/topologies"
)

// serviceAt is the part that faults of a service's process share: which
// process it is, and what its health check makes of its end.
type serviceAt struct {
	place   Place
	Service string `yaml:"service"` // which one, on a node with several
}

// Check says whether the place names one service of an anycast node.
func (f *serviceAt) Check(s Setting) error {
	_, err := f.config(s)
	return err
}

func (f *serviceAt) config(s Setting) (service.Config, error) {
	node, err := f.place.node(s, topologies.Anycast)
	if err != nil {
		return service.Config{}, err
	}
	var found []service.Config
	for _, c := range s.Services[node] {
		if f.Service == "" || c.Name == f.Service {
			found = append(found, c)
		}
	}
	switch len(found) {
	case 0:
		if f.Service == "" {
			return service.Config{}, fmt.Errorf("node %s runs no service", node)
		}
		return service.Config{}, mistake("service", "node %s runs no service %q", node, f.Service)
	case 1:
		return found[0], nil
	}
	return service.Config{}, fmt.Errorf("node %s runs several services: say which with service: <name>", node)
}

// ServiceOf names the service that a fault strikes, empty if it strikes none.
func ServiceOf(f Fault, s Setting) string {
	at, ok := f.(interface {
		config(Setting) (service.Config, error)
	})
	if !ok {
		return ""
	}
	c, _ := at.config(s) // no service, no name
	return c.Name
}

func (f *serviceAt) running(w *World) (*service.Service, error) {
	c, err := f.config(w.Setting)
	if err != nil {
		return nil, err
	}
	for _, s := range w.Running[f.place.On[0]] {
		if s.Name() == c.Name {
			return s, nil
		}
	}
	return nil, fmt.Errorf("service %s is not running on %s", c.Name, f.place.On[0])
}

// ServiceCrash kills the service's process. Its sockets close with it, so a
// health check is refused at once.
type ServiceCrash struct {
	serviceAt `yaml:",inline"`
}

// Theory says: a polled check is refused at once; a watcher is told by the kernel.
func (f *ServiceCrash) Theory(s Setting) Theory {
	c, err := f.config(s)
	if err != nil {
		return Theory{Unbounded: true}
	}
	t := polled(c.Health, 0)
	if t.Period > 0 {
		t.Shape = record.Uniform // checks start on a fixed schedule, and a refusal takes no time
	}
	return t
}

// Inject kills the process and waits for its end.
func (f *ServiceCrash) Inject(ctx context.Context, w *World) error {
	s, err := f.running(w)
	if err != nil {
		return err
	}
	return kill(ctx, s.Proc())
}

// Active says whether the process has ended.
func (f *ServiceCrash) Active(w *World) (bool, error) {
	s, err := f.running(w)
	if err != nil {
		return false, err
	}
	return ended(s.Proc()), nil
}

// Heal starts the service again.
func (f *ServiceCrash) Heal(ctx context.Context, w *World) error {
	s, err := f.running(w)
	if err != nil {
		return err
	}
	if !ended(s.Proc()) {
		return nil
	}
	return s.Restart(ctx)
}

// ServiceHang freezes the service's process: its socket stays open and takes
// requests, nobody answers.
type ServiceHang struct {
	serviceAt `yaml:",inline"`
}

// Theory says: each failing check takes its whole timeout; a watcher of the
// process notices nothing.
func (f *ServiceHang) Theory(s Setting) Theory {
	c, err := f.config(s)
	if err != nil || c.Health.Kind == "process" {
		return Theory{Unbounded: true, Why: "the process lives, so watching it shows nothing"}
	}
	return polled(c.Health, c.Health.Timeout)
}

// Inject freezes the process and waits until all of its threads have stopped.
func (f *ServiceHang) Inject(ctx context.Context, w *World) error {
	s, err := f.running(w)
	if err != nil {
		return err
	}
	return freeze(ctx, s.Proc())
}

// Active says whether the process is stopped.
func (f *ServiceHang) Active(w *World) (bool, error) {
	s, err := f.running(w)
	if err != nil {
		return false, err
	}
	return frozen(s.Proc())
}

// Heal lets the process go on.
func (f *ServiceHang) Heal(ctx context.Context, w *World) error {
	s, err := f.running(w)
	if err != nil {
		return err
	}
	if err := thaw(ctx, s.Proc()); !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// polled is the theory of a health check that fails after each has taken
// failing: the age of the last check is uniform over the interval, and fall
// checks must fail. One that takes longer than the interval is followed by the
// next at once.
func polled(h service.Health, failing time.Duration) Theory {
	switch h.Kind {
	case "loop":
		return Theory{Unbounded: true, Period: h.Interval, Why: "the user's health checker does as it does"}
	case "none":
		return Theory{Unbounded: true, Why: "there is no health check"}
	case "process":
		return Theory{High: watchLatency, Why: "the kernel tells the process watch of the exit"}
	}
	step := max(h.Interval, failing)
	rest := time.Duration(h.Fall-1)*step + failing
	return Theory{
		Low:    rest,
		High:   rest + h.Interval,
		Period: h.Interval,
		Why: fmt.Sprintf("U(0, %v) until the next check + (%d - 1) x %v + %v for the failing check",
			h.Interval, h.Fall, step, failing),
	}
}
