package lab_test

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"anylab/lab"
	"anylab/lab/labtest"
)

// A socket that is bound to an anycast address hears the node's own processes
// whether that is switched on or off, and others after it is on again.
func TestSwitchedAnycastHears(t *testing.T) {
	for _, dev := range []string{"", "lo"} {
		t.Run("on "+dev, func(t *testing.T) {
			top := star(1)
			for i := range top.Nodes {
				if top.Nodes[i].Name == "a0" {
					top.Nodes[i].AnycastDev = dev
				}
			}
			l := labtest.OpenTopology(t, top, lab.Options{})
			n := node(t, l, "a0")
			var heard []*net.UDPConn
			for _, p := range top.Anycast {
				heard = append(heard, listenAt(t, n, p.Addr()))
			}
			for _, up := range []bool{true, false, false, true, true} {
				if err := n.SwitchAnycast(t.Context(), up); err != nil {
					t.Fatal(err)
				}
				for _, s := range heard {
					at := s.LocalAddr().(*net.UDPAddr).AddrPort()
					if !hears(t, s, n, at) {
						t.Errorf("switched on %v: the node itself does not reach %s", up, at)
					}
				}
			}
			if has, err := n.HasAnycast(); err != nil || has != len(top.Anycast) {
				t.Errorf("%d anycast addresses after all (%v)", has, err)
			}
		})
	}
}

func listenAt(t *testing.T, n *lab.Node, a netip.Addr) *net.UDPConn {
	t.Helper()
	var s *net.UDPConn
	err := n.Do(func() (err error) {
		s, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, 9002)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// hears says whether what the node sends to the socket's address arrives there.
func hears(t *testing.T, s *net.UDPConn, from *lab.Node, at netip.AddrPort) bool {
	t.Helper()
	var sender *net.UDPConn
	err := from.Do(func() (err error) {
		sender, err = net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(at))
		return err
	})
	if err != nil {
		t.Error(err)
		return false
	}
	defer sender.Close()
	if _, err := sender.Write([]byte("x")); err != nil {
		t.Error(err)
		return false
	}
	_ = s.SetReadDeadline(time.Now().Add(soon)) // fails on a closed one only
	_, err = s.Read(make([]byte, 8))
	return err == nil
}
