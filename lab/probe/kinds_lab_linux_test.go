package probe_test

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"testing"
	"time"

	"anylab/lab"
	"anylab/lab/labtest"
	"anylab/lab/probe"

	"github.com/miekg/dns"
)

// answers checks that every request was answered by the node.
func (w world) answers(c probe.Config, n int, node string) {
	w.Helper()
	for _, s := range w.bySeq(w.ask(c, n), c) {
		if s.Lost() || s.Node != node {
			w.Errorf("sample %+v, want node %q", s, node)
		}
	}
}

// losses checks that no request was answered.
func (w world) losses(c probe.Config, n int) {
	w.Helper()
	for _, s := range w.bySeq(w.ask(c, n), c) {
		if !s.Lost() || s.Node != "" {
			w.Errorf("sample %+v, want none", s)
		}
	}
}

func TestDNS(t *testing.T) {
	answer := func(edit func(query, m *dns.Msg)) func([]byte) []byte {
		return func(request []byte) []byte {
			var query, m dns.Msg
			if err := query.Unpack(request); err != nil {
				t.Errorf("query: %v", err)
				return nil
			}
			m.SetReply(&query)
			edit(&query, &m)
			out, err := m.Pack()
			if err != nil {
				t.Error(err)
			}
			return out
		}
	}
	txt := func(query, m *dns.Msg) {
		m.Answer = []dns.RR{&dns.TXT{
			Hdr: dns.RR_Header{Name: query.Question[0].Name, Rrtype: dns.TypeTXT, Class: dns.ClassCHAOS},
			Txt: []string{"text", "more"},
		}}
	}
	nsid := func(query, m *dns.Msg) {
		if opt := query.IsEdns0(); opt == nil || len(opt.Option) != 1 || opt.Option[0].Option() != dns.EDNS0NSID {
			t.Errorf("query asks for no NSID: %v", query)
		}
		m.SetEdns0(1232, false)
		m.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_NSID{Code: dns.EDNS0NSID, Nsid: fmt.Sprintf("%x", "nsid")}}
	}
	for _, test := range []struct {
		name, node string
		lost       bool
		edit       func(query, m *dns.Msg)
	}{
		{"text", "text", false, txt},
		{"both", "nsid", false, func(query, m *dns.Msg) { txt(query, m); nsid(query, m) }},
		{"refused", "", false, func(_, m *dns.Msg) { m.Rcode = dns.RcodeRefused }},
		{"servfail", "", true, func(_, m *dns.Msg) { m.Rcode = dns.RcodeServerFailure }},
		{"other question", "", true, func(query, m *dns.Msg) { m.Question[0].Name = "hostname.bind."; txt(query, m) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			conn, reply := listen(w, w.server, server4), answer(test.edit)
			serve(w, conn, func(request []byte, from netip.AddrPort) { _, _ = conn.WriteToUDPAddrPort(reply(request), from) })
			c := udp4()
			c.Kind, c.Flows = "dns", 3 // no divisor of the number of ids
			if test.lost {
				c.Timeout = 100 * time.Millisecond
				w.losses(c, 50)
				return
			}
			w.answers(c, 50, test.node)
		})
	}
}

// The transaction id wraps around after 65,536 requests.
func TestDNSManyRequests(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	w := newWorld(t)
	conn := listen(w, w.server, server4)
	serve(w, conn, func(request []byte, from netip.AddrPort) {
		request[2] |= 0x80 // now it is an answer
		_, _ = conn.WriteToUDPAddrPort(request, from)
	})
	c := udp4()
	c.Kind, c.Rate, c.Flows, c.Timeout = "dns", 10_000, 5, time.Second
	r := w.ask(c, 70_000)
	answered := 0
	for _, s := range w.bySeq(r, c)[65_536:] {
		if !s.Lost() {
			answered++
		}
	}
	if answered == 0 {
		t.Error("no request after the first 65,536 was answered")
	}
}

// listenTCP opens a listener on the server's node and serves it.
func (w world) listenTCP(at netip.AddrPort, serve func(net.Listener)) {
	w.Helper()
	var l net.Listener
	err := w.server.Do(func() (err error) {
		l, err = net.ListenTCP("tcp", net.TCPAddrFromAddrPort(at))
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() { serve(l) })
	w.Cleanup(func() {
		_ = l.Close()
		done.Wait()
	})
}

// accept says something to every connection, and keeps it open if told so.
func accept(greeting string, open bool) func(net.Listener) {
	return func(l net.Listener) {
		var kept []net.Conn
		for {
			c, err := l.Accept()
			if err != nil {
				break
			}
			_, _ = c.Write([]byte(greeting))
			if open {
				kept = append(kept, c)
				continue
			}
			_ = c.Close()
		}
		for _, c := range kept {
			_ = c.Close()
		}
	}
}

func tcpConnect() probe.Config {
	return probe.Config{Name: "p", Kind: "tcp-connect", Target: server4, Rate: 200, Flows: 4, Timeout: 3 * time.Second}
}

func TestTCPConnect(t *testing.T) {
	for name, target := range map[string]netip.AddrPort{"ipv4": server4, "ipv6": server6} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.listenTCP(target, accept("site-a\nand more", true))
			c := tcpConnect()
			c.Target = target
			w.answers(c, 100, "site-a")
		})
	}
	t.Run("closed without a word", func(t *testing.T) {
		w := newWorld(t)
		w.listenTCP(server4, accept("", false))
		w.answers(tcpConnect(), 50, "")
	})
	t.Run("silent", func(t *testing.T) {
		w := newWorld(t)
		w.listenTCP(server4, accept("", true))
		c := tcpConnect()
		c.Timeout = time.Second
		w.answers(c, 50, "")
	})
	t.Run("refused", func(t *testing.T) {
		w := newWorld(t)
		c := tcpConnect()
		c.Timeout = 100 * time.Millisecond
		w.losses(c, 50)
	})
}

// TestLateHandshake discards the first SYNs. What answers those that the kernel
// sends a second later comes when nothing else is waited for.
func TestLateHandshake(t *testing.T) {
	l := labtest.OpenTopology(t, pair(), lab.Options{})
	w := world{T: t}
	for name, n := range map[string]**lab.Node{"c": &w.client, "r": &w.server} {
		var err error
		if *n, err = l.Node(name); err != nil {
			t.Fatal(err)
		}
	}
	link, err := l.Between("c", "r")
	if err != nil {
		t.Fatal(err)
	}
	w.listenTCP(server4, accept("HTTP/1.1 200 OK\r\nX-Anycast-Node: a\r\n\r\n", false))
	for _, kind := range []string{"tcp-connect", "http"} {
		c := tcpConnect()
		c.Kind, c.Timeout = kind, 15*time.Second
		drop, err := link.Drop("c", lab.Filter{Only: lab.TrafficData})
		if err != nil {
			t.Fatal(err)
		}
		r, stop := w.start(c)
		deadline := time.Now().Add(time.Minute)
		for n := uint64(0); n < 20; time.Sleep(time.Millisecond) { // 100 ms, or more
			if n, err = drop.Packets(); err != nil || time.Now().After(deadline) {
				t.Fatalf("%d SYNs were discarded, %v", n, err)
			}
		}
		if err := drop.Remove(); err != nil {
			t.Fatal(err)
		}
		r.waitFor(w, 300) // 1.5 s
		stop()
		var longest time.Duration
		for _, s := range w.bySeq(r, c) {
			longest = max(longest, s.Received.Sub(s.Sent))
			if s.Lost() {
				t.Errorf("%s: request %d is lost", kind, s.Seq)
			}
		}
		if longest < 500*time.Millisecond {
			t.Errorf("%s: no answer took more than %v: no SYN was discarded", kind, longest)
		}
	}
}

func TestHTTP(t *testing.T) {
	for _, test := range []struct {
		name, node string
		lost       bool
		handle     http.HandlerFunc
	}{
		{"header", "site-a", false, func(out http.ResponseWriter, _ *http.Request) {
			out.Header().Set("X-Anycast-Node", "site-a")
			fmt.Fprintln(out, "welcome")
		}},
		{"body", "site-b", false, func(out http.ResponseWriter, _ *http.Request) { fmt.Fprintln(out, " site-b is here") }},
		{"empty", "", false, func(out http.ResponseWriter, _ *http.Request) { out.WriteHeader(http.StatusNoContent) }},
		{"not found", "404", false, http.NotFound},
		{"unavailable", "", true, func(out http.ResponseWriter, _ *http.Request) { out.WriteHeader(http.StatusServiceUnavailable) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.listenTCP(server4, func(l net.Listener) {
				s := &http.Server{Handler: test.handle}
				_ = s.Serve(l)
				_ = s.Close()
			})
			c := tcpConnect()
			c.Kind = "http"
			if test.lost {
				c.Timeout = 200 * time.Millisecond
				w.losses(c, 50)
				return
			}
			w.answers(c, 50, test.node)
		})
	}
	t.Run("mute", func(t *testing.T) {
		w := newWorld(t)
		w.listenTCP(server4, accept("", true))
		c := tcpConnect()
		c.Kind, c.Timeout = "http", 200*time.Millisecond
		w.losses(c, 50)
	})
}

func TestICMP(t *testing.T) {
	for name, target := range map[string]netip.AddrPort{"ipv4": server4, "ipv6": server6} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c := udp4()
			c.Kind, c.Target = "icmp", target
			w.answers(c, 100, "")
		})
	}
	t.Run("nobody", func(t *testing.T) {
		w := newWorld(t)
		c := udp4()
		c.Kind, c.Target, c.Timeout = "icmp", netip.MustParseAddrPort("203.0.113.1:0"), 100*time.Millisecond
		w.losses(c, 50)
	})
}
