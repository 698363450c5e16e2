package bgp

import (
	"testing"

	"anylab/topologies"
)

// TestLines: what a faster BFD comes to, in the words of the daemons.
func TestLines(t *testing.T) {
	load := func(daemon, bfd string) topologies.Topology {
		top, err := topologies.Parse("two.yaml", []byte(`name: two
nodes:
  r: {role: router, asn: 65000, daemon: `+daemon+`}
  a: {role: anycast, asn: 65001, daemon: `+daemon+`}
  u: {role: client}
links:
  - endpoints: [r, a]
  - endpoints: [r, u]
anycast: 192.0.2.100/32
`+bfd))
		if err != nil {
			t.Fatal(err)
		}
		return top
	}
	for daemon, want := range map[string]Excerpt{
		"frr": {"bfdd.conf", `bfd
 profile eth0
  detect-multiplier 3
  receive-interval 130
  transmit-interval 130
 exit
exit`},
		"bird": {"bird.conf", `protocol bfd {
	interface "eth0" {
		interval 130 ms;
		multiplier 3;
	};
}
protocol bgp peer0 {
	bfd on;
}`},
	} {
		got, err := Lines(load(daemon, "bfd: {interval: 130ms, multiplier: 3}\n"), load(daemon, ""), "a")
		if err != nil || len(got) == 0 || got[0] != want {
			t.Errorf("%s: %+v %v, want %+v", daemon, got, err, want)
		}
	}
	if got, err := Lines(load("frr", "bfd: {interval: 50ms, multiplier: 3}\n"), load("frr", "bfd: {interval: 50ms, multiplier: 3}\n"), "a"); err != nil || len(got) != 0 {
		t.Errorf("the same timers come to %+v (%v), want no lines", got, err)
	}
}
