package timeline

import (
	"testing"
	"time"

	"anylab/lab/record"
)

// pooledGroup is a prober whose connections routers with equal paths deal to the
// nodes in turn: each flow sees all of them.
func pooledGroup(nodes ...string) *requests {
	r := &requests{group: record.ProbeGroup{Name: "user-web", Kind: "http", Rate: 100, Flows: 4}}
	for i := range 400 {
		at := record.Time(i) * record.Time(10*time.Millisecond)
		r.samples = append(r.samples, record.Sample{Seq: uint64(i), Flow: i % 4, Due: at, Sent: at,
			Received: at.Add(time.Millisecond), Node: nodes[(i+i/4)%len(nodes)]})
	}
	return r
}

// Sites behind equal paths are at home as a set: that each flow is answered by all
// of them is neither a move nor a stray answer.
func TestAPoolIsAtHomeAsASet(t *testing.T) {
	start := record.Time(2 * time.Second)
	for name, c := range map[string]struct {
		after    []string
		rerouted bool
		by       string
		moves    int
		left     int
	}{
		"nothing changes":   {[]string{"a", "b", "c"}, false, "a+b+c", 0, 0},
		"one of them goes":  {[]string{"b", "c"}, true, "b+c", 0, 1},
		"another one joins": {[]string{"a", "b", "c", "d"}, true, "a+b+c+d", 4, 0},
		"only one is left":  {[]string{"b"}, true, "b", 0, 2},
	} {
		r, later := pooledGroup("a", "b", "c"), pooledGroup(c.after...)
		copy(r.samples[200:], later.samples[200:])
		e := &Episode{Start: start, Zero: start, Until: record.Time(4 * time.Second)}
		v := &view{requests: r, e: e, w: &watched{}, start: e.Start, until: e.Until, serves: func(string) bool { return true }}
		v.nodes()
		v.count()
		moved := 0
		for _, s := range v.moved {
			if s.Node != "" {
				moved++
			}
		}
		if e.Rerouted != c.rerouted || e.Misrouted != 0 || moved != c.moves || len(v.w.left) != c.left || v.oneNode {
			t.Errorf("%s: rerouted %v, %d misrouted, %d flows moved, %d sites left", name, e.Rerouted, e.Misrouted, moved, len(v.w.left))
		}
		if by := r.answered(0, e.Until.Add(-time.Second), e.Until); by != c.by {
			t.Errorf("%s: answered by %q, want %q", name, by, c.by)
		}
		for _, m := range v.w.left {
			if m.first.Sent < start || m.first.Sent > start.Add(100*time.Millisecond) || m.before >= m.first.Sent {
				t.Errorf("%s: a site was left at %v", name, m.first.Sent)
			}
		}
	}
}

// A flow that was answered by one node, then by another, is no pool's.
func TestAMoveIsNoPool(t *testing.T) {
	r := pooledGroup("a")
	if pool := r.pool(0, record.Time(4*time.Second)); pool != nil {
		t.Errorf("one node is a pool: %v", pool)
	}
	stream := pooledGroup("a", "b")
	stream.group.Kind = "dns"
	if pool := stream.pool(0, record.Time(4*time.Second)); pool != nil {
		t.Errorf("datagrams of one port are dealt to %v", pool)
	}
}

// Of a fault that is shorter than it takes to see all sites by turns, only what was
// asked while it was in effect says who answers then.
func TestAPoolIsSeenWithinItsEpisode(t *testing.T) {
	r, later := pooledGroup("a", "b", "c"), pooledGroup("b", "c")
	copy(r.samples[200:], later.samples[200:])
	struck, until := r.samples[200].Sent, r.samples[230].Sent
	if by := r.answered(struck, until.Add(-time.Second), until); by != "b+c" {
		t.Errorf("answered by %s while a was struck, want b+c", by)
	}
	if by := r.answered(0, until.Add(-time.Second), until); by != "a+b+c" {
		t.Errorf("answered by %s in the second before, want a+b+c", by)
	}
}
