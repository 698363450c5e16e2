package run

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"anylab/lab/bfd"
	"anylab/lab/record"
)

// carrying is how long the first routes of a session that has come up are waited for.
// A speaker that has none to send may say so (the End-of-RIB marker of RFC 4724) or
// not; of those that have some FRR takes longest: 1.6 s at most were seen, without an
// update-delay. BFD that is not up by then may have no far end.
const carrying = 2500 * time.Millisecond

// direction is one of a session's two.
type direction struct {
	from, to, link string
	family         record.Family
	bfd            bool
}

// openings are the directions of BGP sessions that have carried no route since the
// sender's OPEN, and those in which BFD is not up: since when the sender takes the
// BGP session for up, 0 while it does not, and when BFD changed last.
type openings map[direction]record.Time

// see takes what was seen at the sender's end. It returns whether that has ended a
// BGP session which both ends took for up.
func (o openings) see(e record.Event) (ended bool) {
	switch m := e.Data.(type) {
	case record.BGP:
		return m.Out && o.message(m, e.At)
	case record.BFD:
		way := direction{m.From, m.To, m.Link, m.Family, true}
		switch {
		case !m.Out:
		case m.State == bfd.Up.String() || m.State == bfd.AdminDown.String():
			delete(o, way)
		default:
			o[way] = e.At
		}
	}
	return false
}

func (o openings) message(m record.BGP, at record.Time) (ended bool) {
	way := direction{m.From, m.To, m.Link, m.Family, false}
	up, opened := o[way]
	switch {
	case m.Type == record.BGPOpen && up == 0:
		o[way] = 0
	case m.Type == record.BGPOpen: // of a second connection: only one of them stays
		o[way] = at
	case m.Type == record.BGPKeepalive && opened && up == 0:
		o[way] = at
	case m.Type == record.BGPUpdate:
		delete(o, way)
	case m.Type == record.BGPNotification && !collides(m):
		return o.end(m)
	}
	return false
}

// end forgets the session that a NOTIFICATION ends, and says whether it was up.
func (o openings) end(m record.BGP) (wasUp bool) {
	ends := 0
	maps.DeleteFunc(o, func(d direction, up record.Time) bool {
		between := d.from == m.From && d.to == m.To || d.from == m.To && d.to == m.From
		if d.bfd || d.family != m.Family || !between {
			return false
		}
		if up != 0 {
			ends++
		}
		return true
	})
	return ends == 2
}

// collides says whether the message ends one of two connections with the same peer
// (RFC 4271 section 6.8).
func collides(m record.BGP) bool {
	return m.Type == record.BGPNotification && m.Code == 6 && m.Subcode == 7
}

// lacking lists what the sessions that came up a short while ago lack, for people.
func (o openings) lacking(now record.Time) []string {
	var list []string
	for d, since := range o {
		switch {
		case since == 0 || now.Sub(since) >= carrying:
		case d.bfd:
			list = append(list, fmt.Sprintf("BFD of %s to %s is not up yet", d.from, d.to))
		default:
			list = append(list, fmt.Sprintf("%s has sent no route on its new session to %s", d.from, d.to))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
