package topologies

import "testing"

// The ends of unnumbered links have link-local addresses, no two alike, and none of IPv4;
// the links around them keep the addresses that they would have without them.
func TestUnnumbered(t *testing.T) {
	top, err := Parse("test.yaml", []byte(`
name: test
nodes:
  r: {role: router, asn: 65000}
  a: {role: anycast, asn: 65001}
  b: {role: anycast, asn: 65002}
  c: {role: client}
links:
  - {endpoints: [r, a], unnumbered: true}
  - {endpoints: [r, b], unnumbered: true}
  - {endpoints: [r, c]}
anycast: 192.0.2.1/32
`))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, l := range top.Links[:2] {
		for _, e := range l.Ends {
			a := e.IPv6.Addr()
			if e.IPv4.IsValid() || !a.IsLinkLocalUnicast() || seen[a.String()] || !l.Unnumbered {
				t.Errorf("%s of %s has %v and %v", e.Dev, e.Node, e.IPv4, e.IPv6)
			}
			seen[a.String()] = true
		}
	}
	if got := top.Links[2].Ends[0].IPv4.String(); got != "10.0.0.4/31" {
		t.Errorf("the client's link begins at %s, want 10.0.0.4/31", got)
	}
}
