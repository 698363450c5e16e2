package topologies

import "testing"

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
