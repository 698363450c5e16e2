package observe

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/record"
)

// addressObserver records which anycast addresses a member of a VRRP has on its
// segment: those that are there at the start, then every change.
type addressObserver struct {
	lab *lab.Lab
	o   Options
}

func newAddress(l *lab.Lab, o Options) Observer { return addressObserver{l, o} }

func moves(l *lab.Lab, node string) bool { return l.Topology().Membership(node) != nil }

// Start watches the address groups of n's namespace.
func (a addressObserver) Start(ctx context.Context, n *lab.Node, out record.Sink) (func() error, error) {
	w := &addresses{node: n.Name, out: out, dev: a.lab.Topology().Membership(n.Name).Dev, has: map[netip.Prefix]bool{}}
	for _, p := range a.lab.Topology().Anycast {
		w.has[p] = false
	}
	for _, i := range n.Interfaces() {
		if i.Dev == w.dev {
			w.index = i.Index
		}
	}
	sub, conn, err := watch(n, a.o.netlinkBuffer(), unix.RTNLGRP_IPV4_IFADDR, unix.RTNLGRP_IPV6_IFADDR)
	if err != nil {
		return nil, err
	}
	w.conn = conn
	if err := w.resync(record.Now()); err != nil {
		return nil, errors.Join(err, sub.file.Close(), conn.Close())
	}
	return background(func() error {
		return errors.Join(sub.batches(ctx, w.handle), conn.Close())
	}), nil
}

// addresses are those of one member's interface.
type addresses struct {
	node  string
	dev   string
	index int
	out   record.Sink
	conn  *netlink.Conn
	has   map[netip.Prefix]bool // by anycast address
}

func (w *addresses) handle(b batch) error {
	if b.overrun {
		w.out.Emit(overrun(b.at, w.node, "address"))
		return w.resync(b.at)
	}
	for _, m := range b.messages {
		switch m.Header.Type {
		case unix.RTM_NEWADDR, unix.RTM_DELADDR:
			a, err := parseAddress(m.Data)
			if err != nil {
				return err
			}
			w.set(b.at, a, m.Header.Type == unix.RTM_NEWADDR)
		}
	}
	return nil
}

// resync asks for the present addresses.
func (w *addresses) resync(at record.Time) error {
	list, err := dump(w.conn, unix.RTM_GETADDR, make([]byte, unix.SizeofIfAddrmsg))
	if err != nil {
		return fmt.Errorf("list addresses: %w", err)
	}
	present := map[netip.Prefix]bool{}
	for _, m := range list {
		a, err := parseAddress(m.Data)
		if err != nil {
			return err
		}
		present[a.prefix] = present[a.prefix] || a.index == w.index
	}
	for p := range w.has {
		w.set(at, address{w.index, p}, present[p])
	}
	return nil
}

func (w *addresses) set(at record.Time, a address, there bool) {
	if was, anycast := w.has[a.prefix]; !anycast || a.index != w.index || was == there {
		return
	}
	w.has[a.prefix] = there
	w.out.Emit(record.Event{At: at, Kind: record.KindAddress, Node: w.node, Data: record.Address{Prefix: a.prefix, Dev: w.dev, Gone: !there}})
}

// address is what an address message says.
type address struct {
	index  int // of the interface
	prefix netip.Prefix
}

// parseAddress decodes a struct ifaddrmsg and its attributes (rtnetlink(7)). Of a
// point-to-point interface IFA_ADDRESS is the far end's.
func parseAddress(b []byte) (address, error) {
	if len(b) < unix.SizeofIfAddrmsg {
		return address{}, fmt.Errorf("address message of %d bytes", len(b))
	}
	d, err := netlink.NewAttributeDecoder(b[unix.SizeofIfAddrmsg:])
	if err != nil {
		return address{}, fmt.Errorf("decode address message: %w", err)
	}
	var local, other netip.Addr
	for d.Next() {
		switch d.Type() {
		case unix.IFA_LOCAL:
			local, _ = netip.AddrFromSlice(d.Bytes())
		case unix.IFA_ADDRESS:
			other, _ = netip.AddrFromSlice(d.Bytes())
		}
	}
	if err := d.Err(); err != nil {
		return address{}, fmt.Errorf("decode address message: %w", err)
	}
	if !local.IsValid() {
		local = other
	}
	return address{int(binary.NativeEndian.Uint32(b[4:])), netip.PrefixFrom(local, int(b[1]))}, nil
}
