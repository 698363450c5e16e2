package run

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"anylab/lab/record"
)

// undisturbed is for how long nothing may have changed before a trial begins,
// unless the scenario says it. Being served and connected is not enough: FRR holds
// the first UPDATEs to a new peer back for up to a second (its subgroup's coalesce
// time), two speakers that connect to each other at the same time may end both
// sessions, and what comes after the fault would be taken for its consequence.
const undisturbed = time.Second

// changes passes events on and remembers the last that told of a change in the
// network: what any two neighbors said to each other, and what a kernel did with it.
type changes struct {
	record.Sink

	mu      sync.Mutex
	last    record.Event
	notices map[[2]string]record.BGP // from, to -> the last NOTIFICATION
	again   map[[2]string]int        // how often it has come in a row, with no session in between
	offers  map[string]record.Event  // from -> the last UPDATE that announces something
}

// Emit implements record.Sink.
func (c *changes) Emit(e record.Event) {
	c.Sink.Emit(e)
	if change(e) == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	m, ok := e.Data.(record.BGP)
	if ok {
		c.refused(m)
	}
	if e.At > c.last.At && !(ok && c.hopeless(m)) {
		c.last = e
	}
	switch {
	case ok && m.Type == record.BGPNotification:
		if c.notices == nil {
			c.notices = map[[2]string]record.BGP{}
		}
		c.notices[[2]string{m.From, m.To}] = m
	case ok && len(m.Announce) > 0:
		if c.offers == nil {
			c.offers = map[string]record.Event{}
		}
		c.offers[m.From] = e
	}
}

// refusals is how often in a row one end refuses a session for the same reason, until
// that is no change any more. Collisions end by themselves.
const refusals = 3

// refused counts what ends a session, until there is one.
func (c *changes) refused(m record.BGP) {
	way, back := [2]string{m.From, m.To}, [2]string{m.To, m.From}
	switch last := c.notices[way]; {
	case m.Type == record.BGPUpdate:
		delete(c.again, way)
		delete(c.again, back)
		return
	case m.Type != record.BGPNotification || m.Code == 6 && m.Subcode == 7:
		return
	case c.again == nil:
		c.again = map[[2]string]int{}
	case last.Code != m.Code || last.Subcode != m.Subcode:
		c.again[way] = 0
	}
	c.again[way]++
}

// hopeless says whether the message is of a session that is refused again and again.
func (c *changes) hopeless(m record.BGP) bool {
	return max(c.again[[2]string{m.From, m.To}], c.again[[2]string{m.To, m.From}]) >= refusals
}

// offered returns the node's last UPDATE since then that announces something.
func (c *changes) offered(node string, since record.Time) (record.BGP, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.offers[node]
	m, ok := e.Data.(record.BGP)
	return m, ok && e.At >= since
}

// over says whether the last change is at least so long ago.
func (c *changes) over(now record.Time, still time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return now.Sub(c.last.At) >= still
}

// latest says what changed last, and how long ago.
func (c *changes) latest(now record.Time) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprintf("%s, %v ago", change(c.last), short(now.Sub(c.last.At)))
}

// change says, for people, what changed; empty if nothing did.
func change(e record.Event) string {
	switch d := e.Data.(type) {
	case record.BGP:
		switch d.Type {
		case record.BGPKeepalive:
			return ""
		case record.BGPFin, record.BGPRst:
			return fmt.Sprintf("%s ended a BGP connection with %s", d.From, d.To)
		}
		return fmt.Sprintf("%s sent a BGP %s to %s", d.From, strings.ToUpper(string(d.Type)), d.To)
	case record.BFD:
		return fmt.Sprintf("BFD of %s to %s became %s", d.From, d.To, d.State)
	case record.Carrier:
		return fmt.Sprintf("the carrier of %s's link to %s changed", e.Node, d.Peer)
	case record.Route:
		return fmt.Sprintf("the kernel of %s changed its route to %s", e.Node, d.Prefix)
	case record.Health:
		return fmt.Sprintf("the health check of %s on %s changed its verdict", d.Service, e.Node)
	}
	return ""
}
