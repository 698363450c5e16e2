package simulate

import (
	"cmp"
	"slices"
	"time"

	"anylab/lab/record"
)

// caller is a prober whose requests travel over connections.
type caller struct {
	*prober
	trips int     // of a request and its answer at most, the handshake included
	lines []*line // of the flows
}

// line is the connection that a flow keeps.
type line struct {
	*connection // nil: none
	spoken      bool
	node        string
	pending     []*call     // without an answer, the oldest first
	waiting     record.Time // when the oldest request was sent that nothing has come for since; 0: none
}

// call is a request.
type call struct {
	record.Sample
	own  bool // it is recorded
	done bool
}

// newCaller has the prober call, from now on.
func newCaller(p *prober, trips int) *caller {
	c := &caller{prober: p, trips: trips}
	for range p.Flows {
		c.lines = append(c.lines, &line{})
	}
	p.lab.at(p.due, c.turn)
	return c
}

// turn sends what is due.
func (c *caller) turn() {
	c.prober.turn(c.due)
	q := &call{Sample: record.Sample{Seq: c.next, Flow: int(c.next % uint64(c.Flows)), Due: c.due, Sent: c.due}, own: c.out != nil && !c.idle}
	c.next++
	c.due = c.due.Add(c.Spacing())
	c.lab.at(c.due, c.turn)
	if c.Streams() {
		c.asks(q)
	} else {
		c.calls(q)
	}
}

// dial makes a connection with a port of its own.
func (c *caller) dial(number int) *connection {
	made := &connection{caller: c, number: number, hash: flow{c.by(number).pair, c.lab.random.Uint64()}}
	made.to.begin(made, made.toServer, func(arrives func()) { made.reply(made.site, arrives) })
	made.back.begin(made, func(arrives func()) { made.reply(made.site, arrives) }, made.toServer)
	return made
}

// calls makes a connection for one request. The handshake is the answer, or what the
// server says then.
func (c *caller) calls(q *call) {
	made := c.dial(q.Flow)
	var shaken record.Time
	finish := func(at record.Time, by string) {
		made.drop()
		c.done(q, at, by)
	}
	made.opens = func(first bool) {
		switch shaken = c.lab.now; {
		case c.Unrepeated() && !first:
			finish(0, "")
		case c.trips > 1:
			made.ask(q)
		}
	}
	made.heard = func(said phrase) {
		switch {
		case c.trips == 1:
			finish(shaken, made.site.Name)
		case said.to == nil:
		case said.good:
			finish(c.lab.now, made.site.Name)
		default:
			finish(0, "")
		}
	}
	made.ended = func(record.StreamEvent) { finish(c.handshake(shaken), "") }
	c.lab.after(c.Timeout, func() {
		if !q.done {
			finish(c.handshake(shaken), "")
		}
	})
	made.open()
}

// handshake is the answer of a server that says nothing by itself.
func (c *caller) handshake(shaken record.Time) record.Time {
	if c.trips == 1 {
		return shaken
	}
	return 0
}

// done is when it is known what has become of a request: 0 if it is lost.
func (c *caller) done(q *call, at record.Time, by string) {
	if q.done {
		return
	}
	q.done, q.Received, q.Node = true, at, by
	c.note(q.Sample)
	if q.own {
		c.write(q.Sample)
	}
}

// asks sends a request over its flow's connection, or over a new one.
func (c *caller) asks(q *call) {
	l := c.lines[q.Flow]
	l.waiting = cmp.Or(l.waiting, c.lab.now)
	if l.connection == nil {
		c.connect(q.Flow)
	}
	l.pending = append(l.pending, q)
	if l.connected != 0 {
		l.ask(q)
	}
	c.lab.after(c.Timeout, func() {
		if !q.done && slices.Contains(l.pending, q) {
			l.end(record.StreamTimeout)
		}
		c.done(q, 0, "")
	})
}

// connect has a flow connect.
func (c *caller) connect(number int) {
	l, made := c.lines[number], c.dial(number)
	l.connection, l.spoken, l.node, l.pending = made, false, "", nil
	made.opens = func(bool) {
		for _, q := range l.pending {
			made.ask(q)
		}
	}
	made.heard = func(said phrase) { c.hears(l, said) }
	made.ended = func(how record.StreamEvent) { c.ends(l, how) }
	made.open()
}

// hears notes what the server says.
func (c *caller) hears(l *line, said phrase) {
	if said.named {
		l.node = l.site.Name
	}
	if !l.spoken {
		l.spoken = true
		c.tells(l, record.StreamConnected, l.connected)
	}
	if said.to == nil {
		return
	}
	l.pending = slices.DeleteFunc(l.pending, func(q *call) bool { return q == said.to })
	if !said.good {
		return
	}
	c.done(said.to, c.lab.now, l.node)
	if l.waiting = 0; len(l.pending) > 0 {
		l.waiting = l.pending[0].Sent
	}
}

// ends gives a connection up, and what waits on it. One on which the server has spoken is
// made anew at once; else the next request tries again.
func (c *caller) ends(l *line, how record.StreamEvent) {
	lost, number := l.pending, l.number
	if l.spoken {
		c.tells(l, how, c.lab.now)
	}
	if l.spoken {
		c.connect(number)
	} else {
		l.connection, l.pending = nil, nil
	}
	for _, q := range lost {
		c.done(q, 0, "")
	}
}

func (c *caller) tells(l *line, what record.StreamEvent, at record.Time) {
	waited := time.Duration(0)
	if l.waiting != 0 {
		waited = max(0, at.Sub(l.waiting))
	}
	c.lab.out.Emit(record.Event{At: at, Kind: record.KindStream, Node: c.client.Name,
		Data: record.Stream{Group: c.Name, Flow: l.number, Event: what, Node: l.node, Waited: waited}})
}
