package observe

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/record"
)

// carrierObserver records when the interfaces of a node's links, or that of its
// anycast addresses, gain or lose their carrier, are set up or down, or vanish. All are taken to be up at first: one that is not
// is recorded at the start.
type carrierObserver struct{ o Options }

func newCarrier(_ *lab.Lab, o Options) Observer { return carrierObserver{o} }

// Start watches the link group of n's namespace.
func (c carrierObserver) Start(ctx context.Context, n *lab.Node, out record.Sink) (func() error, error) {
	w := &carriers{node: n.Name, out: out, last: map[string]record.Carrier{}}
	if dev := n.AnycastDevice(); dev != "" { // which health checkers set down
		w.last[dev] = record.Carrier{Dev: dev, Up: true}
	}
	for _, i := range n.Interfaces() {
		if _, shared := w.last[i.Dev]; !shared {
			w.last[i.Dev] = record.Carrier{Dev: i.Dev, Peer: i.Peer.Node, Up: true}
		}
	}
	sub, conn, err := watch(n, c.o.netlinkBuffer(), unix.RTNLGRP_LINK)
	if err != nil {
		return nil, err
	}
	w.conn = conn
	if err := w.resync(record.Now()); err != nil {
		return nil, errors.Join(err, sub.file.Close(), w.conn.Close())
	}
	return background(func() error {
		return errors.Join(sub.batches(ctx, w.handle), w.conn.Close())
	}), nil
}

// carriers is the state of one node's interfaces.
type carriers struct {
	node string
	out  record.Sink
	conn *netlink.Conn
	last map[string]record.Carrier // by device; not lo
}

func (w *carriers) handle(b batch) error {
	if b.overrun {
		w.out.Emit(overrun(b.at, w.node, "carrier"))
		return w.resync(b.at)
	}
	for _, m := range b.messages {
		switch m.Header.Type {
		case unix.RTM_NEWLINK, unix.RTM_DELLINK:
			l, err := parseLink(m.Data)
			if err != nil {
				return err
			}
			l.gone = m.Header.Type == unix.RTM_DELLINK
			w.set(b.at, l)
		}
	}
	return nil
}

// resync asks for the present state of all interfaces.
func (w *carriers) resync(at record.Time) error {
	links, err := dump(w.conn, unix.RTM_GETLINK, make([]byte, unix.SizeofIfInfomsg))
	if err != nil {
		return fmt.Errorf("list interfaces: %w", err)
	}
	present := map[string]bool{}
	for _, m := range links {
		l, err := parseLink(m.Data)
		if err != nil {
			return err
		}
		present[l.name] = true
		w.set(at, l)
	}
	for dev := range w.last {
		if !present[dev] {
			w.set(at, link{name: dev, gone: true})
		}
	}
	return nil
}

func (w *carriers) set(at record.Time, l link) {
	was, ok := w.last[l.name]
	if !ok || l.bridgePort {
		return
	}
	now := was
	now.Up, now.Gone = l.up && !l.gone, l.gone
	if now == was {
		return
	}
	w.last[l.name] = now
	w.out.Emit(record.Event{At: at, Kind: record.KindCarrier, Node: w.node, Data: now})
}

// link is what a link message says about an interface.
type link struct {
	index      int
	name       string
	up         bool // administratively, and it has a carrier
	gone       bool
	bridgePort bool // a message of a bridge about its port
}

// parseLink decodes a struct ifinfomsg and its attributes (rtnetlink(7)).
// IFF_RUNNING without IFF_LOWER_UP is an interface that is not operational.
// Both are off when it was set down.
func parseLink(b []byte) (link, error) {
	if len(b) < unix.SizeofIfInfomsg {
		return link{}, fmt.Errorf("link message of %d bytes", len(b))
	}
	const up = unix.IFF_UP | unix.IFF_RUNNING | unix.IFF_LOWER_UP
	l := link{
		index:      int(int32(binary.NativeEndian.Uint32(b[4:]))),
		up:         binary.NativeEndian.Uint32(b[8:])&up == up,
		bridgePort: b[0] == unix.AF_BRIDGE,
	}
	d, err := netlink.NewAttributeDecoder(b[unix.SizeofIfInfomsg:])
	if err != nil {
		return l, fmt.Errorf("decode link message: %w", err)
	}
	for d.Next() {
		if d.Type() == unix.IFLA_IFNAME {
			l.name = d.String()
		}
	}
	if err := d.Err(); err != nil {
		return l, fmt.Errorf("decode link message: %w", err)
	}
	return l, nil
}
