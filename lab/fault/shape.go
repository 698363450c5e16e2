package fault

import (
	"anylab/lab"
	"anylab/lab/record"
	"anylab/topologies"
)

// shaped adds to the theory of a silence on a link how the detection time is
// distributed between its bounds. hearing is how many ends miss packets: of
// two that jitter independently, the first to know counts.
//
// A multiplier of 1 has another jitter (RFC 5880 section 6.8.7). Keepalives
// are known to be sent without jitter, and by both ends from the same moment
// on, by the embedded speaker only.
func shaped(s Setting, l topologies.Link, only lab.Traffic, hearing int, t Theory) Theory {
	byBFD := l.BFD != nil && only != lab.TrafficBGP
	switch {
	case t.Unbounded || byBFD && l.BFD.Multiplier == 1:
	case byBFD && hearing == 2:
		t.Shape = record.JitteredFirst
	case byBFD:
		t.Shape = record.Jittered
	case embedded(s, l):
		t.Shape = record.Uniform
	}
	return t
}

// embedded says whether both ends of the link run the embedded speaker.
func embedded(s Setting, l topologies.Link) bool {
	for _, e := range l.Ends {
		if n, _ := s.Topology.Node(e.Node); n.Daemon != "gobgp" || n.Config != "" {
			return false
		}
	}
	return true
}
