package scenarios

import (
	"slices"
	"strings"
	"testing"
	"time"

	"anylab/lab/record"
	"anylab/topologies"
)

const entries = `name: timers
topology: three-sites
services:
  - {name: dns, kind: dns, on: [a, b, c]}
probes:
  - {from: london, service: dns}
faults:
  - {kind: service-crash, on: a}
matrix:
  - {label: fast, bfd.interval: 50ms}
  - {label: slow, bfd.interval: 300ms, trials: 3, expect: [max(outage) < 2s]}
`

// How many trials a cell has, and what is expected of it, makes the experiment
// no other one. What it sets does, and so does its name.
func TestExperimentOfEntries(t *testing.T) {
	base := parsed(t, entries)
	more, err := base.WithTrials(20)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		s    Scenario
		same bool
	}{
		"more trials":      {more, true},
		"own trials":       {parsed(t, strings.Replace(entries, "trials: 3", "trials: 6", 1)), true},
		"own expectations": {parsed(t, strings.Replace(entries, "< 2s", "< 1s", 1)), true},
		"another interval": {parsed(t, strings.Replace(entries, "300ms", "200ms", 1)), false},
		"another label":    {parsed(t, strings.Replace(entries, "slow", "lazy", 1)), false},
		"a cell less":      {parsed(t, strings.Replace(entries, "  - {label: fast, bfd.interval: 50ms}\n", "", 1)), false},
	} {
		if same := c.s.Digest() == base.Digest(); same != c.same {
			t.Errorf("%s: the same experiment: %v, want %v", name, same, c.same)
		}
	}
}

func parsed(t *testing.T, text string) Scenario {
	t.Helper()
	s, err := Parse("entries.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What a record keeps of a segment: each two ends that have to do with each other, and
// which priority the members of its VRRP have.
func TestNetworkOfASegment(t *testing.T) {
	top, err := topologies.Parse("segment.yaml", []byte(`name: segment
nodes:
  r: {role: router, asn: 65000}
  a: {role: anycast, daemon: keepalived}
  b: {role: anycast, daemon: keepalived}
links:
  - {endpoints: [r, a, b], vrrp: {interval: 200ms}, to: {a: {priority: 150}}}
anycast: 192.0.2.100/32
`))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"r": 0, "a": 150, "b": 100}
	links := Network(top).Links
	if len(links) != 3 {
		t.Fatalf("%d links, want one for each two of r, a and b", len(links))
	}
	for _, l := range links {
		if l.Segment != "r-a-b" || l.VRRP == nil || *l.VRRP != (record.VRRP{ID: 51, Interval: 200 * time.Millisecond, Preempt: true}) || l.BGP != nil {
			t.Errorf("%s is recorded as %+v", l.Name, l)
		}
		for _, e := range l.Ends {
			if e.Priority != want[e.Node] {
				t.Errorf("%s has priority %d, want %d", e.Node, e.Priority, want[e.Node])
			}
		}
	}
}

func TestNetworkOfAReflector(t *testing.T) {
	s, err := Load("reflector")
	if err != nil {
		t.Fatal(err)
	}
	var clients []string
	for _, l := range Network(s.Topology).Links {
		for i, e := range l.Ends {
			if e.Client {
				clients = append(clients, e.Node+" of "+l.Ends[1-i].Node)
			}
		}
	}
	slices.Sort(clients)
	if want := []string{"a of rr1", "a of rr2", "b of rr1", "b of rr2", "edge of rr1", "edge of rr2"}; !slices.Equal(clients, want) {
		t.Errorf("clients are %v, want %v", clients, want)
	}
}
