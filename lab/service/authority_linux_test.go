package service

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"

	"anylab/lab"
	"anylab/lab/record"
)

// The name leads to the first site that is well, as long as resolvers keep the answer,
// and to the first of all where none is.
func TestAuthorityLeadsToWhoIsWell(t *testing.T) {
	s := openSite(t)
	first, second := netip.MustParseAddr("127.0.0.11"), netip.MustParseAddr("127.0.0.12")
	stop := map[netip.Addr]func() error{}
	for _, at := range []netip.Addr{first, second} {
		stop[at] = echo(t, s.london, netip.AddrPortFrom(at, 7))
	}
	told := make(chan record.Event, 16)
	c := Config{Name: "web", Kind: "udp", Port: 7, Health: Health{Kind: "udp", Interval: 20 * time.Millisecond, Timeout: time.Second, Fall: 2, Rise: 2}}
	a, err := Lead(t.Context(), s.london, c, 5*time.Second, []Site{{"a", []netip.Addr{first}}, {"b", []netip.Addr{second}}},
		record.SinkFunc(func(e record.Event) { told <- e }))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	at := netip.MustParseAddrPort("127.0.0.1:5300")
	if err := a.Listen(s.london, at); err != nil {
		t.Fatal(err)
	}
	wants := func(when string, want netip.Addr) {
		t.Helper()
		got, ttl := address(t, s.london, at)
		if got != want || ttl != 5 {
			t.Errorf("%s: %v for %d s, want %v for 5 s", when, got, ttl, want)
		}
	}
	wants("both are well", first)
	for i, dies := range []netip.Addr{first, second} {
		if err := stop[dies](); err != nil {
			t.Fatal(err)
		}
		for h := (record.Health{Healthy: true}); h.Healthy; {
			e := <-told
			if h = e.Data.(record.Health); !h.Healthy && e.Node != string(rune('a'+i)) {
				t.Errorf("the verdict is on %s", e.Node)
			}
		}
		wants("after a failure", []netip.Addr{second, first}[i])
	}
}

// Both resolvers keep an answer for its TTL, or for longer where they are told so.
func TestResolversKeepAnswers(t *testing.T) {
	s := openSite(t)
	at := netip.MustParseAddr("127.0.0.11")
	stop := echo(t, s.london, netip.AddrPortFrom(at, 7))
	defer func() { _ = stop() }()
	c := Config{Name: "web", Kind: "udp", Port: 7, Health: Health{Kind: "udp", Interval: time.Second, Timeout: time.Second, Fall: 2, Rise: 2}}
	a, err := Lead(t.Context(), s.london, c, 5*time.Second, []Site{{"a", []netip.Addr{at}}}, s.journal)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	authority := netip.MustParseAddrPort("127.0.0.1:5300")
	if err := a.Listen(s.london, authority); err != nil {
		t.Fatal(err)
	}
	port := uint16(5301)
	for name, start := range map[string]func(context.Context, *lab.Node, netip.AddrPort, netip.AddrPort, time.Duration) error{
		Resolver(): nil, "ours": a.cache,
	} {
		for _, least := range []time.Duration{0, 30 * time.Second} {
			resolver := netip.AddrPortFrom(authority.Addr(), port)
			port++
			err := error(nil)
			if start == nil {
				err = a.Resolve(t.Context(), s.london, resolver, authority, least, "x.example.")
			} else {
				err = start(t.Context(), s.london, resolver, authority, least)
			}
			if err != nil {
				t.Fatal(err)
			}
			got, ttl := address(t, s.london, resolver)
			if most := uint32(max(5*time.Second, least) / time.Second); got != at || ttl > most || ttl <= most-5 {
				t.Errorf("%s with at least %v: %v for %d s", name, least, got, ttl)
			}
		}
	}
}

// address looks a name up.
func address(t *testing.T, n *lab.Node, at netip.AddrPort) (netip.Addr, uint32) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var answer *dns.Msg
	err := converse(ctx, n, "udp", at, func(conn net.Conn) (err error) {
		c := &dns.Conn{Conn: conn}
		if err := c.WriteMsg(new(dns.Msg).SetQuestion("user.example.", dns.TypeA)); err != nil {
			return err
		}
		answer, err = c.ReadMsg()
		return err
	})
	if err == nil && len(answer.Answer) != 1 {
		err = errors.New("no address")
	}
	if err != nil {
		t.Fatal(err)
	}
	a, _ := netip.AddrFromSlice(answer.Answer[0].(*dns.A).A.To4())
	return a, answer.Answer[0].Header().Ttl
}

// echo answers datagrams until it is stopped.
func echo(t *testing.T, n *lab.Node, at netip.AddrPort) (stop func() error) {
	t.Helper()
	var conn *net.UDPConn
	if err := n.Do(func() (err error) { conn, err = listenUDP(at); return err }); err != nil {
		t.Fatal(err)
	}
	go func() {
		for buf := make([]byte, 100); ; {
			size, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			_, _ = conn.WriteToUDPAddrPort(buf[:size], from)
		}
	}()
	return conn.Close
}
