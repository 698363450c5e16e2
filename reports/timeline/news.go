package timeline

import (
	"fmt"
	"slices"

	"anylab/lab/record"
)

// Hop is what one router did of what had to happen before users were served:
// the news came to it, its kernel followed, it told the next one. A moment that
// was not seen is 0.
type Hop struct {
	Router, From              string
	Received, Installed, Sent record.Time
}

// hops returns what the routers did that the news of the node came along, in
// order of the news.
func (s scene) hopsOf(events []record.Event, turns []turn, back bool) []Hop {
	var list []Hop
	for _, t := range turns {
		for i := 1; i < len(t.news); i++ {
			if !slices.ContainsFunc(list, func(h Hop) bool { return h.Router == t.news[i] }) {
				list = append(list, s.hop(events, t, i, back))
			}
		}
	}
	return list
}

func (s scene) hop(events []record.Event, t turn, i int, back bool) Hop {
	h := Hop{Router: t.news[i], From: t.news[i-1]}
	h.Received = moment(find(events, func(e record.Event) string { return seenAt(e, h.Router, s.tells(e, h.From, h.Router)) }))
	if i+1 < len(t.news) {
		h.Sent = moment(find(events, func(e record.Event) string { return s.tells(e, h.Router, t.news[i+1]) }))
		h.Installed = moment(find(events, func(e record.Event) string { return s.turns(e, h.Router, h.From, back) }))
		return h
	}
	h.Installed = moment(s.turned(events, t))
	if told := s.passedOn(events, t); told != nil {
		h.Received = told.At
	}
	return h
}

func moment(s *Stage) record.Time {
	if s == nil {
		return 0
	}
	return s.At
}

// turns says whether the router leads to its next hop, or no longer, by what the
// kernel's route says.
func (s scene) turns(e record.Event, router, next string, onto bool) string {
	hops, kind := s.hops(e, router)
	if kind != "route" || leads(hops, next) != onto {
		return ""
	}
	return kind
}

// tells says what news of the prefix one node sends another.
func (s scene) tells(e record.Event, from, to string) string {
	d, ok := e.Data.(record.BGP)
	if !ok || d.From != from || d.To != to {
		return ""
	}
	if over := d.Ends() && from == s.node && !s.foreign(d.Family, from, to); !over && !s.concerns(d) {
		return ""
	}
	return fmt.Sprintf("%s to %s: %s", d.From, d.To, message(d))
}

// passedOn returns when the router of the turn had been told by the one before
// it: with the last message before it followed; if it never did, with the first.
func (s scene) passedOn(events []record.Event, t turn) *Stage {
	if len(t.news) < 3 {
		return nil
	}
	return s.toldBy(events, t, t.news[len(t.news)-2], func(record.BGP) bool { return true })
}

func (s scene) toldBy(events []record.Event, t turn, from string, wanted func(record.BGP) bool) *Stage {
	followed := s.turned(events, t)
	var told *Stage
	for _, e := range events {
		d, ok := e.Data.(record.BGP)
		if !ok || d.From != from || d.To != t.router || e.Node != t.router || d.Out || !s.concerns(d) || !wanted(d) {
			continue
		}
		if told != nil && (followed == nil || e.At > followed.At) {
			break // what comes now is no cause: perhaps an echo of what the router has told by then
		}
		told = &Stage{At: e.At, Evidence: fmt.Sprintf("%s to %s: %s", d.From, d.To, message(d)), Source: source(e), Kind: e.Kind}
	}
	if told != nil && followed != nil && told.At > followed.At.Add(unread) {
		return nil // it came when all was done
	}
	return told
}

// offered returns when the site that the router of the turn then led to had
// announced itself, and when the router was told of that way, if they had not
// done so before.
func (s scene) offered(events []record.Event, t turn) (announced, told *Stage) {
	announces := func(d record.BGP) bool { return slices.ContainsFunc(d.Announce, s.covers) }
	for i := 1; i < len(t.takes); i++ {
		from, to := t.takes[i-1], t.takes[i]
		if s.known(events[0].At, from, to) {
			continue
		}
		o := s.toldBy(events, turn{router: to, onto: []string{from}, by: t.by}, from, announces)
		if i == 1 && o == nil {
			o = s.takeover(events, from)
		}
		if i == 1 && o != nil {
			o.By, announced = from, o
		}
		if i > 1 {
			told = later(told, o)
		}
	}
	return announced, told
}

// known says whether the last that one node had told the other of the prefix,
// before the time, was an announcement, on a session that is up.
func (s scene) known(before record.Time, from, to string) bool {
	for _, e := range slices.Backward(s.past.upTo(before).told(from, to)) {
		d, _ := e.Data.(record.BGP)
		switch {
		case d.Ends() && !s.foreign(d.Family, from, to):
			return false
		case slices.ContainsFunc(d.Announce, s.covers):
			return true
		case slices.ContainsFunc(d.Withdraw, s.covers):
			return false
		}
	}
	return false
}
