package observe

import (
	"net"
	"strings"
	"testing"

	"anylab/lab/record"
)

// What a service leaves in its buffer until there is no room is told, with its
// number.
func TestDatagramsThatFindTheBufferFull(t *testing.T) {
	b := open(t, Options{})
	var conn *net.UDPConn
	err := b.node("a").Do(func() (err error) {
		conn, err = net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if _, err := conn.WriteTo(make([]byte, 1000), conn.LocalAddr()); err != nil {
			t.Fatal(err)
		}
	}
	e, _ := wait(b, 0, "a", func(f record.Finding) bool { return f.Name == Overfull })
	if f := e.Data.(record.Finding); !strings.Contains(f.Detail, "datagrams came to a") || f.From == 0 || f.From > e.At {
		t.Errorf("finding %+v at %v", f, e.At)
	}
}
