package fault

import (
	"context"
	"fmt"
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

// Declare says: silence both ways.
func (f *SwitchDown) Declare(s Setting) Declaration {
	l, _ := f.place.link(s)
	t := never("no session runs over the link")
	if hasSession(s, l) {
		t = shaped(s, l, All, 2, silenced(s, l, All))
	}
	return Declaration{Theory: t, Changes: []string{"the switch of link " + l.Name}}
}

// Inject stops the switch, which healing starts. It is in effect while both ends
// still have their carriers.
func (f *SwitchDown) Inject(_ context.Context, w *World) (Injected, error) {
	t, err := f.place.link(w.Setting)
	if err != nil {
		return Injected{}, err
	}
	l, err := w.Link(t.Name)
	if err != nil {
		return Injected{}, err
	}
	middle, err := w.Switch(t.Name)
	if err != nil {
		return Injected{}, err
	}
	in := Injected{
		active: func(context.Context) (bool, error) {
			for _, end := range t.Ends {
				if up, err := l.Carrier(end.Node); err != nil || !up {
					return false, err
				}
			}
			forwards, err := middle.SwitchForwards()
			return !forwards && err == nil, err
		},
		heal: func(context.Context) error { return middle.StartSwitch() },
	}
	return in, middle.StopSwitch()
}
