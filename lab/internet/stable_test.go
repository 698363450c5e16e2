package internet

import (
	"slices"
	"testing"
)

// stable is where BGP ends under Gao and Rexford's rules, computed without it, in
// three phases: routes go up from customer to provider, once across to peers, and
// down from provider to customer; each time the shortest, and then that of the
// lowest neighbor.
type stable struct {
	g      *Graph
	next   []int32 // nowhere, own, or an AS
	class  []Class
	length []int
}

func stableOf(g *Graph, origins ...int32) stable {
	n := g.Len()
	s := stable{g, filled(n, nowhere), make([]Class, n), filled(n, 1<<30)}
	var up []int32
	for _, o := range origins {
		s.next[o], s.length[o] = own, 0
		up = append(up, o)
	}
	s.flood(up, Customer, Provider)
	var told []int32
	for as := range int32(n) {
		if s.next[as] != nowhere {
			told = append(told, as)
		}
	}
	level := slices.Clone(s.length)
	for _, as := range told {
		for _, to := range neighbors(g, as, Peer) {
			s.offer(as, to, level[as]+1, Peer)
		}
	}
	var down []int32
	for as := range int32(n) {
		if s.next[as] != nowhere {
			down = append(down, as)
		}
	}
	s.flood(down, Provider, Customer)
	return s
}

// flood goes from those who have a route to neighbors of a class, the shortest
// routes first; to those, the routes are of class as.
func (s *stable) flood(from []int32, as, to Class) {
	for length := 0; len(from) > 0; length++ {
		var later, now []int32
		for _, at := range from {
			if s.length[at] == length {
				now = append(now, at)
			} else if s.length[at] > length {
				later = append(later, at)
			}
		}
		for _, at := range now {
			for _, n := range neighbors(s.g, at, to) {
				if s.offer(at, n, length+1, as) {
					later = append(later, n)
				}
			}
		}
		from = later
	}
}

// offer says whether the AS had no route, and has this one now.
func (s *stable) offer(from, to int32, length int, c Class) bool {
	had := s.next[to] != nowhere
	switch {
	case had && (s.next[to] == own || s.class[to] < c || s.class[to] == c && s.length[to] < length):
		return false
	case had && s.length[to] == length && s.next[to] < from:
		return false
	}
	s.next[to], s.class[to], s.length[to] = from, c, length
	return !had
}

func neighbors(g *Graph, as int32, c Class) []int32 {
	from, to := g.of(as, c)
	return g.far[from:to]
}

// checkStable compares every AS of a simulation that is quiet.
func checkStable(t *testing.T, s *Simulation, origins ...int32) {
	t.Helper()
	want := stableOf(s.graph, origins...)
	wrong := 0
	for as := range int32(s.graph.Len()) {
		v := s.speakers[as]
		ok := s.next(as) == want.next[as]
		if ok && v.best >= 0 {
			ok = s.graph.class(as, v.best) == want.class[as] && int(s.paths.length(v.path)) == want.length[as]+1
		}
		if !ok {
			if wrong++; wrong <= 3 {
				t.Errorf("AS%d sends to %d, want %d (class %d, length %d); its path is %v", s.graph.ASN[as], s.next(as), want.next[as], want.class[as], want.length[as], s.paths.list(v.path))
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d ASes end elsewhere than three phases say", wrong, s.graph.Len())
	}
}

// checkTraffic compares where packets are known to end with where they do.
func checkTraffic(t *testing.T, s *Simulation) {
	t.Helper()
	tr := s.traffic
	sum := make([]float64, len(tr.sum))
	for as := range int32(len(tr.next)) {
		fate, at := looping, as
		for range len(tr.next) {
			if tr.next[at] < 0 {
				fate = unserved
				if tr.next[at] == own {
					fate = tr.site[at]
				}
				break
			}
			at = tr.next[at]
		}
		if fate != tr.fate[as] {
			t.Fatalf("packets of %d end at %d, and are known to at %d", as, fate, tr.fate[as])
		}
		sum[tr.slot(fate)] += tr.weight[as]
	}
	if !slices.Equal(sum, tr.sum) {
		t.Errorf("sums %v, want %v", tr.sum, sum)
	}
}
