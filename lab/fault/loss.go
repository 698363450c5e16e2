package fault

import (
	"context"

	"anylab/topologies/document"
)

// Loss discards a share of the packets of a link, in one direction or both:
// the gray failure, in which every check passes often enough.
type Loss struct {
	place   Place
	Percent document.Percent `yaml:"percent,required" doc:"the share of packets that is lost"`
}

// Check says whether the place is a link.
func (f *Loss) Check(s Setting) error {
	if f.Percent <= 0 {
		return mistake("percent", "a loss of 0%% is none")
	}
	_, _, err := f.place.ways(s)
	return err
}

// Declare says: TCP repairs what BGP loses, and BFD needs several losses in a row.
// Only a loss of all packets is silence.
func (f *Loss) Declare(s Setting) Declaration {
	t := never("some packets pass, so no timer is sure to expire")
	if l, err := f.place.link(s); err == nil && f.Percent >= 1 && hasSession(s, l) {
		whole := Blackhole{place: f.place, Only: All}
		t = whole.theory(s)
	}
	return Declaration{Theory: t, Needs: discarding}
}

// Inject makes the rules, which healing removes.
func (f *Loss) Inject(_ context.Context, w *World) (Injected, error) {
	ways, _, err := f.place.ways(w.Setting)
	if err != nil {
		return Injected{}, err
	}
	return w.drop(Filter{Loss: float64(f.Percent)}, ways)
}
