package simulate

import (
	"net/netip"
	"slices"
	"time"

	"anylab/lab/record"
)

// connection is one of TCP (RFC 9293), from a client to the site that its packets came
// to first. What comes to another site later is answered with a reset.
type connection struct {
	*caller
	number int  // of the flow it is of
	hash   flow // its port is its own
	tries  int  // SYNs

	site      *node
	process   *process    // the server's that has it
	connected record.Time // at the client; 0: not yet
	accepted  bool        // by the server
	over      bool
	to, back  pipe // what the client sends, and the server

	heard func(said phrase)            // by the client
	ended func(how record.StreamEvent) // as the client learns
	opens func(first bool)             // at the client: whether it was the first SYN that was answered
}

// phrase is what a server says.
type phrase struct {
	to    *call // which request it answers; nil: none
	good  bool
	named bool // it says who it is
}

// synAgain is after how long TCP sends a SYN again, twice as long each time (RFC 6298
// section 2.1).
const synAgain = time.Second

// open sends a SYN, and again while nothing answers.
func (c *connection) open() {
	if c.over || c.connected != 0 {
		return
	}
	first, sent := c.tries == 0, c.lab.now
	c.lab.carry(c.client, c.prefix, c.hash, func(site *node) {
		s := site.serverOf(c.Service)
		if s == nil || s.proc.dead {
			c.refuse(site)
			return
		}
		proc := s.proc
		c.reply(site, func() {
			if c.over || c.connected != 0 {
				return
			}
			c.site, c.process, c.connected = site, proc, c.lab.now
			c.back.trip, c.to.trip = c.lab.now.Sub(sent), c.lab.now.Sub(sent)
			s.connections = append(s.connections, c)
			c.toServer(func() {}) // what ends the handshake
			c.opens(first)
		})
	})
	c.lab.after(synAgain<<min(c.tries, 6), c.open)
	c.tries++
}

// toServer carries a packet of the client's to where it goes by now.
func (c *connection) toServer(arrives func()) {
	c.lab.carry(c.client, c.prefix, c.hash, func(at *node) {
		s := at.serverOf(c.Service)
		switch {
		case s == nil || s.proc != c.process || c.process.dead || at != c.site:
			c.refuse(at)
		case !c.over:
			c.accept(s)
			arrives()
		}
	})
}

// accept has the server greet a client that is new to it, if it is of those that do.
func (c *connection) accept(s *server) {
	if c.accepted {
		return
	}
	c.accepted = true
	if s.Kind == "tcp" { // it says its name first
		c.process.do(func() { c.back.send(func() { c.heard(phrase{named: true}) }) })
	}
}

// refuse has a node that has no such connection reset it.
func (c *connection) refuse(at *node) { c.reply(at, func() { c.end(record.StreamReset) }) }

// reply carries a packet from a site to the client.
func (c *connection) reply(from *node, arrives func()) {
	home := c.client.ports[0].subnet(record.FamilyOf(c.prefix.Addr()))
	c.lab.carry(from, home, c.hash, func(*node) { arrives() })
}

// end is when the client learns that the connection is no more.
func (c *connection) end(how record.StreamEvent) {
	if c.over {
		return
	}
	c.drop()
	c.ended(how)
}

// drop has the client forget it.
func (c *connection) drop() {
	c.over = true
	if c.site != nil {
		if s := c.site.serverOf(c.Service); s != nil {
			s.connections = slices.DeleteFunc(s.connections, func(o *connection) bool { return o == c })
		}
	}
}

// hungUp is what the kernel does to the connections of a process that ends.
func (s *server) hungUp() {
	for _, c := range s.connections {
		c.reply(s.node, func() { c.end(record.StreamClosed) })
	}
	s.connections = nil
}

// ask sends a request, and says what the server does with it.
func (c *connection) ask(q *call) {
	c.to.send(func() {
		c.process.do(func() {
			s := c.site.serverOf(c.Service)
			c.process.later(s.behaves.Delay+serving, func() {
				good := !s.behaves.Wrong
				c.back.send(func() { c.heard(phrase{to: q, good: good, named: good}) })
			})
		})
	})
}

// serverOf is the node's server of a service, nil for none.
func (n *node) serverOf(service string) *server {
	for _, s := range n.servers {
		if s.Service.Name == service {
			return s
		}
	}
	return nil
}

// carry has a packet go from hop to hop, each as it is when the packet gets there.
func (l *Lab) carry(from *node, to netip.Prefix, by flow, arrives func(at *node)) {
	l.hop(from, to, by, mostHops, arrives)
}

func (l *Lab) hop(at *node, to netip.Prefix, by flow, left int, arrives func(at *node)) {
	if at.takes(to, l.now) {
		arrives(at)
		return
	}
	p := at.via(to, by, l.now)
	if p == nil || left == 0 {
		return
	}
	if way := p.data.last(); !way.open || l.lost(way.loss) {
		return
	}
	l.after(p.takes(), func() { l.hop(p.far.node, to, by, left-1, arrives) })
}
