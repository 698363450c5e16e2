package fault

import (
	"context"
	"errors"
	"os"
	"time"

	"anylab/topologies/document"
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
	return c.Stubborn
}

// behave tells the server to answer so, until it is healed. It is in effect once
// the server has confirmed it.
func (f *misbehaviour) behave(ctx context.Context, w *World, b Behaviour) (Injected, error) {
	s, err := f.running(w)
	if err != nil {
		return Injected{}, err
	}
	in := Injected{
		active: func(context.Context) (bool, error) { return s.Behaviour() == b, nil },
		heal: func(ctx context.Context) error { // what was not confirmed may be in force
			if err := s.Behave(ctx, Behaviour{}); !errors.Is(err, os.ErrProcessDone) {
				return err
			}
			return nil // another process behaves well
		},
	}
	return in, s.Behave(ctx, b)
}

// asks says whether the health check asks the service a question, so that it
// can tell a good answer from a bad one.
func asks(h Health) bool {
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

// Declare says: an answer that comes after the check's timeout is none.
func (f *ServiceSlow) Declare(s Setting) Declaration {
	c, _ := f.config(s)
	t := polled(c.Health, c.Health.Timeout)
	switch {
	case !asks(c.Health):
		t = never("a health check of kind %s waits for no answer", c.Health.Kind)
	case f.Delay <= c.Health.Timeout:
		t = never("the answers come within the %v that the check waits", document.Duration(c.Health.Timeout))
	}
	return f.declare(s, t)
}

// Inject tells the server to be slow.
func (f *ServiceSlow) Inject(ctx context.Context, w *World) (Injected, error) {
	return f.behave(ctx, w, Behaviour{Delay: f.Delay})
}

// ServiceWrong makes the server answer at once, but wrongly: DNS SERVFAIL,
// HTTP 500, garbage over UDP. To a user a wrong answer is as good as none, so
// the probes count such requests as lost.
type ServiceWrong struct {
	misbehaviour `yaml:",inline"`
}

// Usual says: services answer wrongly.
func (f *ServiceWrong) Usual() Usual { return Usual{Of: ServicePart, Does: "answers wrongly"} }

// Declare says: a check that looks at the answer fails at once. The one over UDP
// takes any answer for a good one.
func (f *ServiceWrong) Declare(s Setting) Declaration {
	c, _ := f.config(s)
	t := polled(c.Health, 0)
	if !asks(c.Health) || c.Health.Kind == "udp" {
		t = never("a health check of kind %s does not look at the answer", c.Health.Kind)
	}
	return f.declare(s, t)
}

// Inject tells the server to answer wrongly.
func (f *ServiceWrong) Inject(ctx context.Context, w *World) (Injected, error) {
	return f.behave(ctx, w, Behaviour{Wrong: true})
}
