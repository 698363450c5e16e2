package run

import (
	"fmt"
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
	opening openings
	notices map[[2]string]record.Event // from, to -> the last NOTIFICATION
	again   map[direction]refusal      // of all links
	offers  map[string]record.Event    // from -> the last UPDATE that announces something
}

// Emit implements record.Sink.
func (c *changes) Emit(e record.Event) {
	c.Sink.Emit(e)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.opening == nil {
		c.opening = openings{}
	}
	ended := c.opening.see(e)
	if e.Change() == "" {
		return
	}
	m, ok := e.Data.(record.BGP)
	if ok && m.Out {
		c.refused(m, ended)
	}
	if e.At > c.last.At && (!ok || !c.hopeless(m)) {
		c.last = e
	}
	switch {
	case ok && m.Type == record.BGPNotification:
		if c.notices == nil {
			c.notices = map[[2]string]record.Event{}
		}
		c.notices[[2]string{m.From, m.To}] = e
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

// refusal is a NOTIFICATION that has come so often in a row.
type refusal struct {
	code, subcode uint8
	times         int
}

// between returns the two directions of the message's session, whatever its link.
func between(m record.BGP) (way, back direction) {
	return direction{from: m.From, to: m.To, family: m.Family}, direction{from: m.To, to: m.From, family: m.Family}
}

// refused counts what keeps a session from coming up, until it does: it has ended one
// that was up, or carries routes.
func (c *changes) refused(m record.BGP, wasUp bool) {
	way, back := between(m)
	switch {
	case m.Type == record.BGPUpdate || wasUp:
		delete(c.again, way)
		delete(c.again, back)
	case m.Type == record.BGPNotification && !collides(m):
		if c.again == nil {
			c.again = map[direction]refusal{}
		}
		now := refusal{m.Code, m.Subcode, 1}
		if last := c.again[way]; last.code == m.Code && last.subcode == m.Subcode {
			now.times += last.times
		}
		c.again[way] = now
	}
}

// hopeless says whether the message is of a session that is refused again and again.
func (c *changes) hopeless(m record.BGP) bool {
	way, back := between(m)
	return max(c.again[way].times, c.again[back].times) >= refusals
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

// lacking lists what sessions that came up a short while ago have yet to bring.
func (c *changes) lacking(now record.Time) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.opening.lacking(now)
}

// latest says what changed last, and how long ago.
func (c *changes) latest(now record.Time) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprintf("%s, %v ago", c.last.Change(), short(now.Sub(c.last.At)))
}
