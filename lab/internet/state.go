package internet

import "slices"

// state is a simulation at rest, to which it can return.
type state struct {
	speakers []speaker
	sessions []session
	keys     []uint16
	paths    int
	traffic  *traffic
}

// keep remembers what is.
func (s *Simulation) keep() *state {
	return &state{slices.Clone(s.speakers), slices.Clone(s.sessions), slices.Clone(s.keys), len(s.paths), s.traffic.clone()}
}

// restore brings back what was kept, and draws anew what differs from seed to seed.
// Where BGP has come to rest does not depend on that.
func (s *Simulation) restore(k *state, seed uint64) {
	copy(s.speakers, k.speakers)
	copy(s.sessions, k.sessions)
	copy(s.keys, k.keys)
	s.paths = s.paths[:k.paths]
	s.traffic = k.traffic.clone()
	s.seed(seed)
	s.Rest()
}

func (t *traffic) clone() *traffic {
	c := *t
	for _, list := range []*[]int32{&c.next, &c.child, &c.beside, &c.before} {
		*list = slices.Clone(*list)
	}
	c.fate, c.site, c.sum = slices.Clone(t.fate), slices.Clone(t.site), slices.Clone(t.sum)
	c.since, c.out, c.loops, c.stack = slices.Clone(t.since), slices.Clone(t.out), slices.Clone(t.loops), nil
	return &c
}
