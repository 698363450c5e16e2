package probe

import (
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// Four users share a resolver that keeps answers for two seconds: they got theirs half
// a second after one another. The first asks when the old site is still the answer, and
// so stays there for a whole TTL; the others ask later, each in his turn.
func TestUsersKeepAnAnswerForItsTTL(t *testing.T) {
	t.Parallel()
	before, after := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	var asked atomic.Int32
	resolver := nameServer(t, func(q dns.Question) dns.RR {
		at := after
		if asked.Add(1) == 1 {
			at = before
		}
		return &dns.A{Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeA, Class: q.Qclass, Ttl: 2}, A: at.AsSlice()}
	})
	const keeps = 2 * time.Second
	a := newAudience(Config{Target: netip.AddrPortFrom(before, 7), Flows: 4, Users: &Users{
		Resolvers: []Resolver{{resolver, 4, keeps}}, Sites: []netip.Addr{before, after}}}, 7)
	start := time.Now()
	a.begin(7)
	defer a.end()
	moved := make([]time.Duration, 4)
	to := newSockaddr(netip.AddrPortFrom(after, 7))
	for left := 4; left > 0 && time.Since(start) < time.Minute; time.Sleep(time.Millisecond) {
		for i := range moved {
			if moved[i] == 0 && a.to[i].Load().same(&to) {
				moved[i] = time.Since(start)
				left--
			}
		}
	}
	for i, due := range []time.Duration{keeps/8 + keeps, 3 * keeps / 8, 5 * keeps / 8, 7 * keeps / 8} {
		if moved[i] < due || moved[i] > due+10*time.Second { // the machine may be slow, never too fast
			t.Errorf("user %d asks the new site after %v, want %v", i, moved[i], due)
		}
	}
	if n := asked.Load(); n < 5 {
		t.Errorf("%d questions, want five at least: one user asked twice", n)
	}
}

// Who gets no answer goes on as before, and asks again.
func TestUsersGoOnWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	site := netip.MustParseAddr("192.0.2.1")
	var asked atomic.Int32
	again := make(chan bool)
	resolver := nameServer(t, func(dns.Question) dns.RR {
		if asked.Add(1) == 2 {
			close(again)
		}
		return nil
	})
	a := newAudience(Config{Target: netip.AddrPortFrom(site, 7), Flows: 1, Users: &Users{
		Resolvers: []Resolver{{resolver, 1, 0}}, Sites: []netip.Addr{site}}}, 7)
	a.begin(7)
	defer a.end()
	<-again
	if to := newSockaddr(netip.AddrPortFrom(site, 7)); !a.to[0].Load().same(&to) {
		t.Error("the user has left the site that he knew")
	}
}

// nameServer answers on the loopback interface.
func nameServer(t *testing.T, answer func(dns.Question) dns.RR) netip.AddrPort {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		if rr := answer(q.Question[0]); rr != nil {
			m.Answer = []dns.RR{rr}
		}
		_ = w.WriteMsg(m)
	})}
	go func() { _ = s.ActivateAndServe() }()
	t.Cleanup(func() { _ = s.Shutdown() })
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}
