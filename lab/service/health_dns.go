package service

import (
	"fmt"
	"net"

	"github.com/miekg/dns"
)

var dnsHealth = healthKind{
	polled(exchange("udp", askDNS)), HealthFacts{Summary: "asks for id.server; no answer or SERVFAIL is a failure", Services: []string{"dns"}, Polls: true, Datagram: true},
}

// askDNS asks who answers (RFC 4892): every server understands the question,
// and needs nobody upstream to answer it. Any response but SERVFAIL is good,
// as in dnsdist's default check: one that refuses the question lives.
func askDNS(conn net.Conn) error {
	query := new(dns.Msg)
	query.SetQuestion("id.server.", dns.TypeTXT)
	query.Question[0].Qclass = dns.ClassCHAOS
	c := &dns.Conn{Conn: conn}
	if err := c.WriteMsg(query); err != nil {
		return err
	}
	for {
		answer, err := c.ReadMsg()
		switch {
		case err != nil:
			return err
		case answer.Id != query.Id || !answer.Response:
			continue
		case answer.Rcode == dns.RcodeServerFailure:
			return fmt.Errorf("the answer is %s", dns.RcodeToString[answer.Rcode])
		}
		return nil
	}
}
