package service

import (
	"encoding/hex"
	"net"
	"net/netip"
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
	failed := make(chan error, 2)
	go func() {
		failed <- onAll(c, listenUDP, func(p *net.UDPConn) error {
			return serveDatagrams(c, p, newResolver(c).answer)
		})
	}()
	go func() {
		failed <- onAll(c, listenTCP, func(l net.Listener) error {
			answer := dns.HandlerFunc(func(w dns.ResponseWriter, query *dns.Msg) {
				b := c.orders.now()
				time.Sleep(b.Delay) // each connection has a goroutine of its own
				// A client that went away is no failure of the server.
				_ = w.WriteMsg(behaveDNS(c, b, query))
			})
			return (&dns.Server{Listener: l, Handler: answer}).ActivateAndServe()
		})
	}()
	return <-failed
}

func behaveDNS(c server, b Behaviour, query *dns.Msg) *dns.Msg {
	if b.Wrong {
		return new(dns.Msg).SetRcode(query, dns.RcodeServerFailure)
	}
	return answerDNS(c, query)
}

// resolver answers queries over UDP. It keeps the answers: queries that differ
// in nothing but their id have the same.
type resolver struct {
	server
	known map[bool]map[string][]byte // by whether they are wrong, and the query without its id
}

func newResolver(c server) resolver {
	return resolver{c, map[bool]map[string][]byte{true: {}, false: {}}}
}

const (
	idSize     = 2
	headerSize = 12   // RFC 1035 section 4.1.1
	isAnswer   = 0x80 // QR, in the byte after the id
	mostCached = 1000 // answers of either kind
)

// answer appends the answer to b, or nothing to what is no query.
func (r resolver) answer(b []byte, how Behaviour, request []byte) []byte {
	if len(request) < headerSize || request[idSize]&isAnswer != 0 {
		return b
	}
	known := r.known[how.Wrong]
	answer, ok := known[string(request[idSize:])]
	if !ok {
		query := new(dns.Msg)
		if query.Unpack(request) != nil {
			query.Question = nil // answered as a format error
		}
		packed, err := behaveDNS(r.server, how, query).Pack()
		if err != nil {
			return b
		}
		answer = packed[idSize:]
		if len(known) < mostCached {
			known[string(request[idSize:])] = answer
		}
	}
	return append(append(b, request[:idSize]...), answer...)
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
	rrs := addresses(dns.RR_Header{Name: q.Name, Rrtype: q.Qtype, Class: q.Qclass}, c.Addrs)
	if q.Qtype == dns.TypeTXT {
		rrs = append(rrs, text(q, c.Node))
	}
	return rrs
}

// addresses are the records of the addresses of the family that the head is of.
func addresses(head dns.RR_Header, list []netip.Addr) []dns.RR {
	var rrs []dns.RR
	for _, a := range list {
		switch {
		case head.Rrtype == dns.TypeA && a.Is4():
			rrs = append(rrs, &dns.A{Hdr: head, A: a.AsSlice()})
		case head.Rrtype == dns.TypeAAAA && a.Is6():
			rrs = append(rrs, &dns.AAAA{Hdr: head, AAAA: a.AsSlice()})
		}
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
