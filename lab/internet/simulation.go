package internet

import (
	"math/rand/v2"
	"time"

	"anylab/lab/virtual"
)

// Rules are how the ASes' routers behave.
type Rules struct {
	MRAI        Mix           // MinRouteAdvertisementInterval of an AS's sessions (RFC 4271 section 9.2.1.1)
	Jitter      float64       // by which share an interval may be shorter, each time
	Work        Mix           // the longest that an AS's only processor takes over a message; each takes 0 to that
	Delay       Delay         // of the links
	SenderLoops bool          // an AS sends no path to who is on it; else the receiver finds out
	HeldBack    bool          // withdrawals wait for the interval, too
	Seed        uint64        // of all that is drawn
	Limit       time.Duration // of virtual time

	// Rank says how an AS likes a path, 0 most; ok is false if it takes none of it.
	// Nil: what it earns with (Gao and Rexford), then the shortest, then the lowest neighbor.
	Rank func(as int32, path []int32) (rank uint16, ok bool)
}

// Simulation is BGP on a graph: one speaker an AS, one prefix.
type Simulation struct {
	graph *Graph
	rules Rules
	queue virtual.Queue[event]
	rand  *rand.Rand

	speakers []speaker
	sessions []session
	keys     []uint16 // of each end, how the route from there is liked, the least most; noRoute if there is none
	paths    paths
	traffic  *traffic // nil: nobody asks

	Counts
}

// Counts is what was done.
type Counts struct {
	Events   int           // messages that were received and intervals that ended
	Messages int           // that were sent
	Changes  int           // of best paths
	Last     time.Duration // when the last best path changed
}

// speaker is an AS.
type speaker struct {
	best   int32 // the end that its best route came from; or nowhere, own
	path   path  // what it tells of it
	origin bool
	mrai   time.Duration
	work   time.Duration
	busy   time.Duration // until when its processor is
	Doings
}

// Doings is what an AS did since the counts were last set to 0.
type Doings struct {
	Tried int32         // best paths that it has had
	Sent  int32         // messages
	Last  time.Duration // when its best path changed for the last time
}

const (
	nowhere int32 = -1
	own     int32 = -2
)

// session is one end of a link: what its AS has heard there, and has said.
type session struct {
	in, out path
	free    time.Duration // when the interval ends
	waits   bool          // something is to be said then
	down    bool
}

// event is a message on its way to an end at an AS, or the end of an interval.
type event struct {
	as   int32
	end  int32
	path path
	kind kind
}

type kind uint8

const (
	arrives  kind = iota // at the end's AS
	worked               // its processor is done with it
	interval             // is over
	lost                 // the AS notices that the session is
)

const noRoute = 1<<16 - 1

// New makes a simulation in which nobody has announced anything.
func New(g *Graph, r Rules) *Simulation {
	s := &Simulation{graph: g, rules: r, speakers: make([]speaker, g.Len()), sessions: make([]session, len(g.far)), keys: make([]uint16, len(g.far))}
	for i := range s.keys {
		s.keys[i] = noRoute
		s.sessions[i].in, s.sessions[i].out = none, none
	}
	for i := range s.speakers {
		s.speakers[i].best, s.speakers[i].path = nowhere, none
	}
	s.seed(r.Seed)
	return s
}

// seed draws what differs from seed to seed.
func (s *Simulation) seed(seed uint64) {
	s.rules.Seed = seed
	s.rand = rand.New(rand.NewPCG(seed, 1))
	for i := range s.speakers {
		s.speakers[i].mrai = s.rules.MRAI.draw(s.rand)
		s.speakers[i].work = s.rules.Work.draw(s.rand)
	}
}

// Announce lets an AS announce the prefix.
func (s *Simulation) Announce(as int32) {
	s.speakers[as].origin = true
	s.choose(as)
}

// Withdraw ends that.
func (s *Simulation) Withdraw(as int32) {
	s.speakers[as].origin = false
	s.choose(as)
}

// Rest lets all intervals and processors be idle, and begins to count anew, at
// moment 0. Nothing may be on its way.
func (s *Simulation) Rest() {
	s.queue.Reset(0)
	s.Counts = Counts{}
	for i := range s.sessions {
		s.sessions[i].free = 0
	}
	for i := range s.speakers {
		s.speakers[i].busy, s.speakers[i].Doings = 0, Doings{}
	}
	if s.traffic != nil {
		s.traffic.begin(0)
	}
}

// Run lets happen what happens up to a moment; quiet is true if nothing is left.
func (s *Simulation) Run(until time.Duration) (quiet bool) {
	for {
		e, ok := s.queue.Take(until)
		if !ok {
			return s.queue.Len() == 0
		}
		s.Events++
		s.handle(e)
	}
}

func (s *Simulation) handle(e event) {
	here := &s.sessions[e.end]
	switch e.kind {
	case interval:
		here.waits = false
		s.tell(e.as, e.end)
		return
	case lost:
		s.drop(e.as, e.end)
		return
	}
	if here.down {
		return
	}
	if v := &s.speakers[e.as]; e.kind == arrives && v.work > 0 {
		v.busy = max(v.busy, s.queue.Now()) + time.Duration(s.rand.Int64N(int64(v.work)+1))
		s.queue.Put(v.busy-s.queue.Now(), event{e.as, e.end, e.path, worked})
		return
	}
	s.hear(e.as, e.end, e.path)
}

// hear puts what the neighbor at the end says in the place of what it said before.
func (s *Simulation) hear(as, end int32, p path) {
	s.sessions[end].in = p
	key := s.like(as, end, p)
	was := s.keys[end]
	s.keys[end] = key
	switch best := s.speakers[as].best; {
	case s.speakers[as].origin:
	case best == end && key > was:
		s.choose(as)
	case best == end, best == nowhere && key != noRoute, best >= 0 && (key < s.keys[best] || key == s.keys[best] && key != noRoute && end < best):
		s.take(as, end)
	}
}

// like returns the key of a route.
func (s *Simulation) like(as, end int32, p path) uint16 {
	if p == none || s.paths.has(p, as) {
		return noRoute
	}
	if s.rules.Rank != nil {
		if rank, ok := s.rules.Rank(as, s.paths.list(p)); ok {
			return rank
		}
		return noRoute
	}
	return uint16(s.graph.class(as, end))<<12 | uint16(min(s.paths[p].length, 1<<12-1))
}

// choose looks for the best route among all.
func (s *Simulation) choose(as int32) {
	if s.speakers[as].origin {
		s.take(as, own)
		return
	}
	best, least := nowhere, uint16(noRoute)
	from, to := s.graph.ends(as)
	for i, key := range s.keys[from:to] {
		if key < least {
			best, least = from+int32(i), key
		}
	}
	s.take(as, best)
}

// take makes a route the best one, and lets the neighbors know.
func (s *Simulation) take(as, best int32) {
	v := &s.speakers[as]
	tail := none
	if best >= 0 {
		tail = s.sessions[best].in
	}
	unchanged := v.path != none && best != nowhere && s.paths.same(s.paths[v.path].tail, tail)
	if moved := v.best != best; moved {
		v.best = best
		if s.traffic != nil {
			s.traffic.lead(s.queue.Now(), as, s.next(as))
		}
	}
	if unchanged || best == nowhere && v.path == none {
		return
	}
	v.path = none
	if best != nowhere {
		v.path = s.paths.add(as, tail)
	}
	s.Changes++
	v.Tried++
	v.Last, s.Last = s.queue.Now(), s.queue.Now()
	s.pass(as)
}

// next is the AS to which an AS sends packets; or nowhere, own.
func (s *Simulation) next(as int32) int32 {
	if best := s.speakers[as].best; best >= 0 {
		return s.graph.far[best]
	}
	return s.speakers[as].best
}

// pass tells the neighbors what they are to know.
func (s *Simulation) pass(as int32) {
	from, to := s.graph.ends(as)
	for e := from; e < to; e++ {
		s.offer(as, e)
	}
}

// offer tells one neighbor, at once or when the interval is over.
func (s *Simulation) offer(as, end int32) {
	here := &s.sessions[end]
	p := s.wanted(as, end)
	if p == none && here.out == none || here.waits && (p != none || s.rules.HeldBack) {
		return
	}
	if s.queue.Now() >= here.free || p == none && !s.rules.HeldBack {
		s.tell(as, end)
		return
	}
	here.waits = true
	s.queue.Put(here.free-s.queue.Now(), event{as: as, end: end, kind: interval})
}

// tell sends what the neighbor is to know, if it doesn't.
func (s *Simulation) tell(as, end int32) {
	here := &s.sessions[end]
	p := s.wanted(as, end)
	if here.down || s.paths.same(p, here.out) {
		return
	}
	here.out = p
	if v := &s.speakers[as]; v.mrai > 0 && (p != none || s.rules.HeldBack) {
		here.free = s.queue.Now() + v.mrai - time.Duration(s.rules.Jitter*s.rand.Float64()*float64(v.mrai))
	}
	s.speakers[as].Sent++
	s.Messages++
	to := s.graph.far[end]
	s.queue.Put(s.rules.Delay.of(s.rules.Seed, as, to), event{to, s.graph.back[end], p, arrives})
}

// wanted is what the neighbor at an end is to know: customers everything, others
// what comes from customers and what is the AS's own.
func (s *Simulation) wanted(as, end int32) path {
	v := &s.speakers[as]
	if v.best >= 0 && s.graph.class(as, v.best) != Customer && s.graph.class(as, end) != Customer {
		return none
	}
	if s.rules.SenderLoops && s.paths.has(v.path, s.graph.far[end]) {
		return none
	}
	return v.path
}

// drop forgets what was heard and said at an end.
func (s *Simulation) drop(as, end int32) {
	s.sessions[end].down = true
	s.sessions[end].out = none
	s.hear(as, end, none)
}
