package fault

import (
	"fmt"
	"time"

	"anylab/lab/record"
	"anylab/topologies"
)

// Theory is what the configuration says about a fault's detection
// (anylab help measurement), in time since the fault took effect.
type Theory struct {
	Low, High time.Duration
	Why       string        // the sentence that derives the bounds
	Period    time.Duration // of the longest timer in play: the fault's moment is drawn over it
	Unbounded bool          // nothing is known to detect it
	Shape     record.Shape  // of the distribution between the bounds; empty: not known
	Told      Told
}

// Told is what the routers learn of the fault that must move the traffic, and so
// what is seen of its detection before their own routes change.
type Told string

// What routers are told.
const (
	Withdrawal Told = "withdrawal"  // an UPDATE that withdraws the route
	Change     Told = "change"      // an UPDATE that announces the route, with other attributes or anew
	SessionEnd Told = "session end" // the end of the session, or of the BFD or the link that carried it
	Silence    Told = "silence"     // what they wait for does not come: they find out by themselves, and nobody hears it
	Nothing    Told = "nothing"
	Unknown    Told = "unknown"
)

// Bounds returns the theory in the form in which a run records it, nil when
// nothing is detected.
func (t Theory) Bounds() *record.Bounds {
	if t.Unbounded {
		return nil
	}
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	return &record.Bounds{Low: ms(t.Low), High: ms(t.High), Why: t.Why, Shape: t.Shape}
}

// watchLatency bounds how long the kernel takes to tell of an exit or of a
// lost carrier: it was measured below a millisecond (anylab help measurement).
const watchLatency = time.Millisecond

// never is the theory of what nobody detects.
func never(why string, args ...any) Theory {
	return Theory{Unbounded: true, Told: Nothing, Why: fmt.Sprintf(why, args...)}
}

// atOnce is the theory of what those who must know are told.
func atOnce(by Told, why string, args ...any) Theory {
	return Theory{High: watchLatency, Told: by, Why: fmt.Sprintf(why, args...)}
}

// carrierLoss is the theory of an end that the kernel tells.
func carrierLoss() Theory { return atOnce(SessionEnd, "the kernel tells of the lost carrier") }

// last is the theory of several detectors of which each is needed. What is seen
// of the detection may be the first one's or the last one's. One that never
// detects makes the whole unbounded.
func last(all ...Theory) Theory {
	if len(all) == 0 {
		return never("no session is concerned")
	}
	early, late := all[0], all[0]
	for _, u := range all {
		if u.Unbounded {
			return u
		}
		if u.Low < early.Low {
			early = u
		}
		if u.High > late.High || u.High == late.High && u.Low < late.Low {
			late = u
		}
	}
	t := late
	if early.Low < late.Low {
		t.Low = early.Low
		t.Why += "; seen of it may be who knows first: " + early.Why
	}
	for _, u := range all {
		t.Period = max(t.Period, u.Period)
	}
	if len(all) > 1 {
		t.Shape = "" // of the first or last of several
	}
	return t
}

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

// hasBFD says whether a session over the link has BFD, or may have it.
func hasBFD(s Setting, l topologies.Link) bool {
	w := s.Daemons.Watch(l, l.Ends[0].Node)
	return hasSession(s, l) && (w.BFD.Every > 0 || w.BFD.Unknown != "")
}

func hasSession(s Setting, l topologies.Link) bool {
	return s.Topology.HasBGP(l) || s.Topology.Members(l)
}
