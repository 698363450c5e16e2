package run

import (
	"fmt"
	"testing"
	"time"

	"anylab/lab/record"
)

// A near client and a far one, whose second link is quicker but no way out; sites
// of which c is reached over two routers sooner than straight.
const delayed = `name: delayed
topology:
  name: lab
  nodes:
    r: {role: router, asn: 65000}
    s: {role: router, asn: 65010}
    a: {role: anycast, asn: 65001}
    b: {role: anycast, asn: 65002}
    c: {role: anycast, asn: 65003}
    near: {role: client}
    far: {role: client}
  links:
    - {endpoints: [r, a]}
    - {endpoints: [r, b], delay: 10ms}
    - {endpoints: [r, s], to: {s: {delay: 20ms}, r: {delay: 30ms, jitter: 5ms}}}
    - {endpoints: [s, c]}
    - {endpoints: [r, c], delay: 40ms}
    - {endpoints: [r, near]}
    - {endpoints: [r, far], delay: 100ms}
    - {endpoints: [s, far]}
    - {endpoints: [a, b]}
  anycast: 192.0.2.100/32
services:
  - {name: s, kind: %s, on: [%s]}
probes:
  - {from: %s, service: s, kind: %s%s}
`

func TestTimeoutsFollowTheRoundTrip(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		kind, on, from, probe, timeout string
		trip, want                     time.Duration
	}{
		{"dns", "a", "near", "dns", "", 0, time.Second},
		{"dns", "a, b", "near", "dns", "", 20 * ms, time.Second}, // by r: a forwards nothing
		{"dns", "a, b, c", "near", "icmp", "", 55 * ms, time.Second},
		{"dns", "a", "far", "dns", "", 200 * ms, time.Second},
		{"dns", "a, b, c", "far", "dns", "", 255 * ms, 1020 * ms},
		{"http", "a, b, c", "far", "http", "", 510 * ms, 2040 * ms},
		{"http", "a, b, c", "far", "tcp-connect", "", 255 * ms, 1020 * ms},
		{"http", "a, b, c", "far", "http-stream", "", 510 * ms, 2040 * ms},
		{"http", "a, b, c", "far", "http", ", timeout: 600ms", 510 * ms, 600 * ms},
	} {
		p, err := compileText(t, fmt.Sprintf(delayed, tt.kind, tt.on, tt.from, tt.probe, tt.timeout))
		if err != nil {
			t.Error(err)
			continue
		}
		c := p.cells[0]
		g, config := group(c.Scenario, c.Probes[0], c.Topology.Anycast[0].Addr())
		if g.RoundTrip != tt.trip || c.roundTrip() != tt.trip || g.Timeout != tt.want || config.Timeout != tt.want {
			t.Errorf("%s from %s, answered by %s: a round trip of %v and a timeout of %v, want %v and %v",
				tt.probe, tt.from, tt.on, g.RoundTrip, g.Timeout, tt.trip, tt.want)
		}
		if config.Once != (g.Carried() != record.LongConnection) {
			t.Errorf("%s: what TCP repeats counts as lost: %v", tt.probe, config.Once)
		}
		if x := facts(c.Scenario, nil); x.Probes[0].Timeout != tt.want {
			t.Errorf("the record states a timeout of %v", x.Probes[0].Timeout)
		}
	}
}
