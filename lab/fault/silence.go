package fault

import (
	"fmt"
	"time"

	"anylab/lab"
	"anylab/topologies"
)

// speakersLinks returns the links of a node over which its daemon has a
// session.
func speakersLinks(s Setting, node string) []topologies.Link {
	var links []topologies.Link
	for _, l := range s.Topology.LinksOf(node) {
		if hasSession(s, l) {
			links = append(links, l)
		}
	}
	return links
}

func hasSession(s Setting, l topologies.Link) bool {
	a, _ := s.Topology.Node(l.Ends[0].Node)
	b, _ := s.Topology.Node(l.Ends[1].Node)
	return a.Daemon != "" && b.Daemon != ""
}

// silence is the theory of a link over which packets of a class no longer
// arrive, with the carrier still there. BFD is the first to know; without it,
// or as long as its own packets arrive, BGP's hold time decides.
func silence(l topologies.Link, only lab.Traffic) Theory {
	all := only == "" || only == lab.TrafficAll
	switch {
	case l.BFD != nil && (all || only == lab.TrafficBFD):
		return bfdTimeout(*l.BFD)
	case l.BGP.Hold > 0 && (all || only == lab.TrafficBGP):
		return holdTimeout(l.BGP)
	case all || only == lab.TrafficBGP:
		return Theory{Unbounded: true, Why: "neither BFD nor a hold time watches the session"}
	case only == lab.TrafficBFD:
		return Theory{Unbounded: true, Why: "no BFD runs here, so nobody misses its packets"}
	}
	return Theory{Unbounded: true, Why: "keepalives and BFD pass, so all sessions stay up while the data is lost"}
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
func deafness(s Setting, l topologies.Link, deaf string, only lab.Traffic) Theory {
	t := silence(l, only)
	byHold := l.BFD == nil || only == lab.TrafficBGP
	_, hearing := l.Of(deaf)
	n, _ := s.Topology.Node(hearing.Node)
	if t.Unbounded || !byHold || n.Role != topologies.Router {
		return t
	}
	t.Low, t.High = l.BGP.Hold, l.BGP.Hold+l.BGP.Keepalive
	t.Why = fmt.Sprintf("%s hears one more keepalive within %v, then its hold time %v passes: TCP holds back what %s, which hears nothing, says later",
		hearing.Node, l.BGP.Keepalive, l.BGP.Hold, deaf)
	return t
}

// bfdTimeout: the detection time (RFC 5880 section 6.8.4), minus the age of
// the last packet that arrived. Both ends have the link's intervals.
func bfdTimeout(b topologies.BFD) Theory {
	m := time.Duration(b.Multiplier)
	return Theory{
		Low: (m - 1) * b.Interval, High: m * b.Interval, Period: b.Interval,
		Why: fmt.Sprintf("BFD: %d x %v, minus up to %v since the last packet", b.Multiplier, b.Interval, b.Interval),
	}
}

// holdTimeout: the hold time (RFC 4271 section 6.5), minus the age of the last
// keepalive or update that arrived.
func holdTimeout(t topologies.Timers) Theory {
	return Theory{
		Low: t.Hold - t.Keepalive, High: t.Hold, Period: t.Keepalive,
		Why: fmt.Sprintf("hold time %v, minus up to %v since the last keepalive", t.Hold, t.Keepalive),
	}
}

// carrierLoss is the theory of an end that the kernel tells.
func carrierLoss() Theory {
	return Theory{High: watchLatency, Why: "the kernel tells of the lost carrier"}
}

// last is the theory of several detectors of which each is needed. What is seen
// of the detection may be the first one's or the last one's. One that never
// detects makes the whole unbounded.
func last(all ...Theory) Theory {
	if len(all) == 0 {
		return Theory{Unbounded: true, Why: "no session is concerned"}
	}
	t := all[0]
	for _, u := range all[1:] {
		switch {
		case t.Unbounded:
			return t
		case u.Unbounded:
			return u
		}
		if u.High > t.High {
			t.Why = u.Why
		}
		t.Low, t.High, t.Period = min(t.Low, u.Low), max(t.High, u.High), max(t.Period, u.Period)
		t.Shape = "" // of the first or last of several
	}
	return t
}

// cutOff is the theory of a node that no longer speaks on any link, while all
// carriers stay.
func cutOff(s Setting, node string) Theory {
	var all []Theory
	for _, l := range speakersLinks(s, node) {
		all = append(all, silence(l, lab.TrafficAll))
	}
	return last(all...)
}

// ways returns the directions of a link that the place means, and the link.
func (p Place) ways(s Setting) ([]lab.Way, topologies.Link, error) {
	l, err := p.link(s)
	if err == nil && p.End != "" {
		err = mistake("end", "packets are lost on the link, not at one end; direction: %s->%s is for one way", p.On[0], p.On[1])
	}
	if err != nil {
		return nil, l, err
	}
	if p.Direction[0] != "" {
		return []lab.Way{{Link: l.Name, From: p.Direction[0]}}, l, nil
	}
	return []lab.Way{{Link: l.Name, From: l.Ends[0].Node}, {Link: l.Name, From: l.Ends[1].Node}}, l, nil
}

// dropping is the part that faults share which discard packets.
type dropping struct{ drop *lab.Drop }

func (d *dropping) capabilities() []string { return []string{"nftables"} }

// active asks the kernel for the rules; nil means that none were made.
func (d *dropping) active() (bool, error) {
	if d.drop == nil {
		return false, nil
	}
	return d.drop.InEffect()
}

func (d *dropping) remove() error {
	if d.drop == nil {
		return nil
	}
	err := d.drop.Remove()
	if err == nil {
		d.drop = nil
	}
	return err
}
