package service

import (
	"encoding/hex"
	"net"
	"strings"
	"time"

	"github.com/miekg/dns"
)

var dnsKind = kind{
	serveDNS, exchange("udp", askDNS),
	Facts{Summary: "answers any name, and says who it is",
		Port: 53, Transports: []string{"udp", "tcp"}, Health: "dns"}, // RFC 1035
}

// serveDNS answers over UDP and TCP and tells who answers in every way that
// DNS knows: id.server and hostname.bind (RFC 4892) and NSID (RFC 5001).
func serveDNS(c server) error {
	answer := dns.HandlerFunc(func(w dns.ResponseWriter, query *dns.Msg) {
		b := c.orders.now()
		time.Sleep(b.Delay) // each query has a goroutine of its own
		answer := answerDNS(c, query)
		if b.Wrong {
			answer = new(dns.Msg).SetRcode(query, dns.RcodeServerFailure)
		}
		// A client that went away is no failure of the server.
		_ = w.WriteMsg(answer)
	})
	failed := make(chan error, 2)
	go func() {
		failed <- onAll(c, listenUDP, func(p net.PacketConn) error {
			return (&dns.Server{PacketConn: p, Handler: answer}).ActivateAndServe()
		})
	}()
	go func() {
		failed <- onAll(c, listenTCP, func(l net.Listener) error {
			return (&dns.Server{Listener: l, Handler: answer}).ActivateAndServe()
		})
	}()
	return <-failed
}

// answerDNS answers any name of class IN with the node's anycast addresses,
// or its name as text.
func answerDNS(c server, query *dns.Msg) *dns.Msg {
	m := new(dns.Msg)
	if query.Opcode != dns.OpcodeQuery {
		return m.SetRcode(query, dns.RcodeNotImplemented)
	}
	if len(query.Question) != 1 {
		return m.SetRcodeFormatError(query)
	}
	m.SetReply(query)
	m.Authoritative = true
	q := query.Question[0]
	switch {
	case q.Qclass == dns.ClassINET:
		m.Answer = records(c, q)
	case identity(q) && q.Qtype == dns.TypeTXT:
		m.Answer = []dns.RR{text(q, c.Node)}
	case !identity(q):
		m.SetRcode(query, dns.RcodeRefused)
	}
	answerEDNS(c, query, m)
	return m
}

// identity says whether the question is one of RFC 4892: in class CHAOS.
func identity(q dns.Question) bool {
	name := strings.ToLower(q.Name)
	return q.Qclass == dns.ClassCHAOS && (name == "id.server." || name == "hostname.bind.")
}

func records(c server, q dns.Question) []dns.RR {
	head := dns.RR_Header{Name: q.Name, Rrtype: q.Qtype, Class: q.Qclass}
	var rrs []dns.RR
	for _, a := range c.Addrs {
		switch {
		case q.Qtype == dns.TypeA && a.Is4():
			rrs = append(rrs, &dns.A{Hdr: head, A: a.AsSlice()})
		case q.Qtype == dns.TypeAAAA && a.Is6():
			rrs = append(rrs, &dns.AAAA{Hdr: head, AAAA: a.AsSlice()})
		}
	}
	if q.Qtype == dns.TypeTXT {
		rrs = append(rrs, text(q, c.Node))
	}
	return rrs
}

// text has a TTL of 0, as all records here: an answer out of a cache would
// name the wrong node.
func text(q dns.Question, s string) dns.RR {
	return &dns.TXT{Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeTXT, Class: q.Qclass}, Txt: []string{s}}
}

// answerEDNS adds the OPT record that a query with one must get (RFC 6891
// 6.1.1), with the node's name if the query asks for it by an NSID option.
func answerEDNS(c server, query, m *dns.Msg) {
	asked := query.IsEdns0()
	if asked == nil {
		return
	}
	m.SetEdns0(1232, false)
	if asked.Version() != 0 {
		m.Rcode, m.Answer = dns.RcodeBadVers, nil
		return
	}
	for _, o := range asked.Option {
		if o.Option() == dns.EDNS0NSID {
			opt := m.IsEdns0()
			opt.Option = append(opt.Option, &dns.EDNS0_NSID{Code: dns.EDNS0NSID, Nsid: hex.EncodeToString([]byte(c.Node))})
			return
		}
	}
}
