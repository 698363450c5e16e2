package fault

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"anylab/lab/service"
)

// misbehaviour is the part that faults share which make a built-in server
// answer otherwise than it should.
type misbehaviour struct {
	serviceAt `yaml:",inline"`
}

// Check says whether the service takes such orders.
func (f *misbehaviour) Check(s Setting) error {
	c, err := f.config(s)
	if err != nil {
		return err
	}
	return service.Pliable(c.Kind)
}

func (f *misbehaviour) behave(ctx context.Context, w *World, b service.Behaviour) error {
	s, err := f.running(w)
	if err != nil {
		return err
	}
	return s.Behave(ctx, b)
}

func (f *misbehaviour) behaviour(w *World) (service.Behaviour, error) {
	s, err := f.running(w)
	if err != nil {
		return service.Behaviour{}, err
	}
	return s.Behaviour(), nil
}

// Heal makes the server answer well again.
func (f *misbehaviour) Heal(ctx context.Context, w *World) error {
	b, err := f.behaviour(w)
	if err != nil || b == (service.Behaviour{}) {
		return err
	}
	if err := f.behave(ctx, w, service.Behaviour{}); !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// asks says whether the health check asks the service a question, so that it
// can tell a good answer from a bad one.
func asks(h service.Health) bool {
	switch h.Kind {
	case "none", "process", "tcp":
		return false
	}
	return true
}

// ServiceSlow makes the server answer, rightly, but late. Whether that is an
// outage depends on the patience of those who ask: the probe's timeout.
type ServiceSlow struct {
	misbehaviour `yaml:",inline"`
	Delay        time.Duration `yaml:"delay" default:"500ms" min:"1ms" max:"24h" doc:"from each request to its answer"`
}

// Theory says: an answer that comes after the check's timeout is none.
func (f *ServiceSlow) Theory(s Setting) Theory {
	c, err := f.config(s)
	switch {
	case err != nil || !asks(c.Health):
		return Theory{Unbounded: true, Why: fmt.Sprintf("a health check of kind %s waits for no answer", c.Health.Kind)}
	case f.Delay <= c.Health.Timeout:
		return Theory{Unbounded: true, Why: fmt.Sprintf("the answers come within the %v that the check waits", c.Health.Timeout)}
	}
	return polled(c.Health, c.Health.Timeout)
}

// Inject tells the server to be slow.
func (f *ServiceSlow) Inject(ctx context.Context, w *World) error {
	return f.behave(ctx, w, service.Behaviour{Delay: f.Delay})
}

// Active says whether the server has confirmed the delay.
func (f *ServiceSlow) Active(w *World) (bool, error) {
	b, err := f.behaviour(w)
	return b.Delay == f.Delay, err
}

// ServiceWrong makes the server answer at once, but wrongly: DNS SERVFAIL,
// HTTP 500, garbage over UDP. To a user a wrong answer is as good as none, so
// the probes count such requests as lost.
type ServiceWrong struct {
	misbehaviour `yaml:",inline"`
}

// Theory says: a check that looks at the answer fails at once. The one over UDP
// takes any answer for a good one.
func (f *ServiceWrong) Theory(s Setting) Theory {
	c, err := f.config(s)
	if err != nil || !asks(c.Health) || c.Health.Kind == "udp" {
		return Theory{Unbounded: true, Why: fmt.Sprintf("a health check of kind %s does not look at the answer", c.Health.Kind)}
	}
	return polled(c.Health, 0)
}

// Inject tells the server to answer wrongly.
func (f *ServiceWrong) Inject(ctx context.Context, w *World) error {
	return f.behave(ctx, w, service.Behaviour{Wrong: true})
}

// Active says whether the server has confirmed that.
func (f *ServiceWrong) Active(w *World) (bool, error) {
	b, err := f.behaviour(w)
	return b.Wrong, err
}
