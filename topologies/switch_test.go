package topologies

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"anylab/topologies/document"
)

func TestSwitch(t *testing.T) {
	top, err := Parse("test.yaml", []byte(`
name: test
nodes:
  r: {role: router, asn: 65000}
  a: {role: anycast, asn: 65001}
  c: {role: client}
links:
  - {endpoints: [r, a], switch: true}
  - {endpoints: [r, c]}
anycast: 192.0.2.1/32
`))
	if err != nil {
		t.Fatal(err)
	}
	if !top.Links[0].Switch || top.Links[1].Switch {
		t.Errorf("switches on the links: %v, %v; want true, false", top.Links[0].Switch, top.Links[1].Switch)
	}
}

const sharedSegment = `
name: shared
nodes:
  r: {role: router, asn: 65000}
  a: {role: anycast, asn: 65001}
  b: {role: anycast, asn: 65002}
  c: {role: client}
links:
  - {endpoints: [r, "a:lan0", b]}
  - {endpoints: [r, c]}
anycast: 192.0.2.1/32
`

// A segment is a link of the router to each other end, by one interface each, in one
// network.
func TestSegment(t *testing.T) {
	top, err := Parse("test.yaml", []byte(sharedSegment))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range top.Links {
		for _, e := range l.Ends {
			got = append(got, l.Segment+" "+l.Path()+" "+e.Node+":"+e.Dev+" "+e.IPv4.String())
		}
	}
	want := []string{
		"r-a-b links.0 r:eth0 10.1.0.1/24", "r-a-b links.0 a:lan0 10.1.0.2/24",
		"r-a-b links.0 r:eth0 10.1.0.1/24", "r-a-b links.0 b:eth0 10.1.0.3/24",
		" links.1 r:eth1 10.0.0.4/31", " links.1 c:eth0 10.0.0.5/31",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ends (-want +got):\n%s", diff)
	}
}

func TestSegmentMistakes(t *testing.T) {
	for _, tt := range []struct{ old, new, want string }{
		{"b]}", "a]}", "a is repeated"},
		{"b]}", "x]}", `"x"`},
		{"b]}", "b], delay: 5ms}", "no delay here"},
		{"b]}", "b], unnumbered: true}", "no unnumbered here"},
		{"b]}", "b], to: {c: {med: 1}}}", "not an end of this segment"},
		{"b]}", "b], to: {a: {loss: 1%}}}", "no loss here"},
		{"b]}", "b], to: {a: {priority: 3}}}", "the segment has no vrrp"},
		{"b]}", "b], vrrp: {interval: 15ms}}", "whole hundredths"},
		{"b]}", "b], vrrp: {}, bfd: {interval: 50ms}}", "in place of BGP"},
		{"b]}", "b], vrrp: {}, to: {a: {priority: 3}, b: {priority: 3}}}", "is also the priority of a"},
		{"b]}", "b], vrrp: {}, to: {r: {priority: 3}}}", "r is no anycast node"},
		{"b]}", "c], vrrp: {}}", "at least two"},
		{"[r, c]}", "[r, c], vrrp: {}}", "no vrrp here"},
		{"b]}", "b], to: {a: {address: 10.7.0.1/24}}}", "r has no address"},
		{"b]}", "b], to: {a: {address: 10.7.0.1/24}, r: {address: 10.7.0.1/24}, b: {address: 10.7.0.2/24}}}", "must be two addresses of one network"},
	} {
		_, err := Parse("test.yaml", []byte(strings.Replace(sharedSegment, tt.old, tt.new, 1)))
		var e *document.Error
		if !errors.As(err, &e) || !strings.Contains(e.Msg, tt.want) {
			t.Errorf("%s: %v, want %s", tt.new, err, tt.want)
		}
	}
}
