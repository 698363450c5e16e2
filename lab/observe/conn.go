package observe

import (
	"fmt"

	"github.com/osrg/gobgp/v3/pkg/packet/bgp"

	"anylab/lab/record"
)

// conn is one TCP connection of a BGP session, as far as it was seen.
type conn struct {
	ways    [2]way
	isn     uint32 // of the SYN that opened it
	opened  bool   // that SYN was seen
	carried bool   // it has carried a BGP message
	reset   bool
}

// way is one direction of a conn.
type way struct {
	order stream
	text  splitter
	open  bgp.BGPBody // the OPEN that was sent this way, nil if not seen
	fin   bool
}

// sight is one thing seen on a conn. Doubt says what could not be read.
type sight struct {
	at    record.Time
	msg   record.BGP
	doubt string
}

// take adds a segment that was sent in the direction dir, 0 or 1, and returns
// what it completes.
func (c *conn) take(dir int, g segment) []sight {
	if g.syn && !g.ack && (!c.opened || c.isn != g.seq) {
		*c = conn{opened: true, isn: g.seq} // the ports were used before
	}
	w := &c.ways[dir]
	var seen []sight
	for _, g := range w.order.push(g) {
		if g.missingBefore {
			w.text.buf = nil
			seen = append(seen, sight{at: g.at, doubt: "TCP data is missing from the capture"})
		}
		w.text.buf = append(w.text.buf, g.data...)
		seen = append(seen, c.messages(dir, g.at)...)
		if g.fin && !w.fin && c.session() {
			w.fin = true
			seen = append(seen, sight{at: g.at, msg: record.BGP{Type: record.BGPFin}})
		}
	}
	if g.rst && !c.reset {
		c.reset = true
		if c.session() {
			seen = append(seen, sight{at: g.at, msg: record.BGP{Type: record.BGPRst}})
		}
	}
	return seen
}

// session says whether the end of the connection is the end of a session: a
// refused connection ends in RST as well. One that was open before the
// capture began is taken for a session.
func (c *conn) session() bool { return c.carried || !c.opened }

// idle says that c is closed or has never been a session.
func (c *conn) idle() bool {
	return c.reset || c.ways[0].fin && c.ways[1].fin || c.opened && !c.carried
}

func (c *conn) messages(dir int, at record.Time) []sight {
	w := &c.ways[dir]
	var seen []sight
	for {
		msg, skipped := w.text.next()
		if skipped > 0 && (c.opened || c.carried) { // else the capture began inside a message
			seen = append(seen, sight{at: at, doubt: fmt.Sprintf("%d bytes belong to no BGP message", skipped)})
		}
		if msg == nil {
			return seen
		}
		c.carried = true
		r, body, err := parse(msg, c.options(dir, msg))
		if r.Type == record.BGPOpen {
			w.open = body
		}
		s := sight{at: at, msg: r}
		if err != nil {
			s.doubt = err.Error()
		}
		seen = append(seen, s)
	}
}

// options returns how a message in the direction dir is to be read: prefixes
// carry a path identifier where their sender said that it can send one and
// the other side that it can receive it.
func (c *conn) options(dir int, msg []byte) *bgp.MarshallingOption {
	if msg[headerLen-1] != bgp.BGP_MSG_UPDATE {
		return nil
	}
	sends := addPath(c.ways[dir].open, bgp.BGP_ADD_PATH_SEND)
	receives := addPath(c.ways[1-dir].open, bgp.BGP_ADD_PATH_RECEIVE)
	o := &bgp.MarshallingOption{AddPath: map[bgp.RouteFamily]bgp.BGPAddPathMode{}}
	for family := range sends {
		if sends[family] && receives[family] {
			o.AddPath[family] = bgp.BGP_ADD_PATH_RECEIVE
		}
	}
	return o
}
