package run

import (
	"testing"
	"time"
)

// The lab is settled only when every member of a group had the time to get its
// flows.
func TestRebalance(t *testing.T) {
	if got := compile(t, "ecmp-rehash").cells[0].rebalance(); got != 0 {
		t.Errorf("%v without a resilient group, want 0", got)
	}
	if got, want := compile(t, "ecmp-resilient").cells[0].rebalance(), 300*time.Millisecond+upkeep; got != want {
		t.Errorf("%v, want %v", got, want)
	}
}
