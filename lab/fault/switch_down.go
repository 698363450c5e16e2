package fault

import (
	"context"
	"fmt"

	"anylab/lab"
)

// SwitchDown stops the switch in the middle of a link: both ends keep their
// carriers and hear nothing.
type SwitchDown struct {
	place Place
}

// Check says whether the place is a link with a switch.
func (f *SwitchDown) Check(s Setting) error {
	l, err := f.place.link(s)
	switch {
	case err != nil:
		return err
	case f.place.End != "":
		return mistake("end", "the switch is in the middle of the link, at neither end")
	case !l.Switch:
		return fmt.Errorf("link %s has no switch: say switch: true in the topology", l.Name)
	}
	return f.place.undirected()
}

// Theory says: silence both ways.
func (f *SwitchDown) Theory(s Setting) Theory {
	l, err := f.place.link(s)
	if err != nil || !hasSession(s, l) {
		return Theory{Unbounded: true, Why: "no session runs over the link"}
	}
	return shaped(s, l, lab.TrafficAll, 2, silence(l, lab.TrafficAll))
}

func (f *SwitchDown) link(w *World) (*lab.Link, error) {
	l, err := f.place.link(w.Setting)
	if err != nil {
		return nil, err
	}
	return w.Lab.Link(l.Name)
}

// Inject stops the switch.
func (f *SwitchDown) Inject(_ context.Context, w *World) error {
	l, err := f.link(w)
	if err != nil {
		return err
	}
	return l.StopSwitch()
}

// Active says whether the switch has stopped, while both ends still have their
// carriers.
func (f *SwitchDown) Active(w *World) (bool, error) {
	l, err := f.link(w)
	if err != nil {
		return false, err
	}
	for _, end := range l.Ends {
		if up, err := l.Carrier(end.Node); err != nil || !up {
			return false, err
		}
	}
	forwards, err := l.SwitchForwards()
	return !forwards && err == nil, err
}

// Heal starts the switch.
func (f *SwitchDown) Heal(_ context.Context, w *World) error {
	l, err := f.link(w)
	if err != nil {
		return err
	}
	return l.StartSwitch()
}
