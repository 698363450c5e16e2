package probe

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A SYN that was lost and sent again a second later is told from one that was
// sent again because its answer takes that long.
func TestRepeatedHandshakes(t *testing.T) {
	for _, tt := range []struct {
		resent   uint32
		age, rtt time.Duration
		want     bool
	}{
		{0, 100 * time.Millisecond, 100 * time.Millisecond, false},
		{0, 1900 * time.Millisecond, 900 * time.Millisecond, false}, // looked at a second late
		{1, 1100 * time.Millisecond, 100 * time.Millisecond, true},
		{1, 1600 * time.Millisecond, 600 * time.Millisecond, true},
		{1, 1010 * time.Millisecond, 1002 * time.Millisecond, false},
		{2, 4 * time.Second, time.Second, true},
		{1, 1100 * time.Millisecond, 0, true}, // not measured, for want of time stamps
	} {
		info := &unix.TCPInfo{Total_retrans: tt.resent, Rtt: uint32(tt.rtt.Microseconds())}
		if got := repeated(info, tt.age); got != tt.want {
			t.Errorf("sent again %d times, connected after %v, round trip %v: %v, want %v", tt.resent, tt.age, tt.rtt, got, tt.want)
		}
	}
}
