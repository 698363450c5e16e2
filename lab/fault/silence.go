package fault

import (
	"fmt"
	"time"

	"anylab/lab/record"
	"anylab/topologies"
)

// silence is the theory of a link over which packets of a class no longer
// arrive, with the carrier still there. BFD is the first to know; without it,
// or as long as its own packets arrive, BGP's hold time decides.
func silence(l topologies.Link, only Packets) Theory {
	all := only == "" || only == All
	switch {
	case l.BFD != nil && (all || only == BFDPackets):
		return bfdTimeout(*l.BFD)
	case l.BGP.Hold > 0 && (all || only == BGPPackets):
		return holdTimeout(l.BGP)
	case all || only == BGPPackets:
		return never("neither BFD nor a hold time watches the session")
	case only == BFDPackets:
		return never("no BFD runs here, so nobody misses its packets")
	}
	return never("keepalives and BFD pass, so all sessions stay up while the data is lost")
}

// deafness is the theory of a link whose one end no longer hears the other,
// which hears on.
//
// With BFD the deaf end detects it and tells the other in its next packet.
// BGP's hold timer expires at the deaf end as well, but its NOTIFICATION does
// not get through: TCP has unacknowledged data by then, and after a
// retransmission timeout it sends nothing but the oldest segment again (RFC
// 5681 section 3.1), so new messages queue behind it. For the same reason only
// the first keepalive after the fault arrives: the hearing end waits for its
// own hold time after that one.
func deafness(s Setting, l topologies.Link, deaf string, only Packets) Theory {
	t := silence(l, only)
	byHold := l.BFD == nil || only == BGPPackets
	_, hearing := l.Of(deaf)
	n, _ := s.Topology.Node(hearing.Node)
	if t.Unbounded || !byHold || n.Role != topologies.Router {
		return t
	}
	t.Low, t.High, t.Told = l.BGP.Hold, l.BGP.Hold+l.BGP.Keepalive, Nothing
	t.Why = fmt.Sprintf("%s hears one more keepalive within %v, then its hold time %v passes: TCP holds back what %s, which hears nothing, says later",
		hearing.Node, l.BGP.Keepalive, l.BGP.Hold, deaf)
	return t
}

// bfdTimeout: the detection time (RFC 5880 section 6.8.4), minus the age of
// the last packet that arrived. Both ends have the link's intervals.
func bfdTimeout(b topologies.BFD) Theory {
	m := time.Duration(b.Multiplier)
	return Theory{
		Low: (m - 1) * b.Interval, High: m * b.Interval, Period: b.Interval, Told: SessionEnd,
		Why: fmt.Sprintf("BFD: %d x %v, minus up to %v since the last packet", b.Multiplier, b.Interval, b.Interval),
	}
}

// holdTimeout: the hold time (RFC 4271 section 6.5), minus the age of the last
// keepalive or update that arrived.
func holdTimeout(t topologies.Timers) Theory {
	return Theory{
		Low: t.Hold - t.Keepalive, High: t.Hold, Period: t.Keepalive, Told: Silence,
		Why: fmt.Sprintf("hold time %v, minus up to %v since the last keepalive", t.Hold, t.Keepalive),
	}
}

// cutOff is the theory of a node that no longer speaks on any link, while all
// carriers stay.
func cutOff(s Setting, node string) Theory {
	var all []Theory
	for _, l := range speakersLinks(s, node) {
		all = append(all, shaped(s, l, All, 1, silence(l, All)))
	}
	return last(all...)
}

// shaped adds to the theory of a silence on a link how the detection time is
// distributed between its bounds. hearing is how many ends miss packets and can
// be heard to: of two that jitter independently, the first to know counts.
//
// A multiplier of 1 has another jitter (RFC 5880 section 6.8.7). Keepalives
// without jitter that both ends send from the same moment on are known of some
// daemons only.
func shaped(s Setting, l topologies.Link, only Packets, hearing int, t Theory) Theory {
	byBFD := l.BFD != nil && only != BGPPackets
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

// steady says whether the daemons at both ends of the link are.
func steady(s Setting, l topologies.Link) bool {
	for _, e := range l.Ends {
		if n, _ := s.Topology.Node(e.Node); !s.Daemons.Steady(n) {
			return false
		}
	}
	return true
}
