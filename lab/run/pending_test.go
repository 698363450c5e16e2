package run

import (
	"testing"
	"time"
)

// An end that is idle decides alone when its session is tried again; of two that call,
// the first one.
func TestPending(t *testing.T) {
	end := func(node, peer string, idle bool, seconds int) idleEnd {
		return idleEnd{node: node, peer: peer, idle: idle, left: time.Duration(seconds) * time.Second}
	}
	for _, c := range []struct {
		name string
		ends []idleEnd
		want int // seconds
	}{
		{"nothing is down", nil, 0},
		{"both call", []idleEnd{end("a", "r", false, 97), end("r", "a", false, 4)}, 4 + 2},
		{"one is being tried", []idleEnd{end("a", "r", false, 97), end("r", "a", false, 0)}, 0},
		{"one is idle", []idleEnd{end("a", "r", true, 47), end("r", "a", false, 0)}, 47 + 2},
		{"both are idle", []idleEnd{end("a", "r", true, 47), end("r", "a", true, 60)}, 60 + 2},
		{"the last of two sessions", []idleEnd{end("a", "r", false, 97), end("r", "a", false, 0), end("b", "r", false, 9), end("r", "b", false, 5)}, 5 + 2},
	} {
		if got := pending(c.ends); got != time.Duration(c.want)*time.Second {
			t.Errorf("%s: %v, want %d s", c.name, got, c.want)
		}
	}
}
