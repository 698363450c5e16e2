package speaker

import (
	"context"
	"fmt"
	"log"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// linkBuffer is the receive buffer of the link subscription, large enough
// for hundreds of links that flap at once.
const linkBuffer = 1 << 20

// watchCarriers calls changed for every interface that there is, and then for
// every change of one, until ctx ends. One that vanished is not up.
func watchCarriers(ctx context.Context, l *log.Logger, changed func(dev string, up, carrier bool)) error {
	for ctx.Err() == nil {
		updates := make(chan netlink.LinkUpdate)
		failed := func(err error) {
			if ctx.Err() == nil {
				l.Printf("links: %v", err)
			}
		}
		o := netlink.LinkSubscribeOptions{ListExisting: true, ReceiveBufferSize: linkBuffer, ErrorCallback: failed}
		if err := netlink.LinkSubscribeWithOptions(updates, ctx.Done(), o); err != nil {
			return fmt.Errorf("subscribe to links: %w", err)
		}
		// The channel closes when an overrun lost messages: the next
		// subscription lists all interfaces again.
		for u := range updates {
			changed(u.Attrs().Name, has(u, unix.IFF_UP), has(u, unix.IFF_LOWER_UP))
		}
	}
	return nil
}

// has reads a raw flag: IFF_LOWER_UP is the carrier itself, whereas IFF_RUNNING
// is the operational state, which the kernel works out later.
func has(u netlink.LinkUpdate, flag uint32) bool {
	return u.Header.Type == unix.RTM_NEWLINK && u.Flags&flag != 0
}
