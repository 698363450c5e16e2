package service

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// TestServe asks each kind, over each of its protocols and both families,
// from a client behind a router, who answers.
func TestServe(t *testing.T) {
	s := openSite(t)
	tests := []struct {
		kind, network string
		port          int
		ask           func(net.Conn) (string, error)
	}{
		{"dns", "udp", 53, whoDNS},
		{"dns", "tcp", 53, whoDNS},
		{"dns", "udp", 53, whoNSID},
		{"http", "tcp", 80, whoHTTP},
		{"tcp", "tcp", 7, whoTCP},
		{"udp", "udp", 7, whoUDP},
	}
	for i, tt := range tests {
		t.Run(fmt.Sprint(tt.kind, " over ", tt.network), func(t *testing.T) {
			c := s.config(tt.kind, "none")
			c.Name, c.Port = fmt.Sprint(tt.kind, i), tt.port
			s.start(t, c)
			for _, a := range c.Addrs {
				s.whoAnswers(t, tt.network, netip.AddrPortFrom(a, uint16(tt.port)), tt.ask)
			}
		})
	}
}

// whoAnswers requires that a does. The sockets are connected ones, so that
// only answers from the anycast address itself come through.
func (s *site) whoAnswers(t testing.TB, network string, to netip.AddrPort, ask func(net.Conn) (string, error)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := converse(ctx, s.london, network, to, func(conn net.Conn) error {
		got, err := ask(conn)
		if err == nil && got != "a" {
			err = fmt.Errorf("%q answers, want a", got)
		}
		return err
	})
	if err != nil {
		t.Errorf("%s: %v", to, err)
	}
}

func whoDNS(conn net.Conn) (string, error) {
	query := new(dns.Msg)
	query.SetQuestion("hostname.bind.", dns.TypeTXT)
	query.Question[0].Qclass = dns.ClassCHAOS
	m, err := queryDNS(conn, query)
	if err != nil || len(m.Answer) != 1 {
		return fmt.Sprint(m), err
	}
	return m.Answer[0].(*dns.TXT).Txt[0], nil
}

func whoNSID(conn net.Conn) (string, error) {
	query := new(dns.Msg)
	query.SetQuestion("www.example.", dns.TypeA)
	query.SetEdns0(1232, false)
	query.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_NSID{Code: dns.EDNS0NSID}}
	m, err := queryDNS(conn, query)
	if err != nil || m.IsEdns0() == nil || len(m.IsEdns0().Option) != 1 {
		return fmt.Sprint(m), err
	}
	name, err := hex.DecodeString(m.IsEdns0().Option[0].(*dns.EDNS0_NSID).Nsid)
	return string(name), err
}

func queryDNS(conn net.Conn, query *dns.Msg) (*dns.Msg, error) {
	c := &dns.Conn{Conn: conn}
	if err := c.WriteMsg(query); err != nil {
		return nil, err
	}
	return c.ReadMsg()
}

// whoHTTP returns the name if header and body agree on it.
func whoHTTP(conn net.Conn) (string, error) {
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		return "", err
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	name := answer.Header.Get("X-Anycast-Node")
	if string(body) != name+"\n" {
		return fmt.Sprintf("header %q, body %q", name, body), err
	}
	return name, err
}

// whoTCP expects the name before it has said anything, then its own words.
func whoTCP(conn net.Conn) (string, error) {
	in := bufio.NewReader(conn)
	name, err := in.ReadString('\n')
	if err != nil {
		return "", err
	}
	if _, err := io.WriteString(conn, "echo\n"); err != nil {
		return "", err
	}
	if echo, err := in.ReadString('\n'); echo != "echo\n" {
		return fmt.Sprintf("%q echoed for %q", echo, "echo\n"), err
	}
	return strings.TrimSuffix(name, "\n"), nil
}

func whoUDP(conn net.Conn) (string, error) {
	request := []byte{0, 1, 2, '\n', 0xff}
	if _, err := conn.Write(request); err != nil {
		return "", err
	}
	buf := make([]byte, 100)
	n, err := conn.Read(buf)
	if err != nil {
		return "", err
	}
	name, found := strings.CutPrefix(string(buf[:n]), string(request)+"\n")
	if !found {
		return fmt.Sprintf("%q", buf[:n]), nil
	}
	return name, nil
}
