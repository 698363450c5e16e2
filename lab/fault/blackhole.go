package fault

import "context"

// Blackhole discards packets of a link silently, in one direction or both: the
// carriers stay, so only who misses something can know.
type Blackhole struct {
	place Place
	Only  Packets `yaml:"only" default:"all" enum:"all data bgp bfd" doc:"the class of packets that is lost"`
}

// Check says whether the place is a link, and one with the class of packets.
func (f *Blackhole) Check(s Setting) error {
	_, l, err := f.place.ways(s)
	if err != nil {
		return err
	}
	if f.Only == BFDPackets && !hasBFD(s, l) {
		return mistake("only", "bfd needs a link with BFD, or there is nothing to lose")
	}
	if f.Only == BGPPackets && !hasSession(s, l) {
		return mistake("only", "bgp needs a link with a BGP session, or there is nothing to lose")
	}
	return nil
}

// Usual says: links fall silent, both ways or one.
func (f *Blackhole) Usual() Usual { return Usual{Of: LinkPart, Does: "falls silent", OneWay: true} }

// Declare says: see silence and deafness.
func (f *Blackhole) Declare(s Setting) Declaration {
	return Declaration{Theory: f.theory(s), Needs: discarding}
}

func (f *Blackhole) theory(s Setting) Theory {
	l, err := f.place.link(s)
	if site := s.member(l); err == nil && site != "" {
		return f.onMember(s, site)
	}
	if err != nil || !hasSession(s, l) {
		return never("no session runs over the link")
	}
	if f.place.Direction[0] != "" {
		return shaped(s, l, f.Only, 1, deafness(s, l, f.place.Direction[1], f.Only))
	}
	hearing := 1
	if f.Only == BFDPackets {
		hearing = 2
	}
	return shaped(s, l, f.Only, hearing, silenced(s, l, f.Only))
}

// Inject makes the rules, which healing removes.
func (f *Blackhole) Inject(_ context.Context, w *World) (Injected, error) {
	ways, _, err := f.place.ways(w.Setting)
	if err != nil {
		return Injected{}, err
	}
	return w.drop(Filter{Only: f.Only}, ways)
}
