package fault

import (
	"fmt"
	"time"

	"anylab/lab/record"
	"anylab/topologies"
	"anylab/topologies/document"
)

// silence is the theory of a link over which packets of a class no longer
// arrive at one end, the ear, with the carrier still there. BFD is the first to know
// unless the hold time is shorter; without it, or as long as its own packets arrive,
// the hold time decides.
func silence(s Setting, l topologies.Link, ear string, only Packets) Theory {
	w := s.Daemons.Watch(l, ear)
	switch bfd, hold := w.BFD, w.Hold; {
	case only == DataPackets:
		return never("keepalives and BFD pass, so all sessions stay up while the data is lost")
	case bfd.Unknown != "" && only != BGPPackets:
		return never("not known: %s", bfd.Unknown)
	case bfd.Every > 0 && only == BFDPackets:
		return bfdTimeout(bfd)
	case bfd.Every > 0 && only != BGPPackets:
		return firstOf(bfdTimeout(bfd), hold)
	case only == BFDPackets:
		return never("no BFD runs here, so nobody misses its packets")
	case hold.Unknown != "":
		return never("not known: %s", hold.Unknown)
	case hold.Time > 0:
		return holdTimeout(hold)
	}
	return never("neither BFD nor a hold time watches the session")
}

// firstOf is the theory of an end that BFD and the hold time watch.
func firstOf(bfd Theory, w HoldWatch) Theory {
	hold := holdTimeout(w)
	switch {
	case w.Unknown != "" || w.Time == 0 || bfd.High <= hold.Low:
		return bfd
	case hold.High <= bfd.Low:
		hold.Why += ", before BFD would give up"
		return hold
	}
	return Theory{Low: min(bfd.Low, hold.Low), High: min(bfd.High, hold.High), Period: max(bfd.Period, hold.Period), Told: Unknown,
		Why: fmt.Sprintf("%s; or %s: whichever is first", bfd.Why, hold.Why)}
}

// silenced is the theory of a link on which both ends miss packets. What a site
// makes of it is dropped before anybody sees it: a router's own detection is the
// one that counts, if there is one. Where only BFD is lost, whoever gives up first
// says so over BGP.
func silenced(s Setting, l topologies.Link, only Packets) Theory {
	var routers, all []Theory
	for _, e := range l.Ends {
		t := silence(s, l, e.Node, only)
		if n, _ := s.Topology.Node(e.Node); n.Role == topologies.Router {
			routers = append(routers, t)
		}
		all = append(all, t)
	}
	switch {
	case only == BFDPackets:
		return eitherEnd(all[0], all[1])
	case len(routers) > 0:
		return last(routers...)
	}
	return last(all...)
}

// eitherEnd is the theory of two ends of which the first to detect tells the other.
func eitherEnd(a, b Theory) Theory {
	switch {
	case a.Unbounded:
		return a
	case b.Unbounded:
		return b
	case b.High < a.High:
		a, b = b, a
	}
	a.Low, a.Period = min(a.Low, b.Low), max(a.Period, b.Period)
	a.Why += ", and the end that gives up first tells the other over BGP, which passes"
	return a
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
	if s.Daemons.Watch(l, deaf).BFD.Echo && only != BGPPackets { // what the hearing end sends does not come back
		return silenced(s, l, only)
	}
	t := silence(s, l, deaf, only)
	_, hearing := l.Of(deaf)
	n, _ := s.Topology.Node(hearing.Node)
	w := s.Daemons.Watch(l, hearing.Node)
	byHold := w.BFD.Every == 0 || only == BGPPackets || t.Told == Silence
	if t.Unbounded || !byHold || n.Role != topologies.Router {
		return t
	}
	if w.Hold.Unknown != "" {
		return never("not known: %s", w.Hold.Unknown)
	}
	t.Low, t.High, t.Told = w.Hold.Least, w.Hold.Time+w.Hold.Keepalive, Silence
	t.Why = fmt.Sprintf("%s hears one more keepalive within %v, then %s passes: TCP holds back what %s, which hears nothing, says later",
		hearing.Node, document.Duration(w.Hold.Keepalive), w.Hold.held(), deaf)
	return t
}

// bfdTimeout: the detection time (RFC 5880 section 6.8.4), minus the age of
// the last packet that arrived.
func bfdTimeout(w BFDWatch) Theory {
	m, what := time.Duration(w.Multiplier), "BFD"
	if w.Echo {
		what = "BFD's echo"
	}
	return Theory{
		Low: (m - 1) * w.Every, High: m * w.Every, Period: w.Every, Told: SessionEnd,
		Why: fmt.Sprintf("%s%s gives up %d x %s after the last packet, which came up to %s before the fault",
			what, bracketed(w.Where), w.Multiplier, document.Duration(w.Every), document.Duration(w.Every)),
	}
}

// holdTimeout: the hold time (RFC 4271 section 6.5), minus the age of the last
// keepalive or update that arrived.
func holdTimeout(w HoldWatch) Theory {
	return Theory{
		Low: max(0, w.Least-w.Keepalive), High: w.Time, Period: w.Keepalive, Told: Silence,
		Why: fmt.Sprintf("%s, less up to %s since the last %s", w.held(), document.Duration(w.Keepalive), w.sign()),
	}
}

// sign is what the other end sends to be known alive.
func (w HoldWatch) sign() string {
	if w.Name != "" {
		return "advertisement"
	}
	return "keepalive"
}

// held names the hold time, how it is drawn, and where it stands.
func (w HoldWatch) held() string {
	if w.Least < w.Time {
		return fmt.Sprintf("a hold timer drawn between %s and %s%s, which may be overslept (anylab help daemons)", document.Duration(w.Least), document.Duration(w.Time), bracketed(w.Where))
	}
	if w.Name != "" {
		return fmt.Sprintf("%s %s", w.Name, document.Duration(w.Time))
	}
	return fmt.Sprintf("the hold time of %s%s", document.Duration(w.Time), bracketed(w.Where))
}

func bracketed(where string) string {
	if where == "" {
		return ""
	}
	return " (" + where + ")"
}

// cutOff is the theory of a node that no longer speaks on any link, while all
// carriers stay.
func cutOff(s Setting, node string) Theory {
	var all []Theory
	for _, l := range speakersLinks(s, node) {
		_, ear := l.Of(node)
		all = append(all, shaped(s, l, All, 1, silence(s, l, ear.Node, All)))
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
	w, far := s.Daemons.Watch(l, l.Ends[0].Node), s.Daemons.Watch(l, l.Ends[1].Node)
	byBFD := w.BFD.Every > 0 && only != BGPPackets && t.Told != Silence
	alike := w.BFD.Every == far.BFD.Every && w.BFD.Multiplier == far.BFD.Multiplier
	switch {
	case t.Unbounded || t.Told == Unknown || byBFD && min(w.BFD.Multiplier, far.BFD.Multiplier) == 1:
	case byBFD && hearing == 2 && !alike: // either may be the first
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
