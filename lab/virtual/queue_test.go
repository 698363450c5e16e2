package virtual

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

const ever = time.Duration(1<<63 - 1)

func TestQueueKeepsOrder(t *testing.T) {
	type thing struct {
		at   time.Duration
		turn int
	}
	var q Queue[thing]
	var want, got []thing
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 1000 {
		x := thing{time.Duration(r.IntN(50)), i}
		want = append(want, x)
		q.Put(x.at, x)
	}
	slices.SortStableFunc(want, func(a, b thing) int { return int(a.at - b.at) })
	for x, ok := q.Take(ever); ok; x, ok = q.Take(ever) {
		if q.Now() != x.at {
			t.Fatalf("it is %v at what happens at %v", q.Now(), x.at)
		}
		got = append(got, x)
	}
	if !slices.Equal(got, want) {
		t.Error("things came out in another order than that of their moments and turns")
	}
}

func TestQueueStopsAtAMoment(t *testing.T) {
	var q Queue[string]
	q.Put(3, "late")
	if _, ok := q.Take(2); ok {
		t.Error("something happened by 2")
	}
	if q.Advance(2); q.Now() != 2 {
		t.Errorf("it is %v, want 2", q.Now())
	}
	q.Put(-1, "at once")
	for _, want := range []string{"at once", "late"} {
		if got, ok := q.Take(3); !ok || got != want {
			t.Errorf("%q came out, want %q", got, want)
		}
	}
	if q.Reset(7); q.Now() != 7 || q.Len() != 0 {
		t.Error("reset keeps something")
	}
}
