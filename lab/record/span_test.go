package record

import (
	"slices"
	"testing"
	"time"
)

// TestSpanIsItsRequests: whatever moment a span is cut at, its parts are the requests
// that were sent before, and the others.
func TestSpanIsItsRequests(t *testing.T) {
	g := ProbeGroup{Name: "g", Rate: 1000, Flows: 3}
	s := Span{Sample: Sample{Seq: 7, Flow: 1, Due: 1000, Sent: 1010, Received: 5000, Node: "a"}}
	var want []Sample
	for i := range 8 {
		next := s.Sample
		next.Seq, next.Flow = 7+uint64(i), (1+i)%3
		later := time.Duration(i) * time.Millisecond
		next.Due, next.Sent, next.Received = next.Due.Add(later), next.Sent.Add(later), next.Received.Add(later)
		if i == 0 {
			s.Count = 1
		} else if !s.Extend(next, g) {
			t.Fatalf("request %d is none of the span", i)
		}
		want = append(want, next)
	}
	if got := requestsOf(s, g); !slices.Equal(got, want) {
		t.Fatalf("the requests are\n%v, want\n%v", got, want)
	}
	for _, at := range []Time{0, 1010, 1011, 1_001_010, 1_001_011, 4_500_000, 7_001_010, 7_001_011, 1 << 40} {
		before, rest := s.Cut(g, at)
		n := slices.IndexFunc(want, func(s Sample) bool { return s.Sent >= at })
		if n < 0 {
			n = len(want)
		}
		if got := requestsOf(before, g); !slices.Equal(got, want[:n]) {
			t.Errorf("before %d are %v", at, got)
		}
		if got := requestsOf(rest, g); !slices.Equal(got, want[n:]) {
			t.Errorf("from %d on are %v", at, got)
		}
	}
}

func requestsOf(s Span, g ProbeGroup) (list []Sample) {
	s.Each(g, func(one Sample) bool { list = append(list, one); return true })
	return list
}
