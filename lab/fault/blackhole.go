package fault

import (
	"context"

	"anylab/lab"
)

// Blackhole discards packets of a link silently, in one direction or both: the
// carriers stay, so only who misses something can know.
type Blackhole struct {
	place Place
	Only  lab.Traffic `yaml:"only" default:"all" enum:"all data bgp bfd" doc:"the class of packets that is lost"`
	dropping
}

// Check says whether the place is a link, and one with the class of packets.
func (f *Blackhole) Check(s Setting) error {
	_, l, err := f.place.ways(s)
	if err != nil {
		return err
	}
	if f.Only == lab.TrafficBFD && l.BFD == nil {
		return mistake("only", "bfd needs a link with BFD, or there is nothing to lose")
	}
	if f.Only == lab.TrafficBGP && !hasSession(s, l) {
		return mistake("only", "bgp needs a link with a BGP session, or there is nothing to lose")
	}
	return nil
}

// Theory says: see silence and deafness.
func (f *Blackhole) Theory(s Setting) Theory {
	l, err := f.place.link(s)
	if err != nil || !hasSession(s, l) {
		return Theory{Unbounded: true, Why: "no session runs over the link"}
	}
	if f.place.Direction[0] != "" {
		return shaped(s, l, f.Only, 1, deafness(s, l, f.place.Direction[1], f.Only))
	}
	// Both ends miss packets, but what the site makes of it is dropped before
	// anybody sees it: the router's own detection is the one that counts.
	return shaped(s, l, f.Only, 1, silence(l, f.Only))
}

// Inject makes the rules.
func (f *Blackhole) Inject(_ context.Context, w *World) error {
	ways, _, err := f.place.ways(w.Setting)
	if err != nil {
		return err
	}
	f.drop, err = w.Lab.Drop(lab.Filter{Only: f.Only}, ways...)
	return err
}

// Active says whether the kernel has the rules.
func (f *Blackhole) Active(*World) (bool, error) { return f.active() }

// Heal removes the rules.
func (f *Blackhole) Heal(context.Context, *World) error { return f.remove() }
