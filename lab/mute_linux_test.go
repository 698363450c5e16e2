package lab_test

import (
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/labtest"
)

// What a mute node sends is not heard, but that a connection was reset is: left
// open, it would refuse the next one from its port.
func TestMutePassesResets(t *testing.T) {
	l := labtest.OpenTopology(t, star(1), lab.Options{})
	at := netip.AddrPortFrom(link(t, l, "r-a0").Ends[0].IPv4.Addr(), 9000)
	openPipe(t, l, "a0", "r", at) // sends until the way is open
	client, server := connection(t, l, at)
	m, err := l.Mute("a0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	if err := m.On(); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Write([]byte("unheard")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(client.SetLinger(0), client.Close(), server.SetReadDeadline(time.Now().Add(soon))); err != nil {
		t.Fatal(err)
	}
	if n, err := server.Read(make([]byte, 10)); n != 0 || !errors.Is(err, unix.ECONNRESET) {
		t.Errorf("%d bytes, error %v; want a reset and nothing before it", n, err)
	}
}

// connection makes one from a0 to the router's address.
func connection(t *testing.T, l *lab.Lab, at netip.AddrPort) (client, server *net.TCPConn) {
	t.Helper()
	var listener *net.TCPListener
	err := node(t, l, "r").Do(func() (err error) {
		listener, err = net.ListenTCP("tcp", net.TCPAddrFromAddrPort(at))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	err = node(t, l, "a0").Do(func() (err error) {
		client, err = net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(at))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	if server, err = listener.AcceptTCP(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return client, server
}
