package run

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"
)

// A daemon that hangs doesn't keep the others from being asked: each waits here
// until all have been.
func TestDaemonsAreAskedAtTheSameTime(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	nodes := []string{"a", "b", "c"}
	var mu sync.Mutex
	asked, everybody := 0, make(chan struct{})
	got := askAll(nodes, func(node string) []string {
		mu.Lock()
		if asked++; asked == len(nodes) {
			close(everybody)
		}
		mu.Unlock()
		select {
		case <-everybody:
		case <-ctx.Done():
			t.Errorf("%s was asked, and another one was not", node)
		}
		return []string{node + " is down"}
	})
	if want := []string{"a is down", "b is down", "c is down"}; !slices.Equal(slices.Concat(got...), want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
