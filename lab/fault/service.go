package fault

import (
	"fmt"
	"time"

	"anylab/topologies"
	"anylab/topologies/document"
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

func (f *serviceAt) config(s Setting) (Service, error) {
	node, err := f.place.node(s, topologies.Anycast)
	if err != nil {
		return Service{}, err
	}
	var found []Service
	for _, c := range s.Services[node] {
		if f.Service == "" || c.Name == f.Service {
			found = append(found, c)
		}
	}
	switch len(found) {
	case 0:
		if f.Service == "" {
			return Service{}, fmt.Errorf("node %s runs no service", node)
		}
		return Service{}, mistake("service", "node %s runs no service %q", node, f.Service)
	case 1:
		return found[0], nil
	}
	return Service{}, fmt.Errorf("node %s runs several services: say which with service: <name>", node)
}

// declare completes the theory.
func (f *serviceAt) declare(s Setting, t Theory) Declaration {
	c, _ := f.config(s)
	return Declaration{Theory: t, Service: c.Name, Changes: []string{serviceOf(c.Name, f.place.On[0])}}
}

func (f *serviceAt) running(w *World) (Server, error) {
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

// checks says in words of which checks the theory is made.
func (h Health) checks(step, failing time.Duration) string {
	text := fmt.Sprintf("up to %s until the next health check", document.Duration(h.Interval))
	if failing > 0 {
		text += fmt.Sprintf(", which fails after %s", document.Duration(failing))
	}
	switch more := h.Fall - 1; {
	case more == 1:
		text += fmt.Sprintf(", then 1 more check %s later", document.Duration(step))
	case more > 1:
		text += fmt.Sprintf(", then %d more checks, one every %s", more, document.Duration(step))
	}
	return text + fmt.Sprintf(" (fall: %d)", h.Fall)
}

// polled is the theory of a health check that fails after each has taken
// failing: the age of the last check is uniform over the interval, and fall
// checks must fail. One that takes longer than the interval is followed by the
// next at once.
func polled(h Health, failing time.Duration) Theory {
	switch h.Kind {
	case "loop":
		return Theory{Unbounded: true, Period: h.Interval, Told: Withdrawal, Why: "the user's health checker does as it does"}
	case "none":
		return never("there is no health check")
	case "process":
		return atOnce(Withdrawal, "the kernel tells the process watch of the exit")
	}
	step := max(h.Interval, failing)
	rest := time.Duration(h.Fall-1)*step + failing
	return Theory{
		Low:    rest,
		High:   rest + h.Interval,
		Period: h.Interval,
		Told:   Withdrawal,
		Why:    h.checks(step, failing),
	}
}
