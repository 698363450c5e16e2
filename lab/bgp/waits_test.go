package bgp

import (
	"maps"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestWaits(t *testing.T) {
	frr, err := frrWaits(`{
"10.1.1.1":{"bgpState":"Active","connectRetryTimer":120,"nextConnectTimerDueInMsecs":97000},
"10.1.2.1":{"bgpState":"Idle","nextStartTimerDueInMsecs":4000},
"10.1.3.1":{"bgpState":"Established"},
"vrfId":0}`)
	if err != nil {
		t.Fatal(err)
	}
	want := map[netip.Addr]time.Duration{netip.MustParseAddr("10.1.1.1"): 97 * time.Second, netip.MustParseAddr("10.1.2.1"): 4 * time.Second}
	if !maps.Equal(frr, want) {
		t.Errorf("frr waits %v, want %v", frr, want)
	}
	bird := birdWaits(strings.Split(`up1        BGP        ---        start  09:08:06.000  Idle
  BGP state:          Idle
    Neighbor address: 10.1.1.0
    Error wait:       47.500/60
up2        BGP        ---        start  09:08:06.000  Active
  BGP state:          Active
    Neighbor address: fe80::1%eth0
    Connect delay:    3.250/5
up3        BGP        ---        up     09:08:06.000  Established
  BGP state:          Established
    Neighbor address: 10.1.3.0`, "\n"))
	want = map[netip.Addr]time.Duration{netip.MustParseAddr("10.1.1.0"): 47500 * time.Millisecond, netip.MustParseAddr("fe80::1"): 3250 * time.Millisecond}
	if !maps.Equal(bird, want) {
		t.Errorf("bird waits %v, want %v", bird, want)
	}
}
