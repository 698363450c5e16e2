package topologies

import (
	"strings"
	"testing"
)

// TestInternalSessions: links inside an AS are fine where no route has to
// pass two of them.
func TestInternalSessions(t *testing.T) {
	const text = `name: lab
nodes:
  r: {role: router, asn: 65000}
  s: {role: router, asn: 65000}
  a: {role: anycast, asn: 65000}
  b: {role: anycast, asn: 65002}
  user: {role: client}
links:
  - endpoints: [r, s]
  - endpoints: [r, a]
  - endpoints: [s, b]
  - endpoints: [s, user]
`
	const anycast = "anycast: 192.0.2.100/32\n"
	_, err := Parse("lab.yaml", []byte(text+anycast))
	if err == nil || !strings.Contains(err.Error(), "r, s and a are all AS 65000") {
		t.Errorf("a reaches s over two internal sessions: %v", err)
	}
	lab, err := Parse("lab.yaml", []byte(text+"  - endpoints: [a, s]\n"+anycast))
	if err != nil || len(lab.Links) != 5 {
		t.Errorf("a full mesh: %v", err)
	}
	two := strings.Replace(text, "a: {role: anycast, asn: 65000}", "a: {role: anycast, asn: 65001}", 1)
	if _, err := Parse("lab.yaml", []byte(two+anycast)); err != nil {
		t.Errorf("one internal session: %v", err)
	}
}
