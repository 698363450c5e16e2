package bgp

import (
	"testing"
	"time"
)

func TestScanOf(t *testing.T) {
	const condition = "  neighbor 10.0.0.2 advertise-map ADV non-exist-map GONE\n"
	for _, c := range []struct {
		daemon, text string
		want         time.Duration
	}{
		{"frr", "router bgp 65002\n bgp conditional-advertisement timer 5\n" + condition, 5 * time.Second},
		{"frr", "router bgp 65002\n" + condition, time.Minute},
		{"frr", "router bgp 65002\n! " + condition, 0},
		{"frr", "router bgp 65002\n bgp conditional-advertisement timer 5\n", 0},
		{"bird", condition, 0},
		{"nobody", condition, 0},
	} {
		if got := ScanOf(c.daemon, c.text); got != c.want {
			t.Errorf("%s: %q: %v, want %v", c.daemon, c.text, got, c.want)
		}
	}
}
