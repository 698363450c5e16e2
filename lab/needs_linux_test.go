package lab_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"anylab/lab"
	"anylab/lab/labtest"
	"anylab/topologies"
)

const needy = `
name: needy
nodes:
  r: {role: router, asn: 65000, multipath: true, resilient: {}}
  a: {role: anycast, asn: 65001}
  b: {role: anycast, asn: 65002}
  c: {role: anycast, asn: 65003}
  u: {role: client}
links:
  - {endpoints: [r, a], switch: true, delay: 5ms}
  - {endpoints: [r, b], hop: true}
  - {endpoints: [r, c], delay: 5ms}
  - {endpoints: [r, u], rate: 10mbit}
anycast: 192.0.2.100/32
`

func TestNeeds(t *testing.T) {
	top, err := topologies.Parse("needy.yaml", []byte(needy))
	if err != nil {
		t.Fatal(err)
	}
	want := []lab.Need{
		{"bridge", "link r-a has a switch"},
		{"tbf", "link r-u has a rate"},
		{"resilient groups", "node r shares flows by resilient groups"},
	}
	if diff := cmp.Diff(want, lab.Needs(top)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A need that nobody can look for is no need that is met.
func TestLackingKnowsItsNeeds(t *testing.T) {
	labtest.Require(t, "netns")
	if err := lab.Lacking([]lab.Need{{Capability: "nftable", For: "a slip"}}); err == nil {
		t.Error("the kernel is said to have what doesn't exist")
	}
}

// Whatever doctor finds missing can't be had, and nothing else.
func TestLackingAgreesWithCapabilities(t *testing.T) {
	labtest.Require(t, "netns")
	for _, c := range lab.Capabilities() {
		if !slices.Contains([]string{"bridge", "netem", "tbf", "resilient groups", "TCP MD5", "nftables"}, c.Name) {
			continue
		}
		err := lab.Lacking([]lab.Need{{Capability: c.Name, For: "the test asks"}})
		if (err == nil) != c.OK {
			t.Errorf("%s: ok is %v, lacking %v", c.Name, c.OK, err)
		}
		var u lab.Unavailable
		if err != nil && (!errors.As(err, &u) || u.Fix == "") {
			t.Errorf("%s: %v comes without a remedy", c.Name, err)
		}
	}
}
