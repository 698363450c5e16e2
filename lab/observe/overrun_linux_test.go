package observe

import (
	"context"

	mdlayher "github.com/mdlayher/netlink"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// ended is a context that has ended: a reader takes what is there and stops.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// overrunning returns a subscription at the router whose buffer was too small
// for what happened since: links changed many times, the one to a was lost.
func overrunning(b bench) (*subscription, *mdlayher.Conn) {
	b.t.Helper()
	sub, conn, err := watch(b.node("r"), 1, unix.RTNLGRP_LINK, unix.RTNLGRP_IPV4_ROUTE)
	if err != nil {
		b.t.Fatal(err)
	}
	b.in("r", func(h *netlink.Handle) error {
		lo, err := h.LinkByName("lo")
		if err != nil {
			return err
		}
		for mtu := range 100 {
			if err := h.LinkSetMTU(lo, 60000+mtu); err != nil {
				return err
			}
		}
		return nil
	})
	if err := b.link("r", "a").SetDown("r"); err != nil {
		b.t.Fatal(err)
	}
	return sub, conn
}
