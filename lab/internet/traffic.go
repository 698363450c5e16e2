package internet

import "time"

// traffic is where packets of every AS end: they follow the next hops of their
// moment. It is kept up to date with each next hop that changes, so that every
// time in it is exact.
type traffic struct {
	next   []int32 // AS to which packets are sent; or nowhere, own
	fate   []int16 // the site that packets end at; or unserved, looping
	child  []int32 // the first AS that sends its packets here, or nowhere
	beside []int32 // the next and the previous one that sends its packets to the same AS
	before []int32
	site   []int16 // by AS; unserved if it is none, or is silent
	weight []float64
	sum    []float64 // of the weights, by fate
	since  []time.Duration
	out    []time.Duration // how long the AS was served by nobody
	loops  []time.Duration // and how much of it in loops
	stack  []int32

	changed func(now time.Duration) // is called when sums have changed; may be nil
}

// Fates that are no site: sums hold them behind those of sites, in this order.
const (
	unserved int16 = -1
	looping  int16 = -2
)

// newTraffic lets every AS but sites be a client, with a weight: 1 if there are none.
// Nobody is served yet.
func newTraffic(ases int, sites []int32, weights []float64) *traffic {
	t := &traffic{
		next: filled(ases, nowhere), fate: filled(ases, unserved), site: filled(ases, unserved),
		child: filled(ases, nowhere), beside: filled(ases, nowhere), before: filled(ases, nowhere),
		weight: weights, sum: make([]float64, len(sites)+2),
		since: make([]time.Duration, ases), out: make([]time.Duration, ases), loops: make([]time.Duration, ases),
	}
	if weights == nil {
		t.weight = filled(ases, 1.0)
	}
	for i, as := range sites {
		t.site[as], t.weight[as] = int16(i), 0
	}
	for as := range ases {
		t.sum[t.slot(unserved)] += t.weight[as]
	}
	return t
}

func filled[T any](n int, with T) []T {
	list := make([]T, n)
	for i := range list {
		list[i] = with
	}
	return list
}

// slot is where the weights of a fate are summed up.
func (t *traffic) slot(fate int16) int {
	if fate >= 0 {
		return int(fate)
	}
	return len(t.sum) - 1 + int(unserved-fate) - 1
}

// lead sends the packets of an AS to another one from now on.
func (t *traffic) lead(now time.Duration, as, next int32) {
	if t.next[as] == next {
		return
	}
	t.unlink(as)
	t.next[as] = next
	if next >= 0 {
		t.beside[as], t.before[as] = t.child[next], nowhere
		if first := t.child[next]; first >= 0 {
			t.before[first] = as
		}
		t.child[next] = as
	}
	t.spread(now, as, t.fateOf(as))
}

func (t *traffic) unlink(as int32) {
	next := t.next[as]
	if next < 0 {
		return
	}
	if before := t.before[as]; before >= 0 {
		t.beside[before] = t.beside[as]
	} else {
		t.child[next] = t.beside[as]
	}
	if beside := t.beside[as]; beside >= 0 {
		t.before[beside] = t.before[as]
	}
}

// fateOf follows the packets of an AS whose next hop has changed. Those of all
// others end where they are known to, unless they come by here.
func (t *traffic) fateOf(as int32) int16 {
	switch next := t.next[as]; next {
	case nowhere:
		return unserved
	case own:
		return t.site[as]
	default:
		for at := next; at >= 0; at = t.next[at] {
			if at == as || t.fate[at] == looping {
				return looping
			}
		}
		return t.fate[next]
	}
}

// spread gives a fate to an AS and to all whose packets come by there.
func (t *traffic) spread(now time.Duration, as int32, fate int16) {
	if t.fate[as] == fate {
		return
	}
	t.stack = append(t.stack[:0], as)
	for len(t.stack) > 0 {
		as := t.stack[len(t.stack)-1]
		t.stack = t.stack[:len(t.stack)-1]
		if t.fate[as] == fate {
			continue // around a loop
		}
		t.settle(now, as)
		t.sum[t.slot(t.fate[as])] -= t.weight[as]
		t.sum[t.slot(fate)] += t.weight[as]
		t.fate[as] = fate
		for c := t.child[as]; c >= 0; c = t.beside[c] {
			t.stack = append(t.stack, c)
		}
	}
	if t.changed != nil {
		t.changed(now)
	}
}

// settle counts the time since the fate of the AS last changed.
func (t *traffic) settle(now time.Duration, as int32) {
	if t.fate[as] < 0 {
		t.out[as] += now - t.since[as]
	}
	if t.fate[as] == looping {
		t.loops[as] += now - t.since[as]
	}
	t.since[as] = now
}

// begin forgets all times: from now on they are counted anew.
func (t *traffic) begin(now time.Duration) {
	for as := range t.since {
		t.since[as], t.out[as], t.loops[as] = now, 0, 0
	}
}

// finish counts the times up to now.
func (t *traffic) finish(now time.Duration) {
	for as := range t.since {
		t.settle(now, int32(as))
	}
}
