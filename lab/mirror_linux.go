package lab

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"anylab/lab/record"
)

// mirror makes the two cables that meet in the middle of a link look like one:
// while a port has no carrier, the other is held down, so that its end has none
// either.
type mirror struct {
	*middle
	held [2]bool // the port is down because the other has no carrier
}

// mirrorCarriers begins with the ends as they are, and goes on until the lab
// is closed.
func (k *Link) mirrorCarriers() error {
	m := &mirror{middle: k.relay}
	changes, done := make(chan netlink.LinkUpdate, 64), make(chan struct{})
	at := netns.NsHandle(m.space.Fd())
	// A failure closes the channel. What there is to say of it is said then.
	o := netlink.LinkSubscribeOptions{Namespace: &at, ErrorCallback: func(error) {}}
	if err := netlink.LinkSubscribeWithOptions(changes, done, o); err != nil {
		return fmt.Errorf("watch carriers: %w", err)
	}
	var closing atomic.Bool
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := m.follow(changes); !closing.Load() {
			k.lab.doubt("carriers-apart", fmt.Sprintf("the carriers of link %s go their own ways: %v", k.Name, err))
		}
		for range changes { // until the subscription has ended too
		}
	}()
	k.lab.onClose(func() error {
		closing.Store(true)
		close(done)
		<-ended
		return nil
	})
	return nil
}

// follow looks at both ports whenever one of them may have changed. It goes by
// how they are, not by what a message says of how they were.
func (m *mirror) follow(changes <-chan netlink.LinkUpdate) error {
	for {
		for i := range m.ports {
			if err := m.copy(i); err != nil {
				return err
			}
		}
		if _, ok := <-changes; !ok {
			return errors.New("the kernel tells of no more changes")
		}
	}
}

// copy makes the other port do as port i. A port that is held tells nothing.
func (m *mirror) copy(i int) error {
	if m.held[i] {
		return nil
	}
	dev, err := m.netlink.LinkByIndex(m.ports[i])
	if err != nil {
		return fmt.Errorf("read port %d: %w", i, err)
	}
	lost := dev.Attrs().RawFlags&unix.IFF_LOWER_UP == 0
	other := device(m.ports[1-i])
	switch {
	case lost == m.held[1-i]:
		return nil
	case lost:
		err = m.netlink.LinkSetDown(other)
	default:
		err = m.netlink.LinkSetUp(other)
	}
	if err != nil {
		return fmt.Errorf("switch port %d: %w", 1-i, err)
	}
	m.held[1-i] = lost
	return nil
}

// doubt tells of a reason to doubt what is measured from now on.
func (l *Lab) doubt(name, detail string) {
	if l.options.Sink != nil {
		l.options.Sink.Emit(record.Event{At: record.Now(), Kind: record.KindFinding,
			Data: record.Finding{Name: name, Detail: detail}})
	}
}
