package fault_test

import (
	"strings"
	"testing"
	"time"
)

func TestBFDFreezeNeedsBFDThatCanFailAlone(t *testing.T) {
	s := setting(parse(t, mixed))
	for _, tt := range []struct{ node, daemon, want string }{
		{"a", "", ""},
		{"r", "", ""},
		{"b", "", "node b has no session with BFD"},
		{"u", "", "runs no BGP daemon"},
		{"a", "stiff", "the daemon of a can't do operation"},
	} {
		s := s
		s.Topology.Nodes = append(s.Topology.Nodes[:0:0], s.Topology.Nodes...)
		for i := range s.Topology.Nodes {
			if n := &s.Topology.Nodes[i]; n.Name == tt.node && tt.daemon != "" {
				n.Daemon = tt.daemon
			}
		}
		err := build(t, "bfd-freeze", on(tt.node), "").Check(s)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("on %s: %v, want %q", tt.node, err, tt.want)
		}
	}
	got := build(t, "bfd-freeze", on("a"), "").Declare(s).Theory
	if got.Unbounded || got.Low != 100*time.Millisecond || got.High != 150*time.Millisecond {
		t.Errorf("theory %+v, want 100 to 150 ms: the session without BFD does not matter", got)
	}
}
