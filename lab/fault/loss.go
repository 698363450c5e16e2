package fault

import (
	"context"

	"anylab/lab"
	"anylab/topologies/document"
)

// Loss discards a share of the packets of a link, in one direction or both:
// the gray failure, in which every check passes often enough.
type Loss struct {
	place   Place
	Percent document.Percent `yaml:"percent,required" doc:"the share of packets that is lost"`
	dropping
}

// Check says whether the place is a link.
func (f *Loss) Check(s Setting) error {
	if f.Percent <= 0 {
		return mistake("percent", "a loss of 0%% is none")
	}
	_, _, err := f.place.ways(s)
	return err
}

// Theory says: TCP repairs what BGP loses, and BFD needs several losses in a row.
// Only a loss of all packets is silence.
func (f *Loss) Theory(s Setting) Theory {
	l, err := f.place.link(s)
	if err == nil && f.Percent >= 1 && hasSession(s, l) {
		b := Blackhole{place: f.place, Only: lab.TrafficAll}
		return b.Theory(s)
	}
	return Theory{Unbounded: true, Why: "some packets pass, so no timer is sure to expire"}
}

// Inject makes the rules.
func (f *Loss) Inject(_ context.Context, w *World) error {
	ways, _, err := f.place.ways(w.Setting)
	if err != nil {
		return err
	}
	f.drop, err = w.Lab.Drop(lab.Filter{Loss: float64(f.Percent)}, ways...)
	return err
}

// Active says whether the kernel has the rules.
func (f *Loss) Active(*World) (bool, error) { return f.active() }

// Heal removes the rules.
func (f *Loss) Heal(context.Context, *World) error { return f.remove() }
