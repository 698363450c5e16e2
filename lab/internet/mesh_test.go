package internet

import (
	"cmp"
	"slices"
	"testing"
	"time"
)

const ever = time.Duration(1<<63 - 1)

// mesh is n ASes without a policy, each joined to each.
func mesh(n int) *Graph {
	var asn []uint32
	var ends []end
	for a := range n {
		asn = append(asn, uint32(a+1))
		for b := range n {
			if a != b {
				ends = append(ends, end{int32(a), int32(b), Customer})
			}
		}
	}
	return newGraph(asn, ends)
}

// lose lets AS 0 announce and, when all is quiet, withdraw. It returns how long it
// took until nobody had a path, and the messages.
func lose(g *Graph, r Rules) (took time.Duration, messages int) {
	s := New(g, r)
	s.Announce(0)
	s.Run(ever)
	s.Rest()
	s.Withdraw(0)
	s.Run(ever)
	return s.Last, s.Messages
}

// after returns 20 ms and so many intervals of 30 s, for n = 3..10.
func after(intervals func(n int) int) []time.Duration {
	var list []time.Duration
	for n := 3; n <= 10; n++ {
		list = append(list, 20*time.Millisecond+time.Duration(intervals(n))*30*time.Second)
	}
	return list
}

// TestMesh: after a withdrawal a full mesh tries ever longer paths, one for each
// interval: n - 3 intervals (Labovitz et al., 2000). All messages count, also those
// of who withdraws; events of one moment come in the order in which they were put in.
func TestMesh(t *testing.T) {
	linear := after(func(n int) int { return n - 3 })
	atOnce := filled(8, 30*time.Millisecond)
	atOnce[0] = 20 * time.Millisecond
	for _, c := range []struct {
		name                  string
		senderLoops, heldBack bool
		times                 []time.Duration
		messages              []int
	}{
		{"loops found by the receiver", false, false, linear, []int{10, 27, 56, 100, 162, 245, 352, 486}},
		{"by the sender, withdrawals held back", true, true, linear, []int{4, 12, 27, 51, 86, 134, 197, 277}},
		{"by the sender", true, false, atOnce, []int{4, 18, 32, 50, 72, 98, 128, 162}},
	} {
		rules := Rules{MRAI: Mix{{30 * time.Second, 1}}, Delay: Delay{Low: 10 * time.Millisecond}, SenderLoops: c.senderLoops, HeldBack: c.heldBack}
		var times []time.Duration
		var messages []int
		for n := 3; n <= 10; n++ {
			took, sent := lose(mesh(n), rules)
			times, messages = append(times, took), append(messages, sent)
		}
		if !slices.Equal(times, c.times) {
			t.Errorf("%s: the last best path changed at %v, want %v", c.name, times, c.times)
		}
		if !slices.Equal(messages, c.messages) {
			t.Errorf("%s: %v messages, want %v", c.name, messages, c.messages)
		}
	}
}

// TestUCurve: with a processor that takes its time over each message, too short an
// interval costs as much as too long a one (Griffin and Premore, 2001).
func TestUCurve(t *testing.T) {
	const seeds = 40
	intervals := []float64{0, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 10, 20, 30}
	took, messages := map[float64]float64{}, map[float64]int{}
	for _, s := range intervals {
		rules := Rules{MRAI: Mix{{time.Duration(s * float64(time.Second)), 1}}, Work: Mix{{500 * time.Millisecond, 1}}}
		for rules.Seed = range uint64(seeds) {
			last, sent := lose(mesh(8), rules)
			took[s] += last.Seconds() / seeds
			messages[s] += sent
		}
	}
	least := slices.MinFunc(intervals, func(a, b float64) int { return cmp.Compare(took[a], took[b]) })
	if least < 1.5 || least > 3 || took[0] < 2*took[least] {
		t.Errorf("the least time is %.1f s at %v s, and %.1f s without an interval; want it near 2 s, and far less", took[least], least, took[0])
	}
	for i, s := range intervals[1:] {
		if before := intervals[i]; s <= least && took[s] > took[before] || s > least && took[s] < took[before] {
			t.Errorf("it takes %.1f s at %v s and %.1f s at %v s: there is more than one minimum", took[before], before, took[s], s)
		}
		if messages[s] > messages[intervals[i]]*21/20 {
			t.Errorf("%d messages at %v s and %d at %v s: they grow", messages[intervals[i]], intervals[i], messages[s], s)
		}
	}
	if slope := (took[30] - took[10]) / 20; slope < 4 || slope > 5.5 {
		t.Errorf("the slope right of the minimum is %.2f, want about n - 3", slope)
	}
	if each := messages[30] / seeds; each < 235 || each > 250 {
		t.Errorf("%d messages at 30 s, want about 243", each)
	}
}

// TestAFastRunWithoutAnInterval: 28.8 s and 1,178 messages, which were expected of an
// interval of 0, are what one run in ten takes at most, and such a run takes both.
func TestAFastRunWithoutAnInterval(t *testing.T) {
	const seeds = 200
	var took []float64
	like, fast := 0.0, 0
	for seed := range uint64(seeds) {
		last, sent := lose(mesh(8), Rules{Work: Mix{{500 * time.Millisecond, 1}}, Seed: seed})
		took = append(took, last.Seconds())
		if sent > 1178*8/10 && sent < 1178*12/10 {
			like += last.Seconds()
			fast++
		}
	}
	slices.Sort(took)
	if took[seeds/100] > 28.8 || took[seeds/4] < 28.8 {
		t.Errorf("of %d runs the fastest take %.1f s and a quarter %.1f or less, want 28.8 s between them", seeds, took[seeds/100], took[seeds/4])
	}
	if fast == 0 {
		t.Fatal("no run takes about 1,178 messages")
	}
	if mean := like / float64(fast); mean < 25 || mean > 33 {
		t.Errorf("%d runs of about 1,178 messages take %.1f s, want about 28.8", fast, mean)
	}
}
