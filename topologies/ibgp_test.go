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

// TestReflectors: a reflector passes routes on between its clients, so these need no
// links of their own; its clients are all neighbours of its AS but other reflectors.
func TestReflectors(t *testing.T) {
	const text = `name: lab
nodes:
  r: {role: router, asn: 65000, reflector: true}
  q: {role: router, asn: 65000, reflector: true, cluster_id: 10.9.9.9}
  s: {role: router, asn: 65000}
  a: {role: anycast, asn: 65000}
  b: {role: anycast, asn: 65002}
  user: {role: client}
links:
  - endpoints: [r, s]
  - endpoints: [r, a]
  - endpoints: [q, s]
  - endpoints: [q, a]
  - endpoints: [r, b]
  - endpoints: [r, q]
  - endpoints: [s, user]
anycast: 192.0.2.100/32
`
	lab, err := Parse("lab.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	r, _ := lab.Node("r")
	if q, _ := lab.Node("q"); q.Cluster.String() != "10.9.9.9" || r.Cluster != r.RouterID {
		t.Errorf("clusters %v and %v", r.Cluster, q.Cluster)
	}
	number, err := Parse("lab.yaml", []byte(strings.Replace(text, "10.9.9.9", "77", 1)))
	if q, _ := number.Node("q"); err != nil || q.Cluster.String() != "0.0.0.77" {
		t.Errorf("cluster 77 is %v, %v", q.Cluster, err)
	}
	for _, none := range []string{"0", "4294967296", "0.0.0.0", "2001:db8::1", "core"} {
		if _, err := Parse("lab.yaml", []byte(strings.Replace(text, "10.9.9.9", none, 1))); err == nil || !strings.Contains(err.Error(), "lab.yaml:4:62: \""+none+"\" is no cluster id") {
			t.Errorf("cluster %s: %v", none, err)
		}
	}
	for node, want := range map[string]bool{"s": true, "a": true, "b": false, "q": false} {
		l, err := lab.Between("r", node)
		if err != nil {
			t.Fatal(err)
		}
		if near, far := l.Of("r"); far.Client != want || near.Client {
			t.Errorf("%s is a client of r: %v, want %v; r is one of %s: %v", node, far.Client, want, node, near.Client)
		}
	}
	for from, to := range map[string]string{
		"  - endpoints: [r, a]": "  - {endpoints: [r, a], to: {a: {client: false}}}",
		"  - endpoints: [q, a]": "  - {endpoints: [q, a], to: {a: {client: false}}}",
	} { // the other one still is
		if _, err := Parse("lab.yaml", []byte(strings.Replace(text, from, to, 1))); err != nil {
			t.Errorf("%s: %v", to, err)
		}
	}
}

// TestSharedClusters: reflectors may be of one cluster where each has all routes without
// the other; a route that comes by the other, too, is ignored and not missed.
func TestSharedClusters(t *testing.T) {
	const text = `name: lab
nodes:
  r: {role: router, asn: 65000, reflector: true, cluster_id: 10.9.9.9}
  q: {role: router, asn: 65000, reflector: true, cluster_id: 10.9.9.9}
  s: {role: router, asn: 65000}
  a: {role: anycast, asn: 65000}
  user: {role: client}
links:
  - endpoints: [r, s]
  - endpoints: [q, s]
  - endpoints: [r, q]
  - endpoints: [r, a]
  - endpoints: [q, a]
  - endpoints: [s, user]
anycast: 192.0.2.100/32
`
	if _, err := Parse("lab.yaml", []byte(text)); err != nil {
		t.Errorf("both have all clients: %v", err)
	}
	apart := strings.Replace(text, "  - endpoints: [q, a]\n", "", 1)
	if _, err := Parse("lab.yaml", []byte(apart)); err == nil || !strings.Contains(err.Error(), "lab.yaml:4:62: q ignores the routes of a, which it has by way of r alone") {
		t.Errorf("q has a's routes by r alone: %v", err)
	}
	if _, err := Parse("lab.yaml", []byte(strings.Replace(apart, "10.9.9.9", "10.9.9.8", 1))); err != nil {
		t.Errorf("of two clusters: %v", err)
	}
}
