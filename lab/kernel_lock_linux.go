package lab

import (
	"errors"
	"fmt"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"anylab/lab/record"
)

// KernelLock shows how long a change of links or routes has to wait. The
// kernel has one lock (the RTNL, net/core/rtnetlink.c) for such changes of
// all namespaces together: whoever makes or removes namespaces elsewhere on
// the machine can delay a route in the lab by seconds.
type KernelLock struct {
	handle *netlink.Handle
	lo     netlink.Link
}

// OpenKernelLock must be called in the sandbox.
func OpenKernelLock() (*KernelLock, error) {
	if !InSandbox() {
		return nil, errors.New("the kernel's network lock is taken in the sandbox only")
	}
	handle, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("open netlink: %w", err)
	}
	lo, err := handle.LinkByName("lo")
	if err != nil {
		handle.Close()
		return nil, fmt.Errorf("find lo: %w", err)
	}
	return &KernelLock{handle, lo}, nil
}

// Take takes the lock and gives it back at once, by setting up an interface
// that is up, and returns how long that took. Changes that were asked for
// before have then been made: the lock's waiters queue.
func (k *KernelLock) Take() (time.Duration, error) {
	before := record.Now()
	if err := k.handle.LinkSetUp(k.lo); err != nil {
		return 0, fmt.Errorf("take the kernel's network lock: %w", err)
	}
	return record.Now().Sub(before), nil
}

// Close closes the netlink socket.
func (k *KernelLock) Close() { k.handle.Close() }
