package observe

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"time"

	"anylab/lab"
	"anylab/lab/record"
)

// bgpObserver records the BGP messages that a speaker's node sends and
// receives, as they are on the wire, and the changes that BFD packets and VRRP's
// advertisements tell. It keeps the packets of its links.
type bgpObserver struct {
	lab *lab.Lab
	o   Options
}

func newBGP(l *lab.Lab, o Options) Observer { return bgpObserver{l, o} }

// Start captures on all interfaces of n.
func (b bgpObserver) Start(ctx context.Context, n *lab.Node, out record.Sink) (func() error, error) {
	w := &wire{
		lab: b.lab, node: n.Name, out: out,
		links: map[int]lab.Interface{}, files: map[int]*pcapFile{},
		conns: map[endpoints]*conn{}, live: map[endpoints]*conn{}, interest: newInterest(b.lab.Topology().Anycast), spoken: map[[2]string]record.Time{}, said: map[direction]control{}, heard: map[virtual]advertised{}, decoder: newDecoder(),
	}
	for _, i := range n.Interfaces() {
		if _, shared := w.links[i.Index]; !shared {
			w.links[i.Index] = i
		}
	}
	if err := b.createFiles(w); err != nil {
		return nil, err
	}
	var c *capture
	err := n.Do(func() (err error) {
		c, err = openCapture(b.o.captureBuffer(), routingFilter(), 0)
		return err
	})
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	return background(func() error {
		return errors.Join(c.run(ctx, w.take, w.dropped), w.close())
	}), nil
}

// createFiles opens the capture files of the links that n is the first end of,
// so that each packet is in one file, once.
func (b bgpObserver) createFiles(w *wire) error {
	if b.o.PcapDir == "" {
		return nil
	}
	for index, i := range w.links {
		link, err := b.lab.Link(i.Link)
		if err != nil {
			return errors.Join(err, w.close())
		}
		if link.Ends[0].Node != w.node || !speaks(b.lab, link.Ends[1].Node) {
			continue
		}
		f, err := createPcap(b.o.PcapDir, link.Name, w.node, i.Dev)
		if err != nil {
			return errors.Join(err, w.close())
		}
		w.files[index] = f
	}
	return nil
}

// wire turns the packets of one node into events.
type wire struct {
	lab      *lab.Lab
	node     string
	out      record.Sink
	links    map[int]lab.Interface // by interface index
	files    map[int]*pcapFile     // by interface index
	conns    map[endpoints]*conn
	live     map[endpoints]*conn // of two addresses, whatever the ports: what carries their session
	interest *interest
	spoken   map[[2]string]record.Time // of the last UPDATE that is recorded though nothing of it is of interest
	said     map[direction]control     // what the last BFD packet said
	heard    map[virtual]advertised    // what the last advertisement said
	decoder  *decoder
}

// endpoints names a TCP connection on an interface; a is the lower end.
type endpoints struct {
	index int
	a, b  netip.AddrPort
}

// maxConns bounds what is remembered of connections that are closed or were
// never answered: a few kilobytes each.
const maxConns = 128

func (w *wire) take(f frame) {
	link, ok := w.links[f.index]
	if !ok {
		return
	}
	if file := w.files[f.index]; file != nil {
		file.write(f)
	}
	// The kernel stamps packets with wall time. The offset is read anew for
	// each, so that a wall clock that is being slewed does no harm.
	at := record.Time(f.stamp.UnixNano() - int64(record.ClockOffset()))
	g, src, dst, ok := w.decoder.segment(f.data, at)
	if !ok {
		if !w.takeBFD(f, link, at) {
			w.takeVRRP(f, link, at)
		}
		return
	}
	from, to := w.ends(link, src.Addr(), dst.Addr(), f.outgoing)
	if from != w.node && to != w.node {
		return // a session of others that passes through
	}
	dir, key := 0, endpoints{f.index, src, dst}
	if src.Compare(dst) > 0 {
		dir, key = 1, endpoints{f.index, dst, src}
	}
	c := w.conn(key)
	for _, s := range c.take(dir, g) {
		s.msg.Family = familyOf(src.Addr())
		s.msg.Stale = w.stale(key, c, s.msg)
		w.emit(w.between(link, from, to), from, to, s)
	}
}

// stale says whether the message ends a connection whose session another one carries by
// now: what a silent link had kept back of it, and the answer to that, come later.
func (w *wire) stale(key endpoints, c *conn, m record.BGP) bool {
	of := endpoints{key.index, netip.AddrPortFrom(key.a.Addr(), 0), netip.AddrPortFrom(key.b.Addr(), 0)}
	live := w.live[of]
	switch {
	case m.Type == record.BGPKeepalive, m.Type == record.BGPUpdate:
		w.live[of] = c
	case m.Ends() && live == c:
		delete(w.live, of)
	case m.Ends():
		return live != nil
	}
	return false
}

// familyOf is that of a session between such addresses, empty if it carries both.
func familyOf(a netip.Addr) record.Family {
	if a.IsLinkLocalUnicast() {
		return ""
	}
	return record.FamilyOf(a)
}

// ends names the nodes that a packet is from and to: the owners of its
// addresses, or what the link and the direction say.
func (w *wire) ends(link lab.Interface, src, dst netip.Addr, outgoing bool) (from, to string) {
	from, to = link.Peer.Node, w.node
	if outgoing {
		from, to = to, from
	}
	if n := w.lab.Owner(src); n != "" {
		from = n
	}
	if n := w.lab.Owner(dst); n != "" {
		to = n
	}
	return from, to
}

// between names the link of two ends: on a segment, which several share, their own.
func (w *wire) between(link lab.Interface, from, to string) string {
	if k, err := w.lab.Link(link.Link); err != nil || k.Segment == "" {
		return link.Link
	}
	if k, err := w.lab.Between(from, to); err == nil {
		return k.Name
	}
	return link.Link
}

func (w *wire) conn(key endpoints) *conn {
	c := w.conns[key]
	if c == nil {
		if len(w.conns) >= maxConns {
			maps.DeleteFunc(w.conns, func(_ endpoints, c *conn) bool { return c.idle() })
		}
		c = &conn{}
		w.conns[key] = c
	}
	return c
}

func (w *wire) emit(link, from, to string, s sight) {
	if s.doubt != "" {
		detail := fmt.Sprintf("link %s, %s to %s: %s", link, from, to, s.doubt)
		w.out.Emit(record.Event{At: s.at, Kind: record.KindFinding, Node: w.node, Data: record.Finding{Name: "bgp-unreadable", Detail: detail}})
	}
	if s.msg.Type == "" {
		return
	}
	if w.dull(&s, link, from) {
		return
	}
	s.msg.Link, s.msg.From, s.msg.To, s.msg.Out = link, from, to, from == w.node
	w.out.Emit(record.Event{At: s.at, Kind: record.KindBGP, Node: w.node, Data: s.msg})
}

// dullEvery is how often it is recorded that UPDATEs come of which nothing is of
// interest: a full table takes tens of thousands.
const dullEvery = record.Time(50 * time.Millisecond)

// dull leaves out what is of no interest, and says whether nothing is left.
func (w *wire) dull(s *sight, link, from string) bool {
	told := len(s.msg.Announce) + len(s.msg.Withdraw)
	s.msg.Announce, s.msg.Withdraw = w.interest.among(s.msg.Announce), w.interest.among(s.msg.Withdraw)
	kept := len(s.msg.Announce) + len(s.msg.Withdraw)
	s.msg.Others = told - kept
	if told == 0 || kept > 0 {
		return false
	}
	last := [2]string{link, from}
	if s.at-w.spoken[last] < dullEvery {
		return true
	}
	w.spoken[last] = s.at
	return false
}

func (w *wire) dropped(packets int) {
	detail := fmt.Sprintf("the kernel dropped %d packets because the capture buffer was full", packets)
	w.out.Emit(record.Event{At: record.Now(), Kind: record.KindFinding, Node: w.node, Data: record.Finding{Name: "capture-overrun", Detail: detail}})
}

func (w *wire) close() error {
	var err error
	for _, f := range w.files {
		err = errors.Join(err, f.close())
	}
	return err
}
