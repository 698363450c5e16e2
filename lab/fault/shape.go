package fault

import (
	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/record"
	"anylab/topologies"
)

// shaped adds to the theory of a silence on a link how the detection time is
// distributed between its bounds. hearing is how many ends miss packets: of
// two that jitter independently, the first to know counts.
//
// A multiplier of 1 has another jitter (RFC 5880 section 6.8.7). Keepalives
// count only of daemons that send them without jitter, and from the same moment
// on at both ends.
func shaped(s Setting, l topologies.Link, only lab.Traffic, hearing int, t Theory) Theory {
	byBFD := l.BFD != nil && only != lab.TrafficBGP
	switch {
	case t.Unbounded || byBFD && l.BFD.Multiplier == 1:
	case byBFD && hearing == 2:
		t.Shape = record.JitteredFirst
	case byBFD:
		t.Shape = record.Jittered
	case steady(s, l):
		t.Shape = record.Uniform
	}
	return t
}

// steady says whether the daemons of both ends are such.
func steady(s Setting, l topologies.Link) bool {
	for _, e := range l.Ends {
		if n, _ := s.Topology.Node(e.Node); !bgp.CapabilitiesOf(n.Daemon).Steady || n.Config != "" {
			return false
		}
	}
	return true
}
