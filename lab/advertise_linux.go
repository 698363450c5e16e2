package lab

import (
	"fmt"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// advertiseEvery is how often routers advertise themselves.
const advertiseEvery = time.Second

// AdvertiseRouter makes the node send router advertisements (RFC 4861 section 4.2)
// on its unnumbered links until the lab closes, for a daemon that sends none: FRR
// learns the address at the far end of such a link from nothing else. It is
// idempotent.
func (n *Node) AdvertiseRouter() error {
	var err error
	n.advertising.Do(func() {
		for _, i := range n.interfaces {
			if i.IPv6.Addr().IsLinkLocalUnicast() && err == nil {
				err = n.advertise(i)
			}
		}
	})
	return err
}

func (n *Node) advertise(i Interface) error {
	var fd int
	err := n.Do(func() (err error) {
		fd, err = advertiserOn(i)
		return err
	})
	if err != nil {
		return fmt.Errorf("advertise %s on %s: %w", n.Name, i.Dev, err)
	}
	closed := make(chan struct{})
	var sending sync.WaitGroup
	sending.Go(func() {
		tick := time.NewTicker(advertiseEvery)
		defer tick.Stop()
		all := &unix.SockaddrInet6{Addr: netip.IPv6LinkLocalAllNodes().As16(), ZoneId: uint32(i.Index)}
		for {
			_ = unix.Sendto(fd, advertisement(i.Index), unix.MSG_DONTWAIT, all) // a link that is down is no error
			select {
			case <-tick.C:
			case <-closed:
				return
			}
		}
	})
	n.lab.mu.Lock()
	defer n.lab.mu.Unlock()
	n.lab.onClose(func() error {
		close(closed)
		sending.Wait()
		return unix.Close(fd)
	})
	return nil
}

// advertiserOn opens a socket whose packets leave by the interface. The kernel works
// the checksum out, and takes the only link-local address that there is.
func advertiserOn(i Interface) (int, error) {
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_ICMPV6)
	if err != nil {
		return 0, err
	}
	for option, value := range map[int]int{unix.IPV6_MULTICAST_IF: i.Index, unix.IPV6_MULTICAST_HOPS: 255} {
		if err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, option, value); err != nil {
			_ = unix.Close(fd)
			return 0, err
		}
	}
	return fd, nil
}

// advertisement is of a router that is nobody's default (a lifetime of 0), with its
// hardware address.
func advertisement(index int) []byte {
	const typeRouterAdvertisement, sourceLinkLayerAddress = 134, 1
	m := make([]byte, 16, 24)
	m[0] = typeRouterAdvertisement
	return append(append(m, sourceLinkLayerAddress, 1), hardwareAddr(index)...)
}
