package service

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

var dualStack = server{Kind: "dns", Node: "a", Port: 53, Addrs: []netip.Addr{
	netip.MustParseAddr("192.0.2.100"), netip.MustParseAddr("2001:db8::100"),
}}

func TestAnswerDNS(t *testing.T) {
	tests := []struct {
		name  string
		qtype uint16
		class uint16
		rcode int
		want  string // the data of the answer
	}{
		{"id.server.", dns.TypeTXT, dns.ClassCHAOS, dns.RcodeSuccess, `"a"`},
		{"hostname.bind.", dns.TypeTXT, dns.ClassCHAOS, dns.RcodeSuccess, `"a"`},
		{"HostName.Bind.", dns.TypeTXT, dns.ClassCHAOS, dns.RcodeSuccess, `"a"`},
		{"id.server.", dns.TypeA, dns.ClassCHAOS, dns.RcodeSuccess, ""},
		{"version.bind.", dns.TypeTXT, dns.ClassCHAOS, dns.RcodeRefused, ""},
		{"www.example.", dns.TypeA, dns.ClassINET, dns.RcodeSuccess, "192.0.2.100"},
		{"www.example.", dns.TypeAAAA, dns.ClassINET, dns.RcodeSuccess, "2001:db8::100"},
		{"www.example.", dns.TypeTXT, dns.ClassINET, dns.RcodeSuccess, `"a"`},
		{"www.example.", dns.TypeMX, dns.ClassINET, dns.RcodeSuccess, ""},
		{"www.example.", dns.TypeA, dns.ClassHESIOD, dns.RcodeRefused, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name+" "+dns.TypeToString[tt.qtype], func(t *testing.T) {
			query := new(dns.Msg)
			query.SetQuestion(tt.name, tt.qtype)
			query.Question[0].Qclass = tt.class
			m := overWire(t, answerDNS(dualStack, overWire(t, query)))
			if m.Rcode != tt.rcode || m.Id != query.Id || !m.Response {
				t.Errorf("rcode %d id %d response %v", m.Rcode, m.Id, m.Response)
			}
			var got string
			for _, rr := range m.Answer {
				got += strings.TrimPrefix(rr.String(), rr.Header().String())
			}
			if got != tt.want {
				t.Errorf("answer %q, want %q", got, tt.want)
			}
		})
	}
}

func TestAnswerEDNS(t *testing.T) {
	query := new(dns.Msg)
	query.SetQuestion("www.example.", dns.TypeA)
	if m := overWire(t, answerDNS(dualStack, query)); m.IsEdns0() != nil {
		t.Error("an OPT record for a query without one")
	}
	query.SetEdns0(1232, false)
	if opt := overWire(t, answerDNS(dualStack, query)).IsEdns0(); opt == nil || len(opt.Option) != 0 {
		t.Errorf("want an OPT record without options, got %v", opt)
	}
	query.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_NSID{Code: dns.EDNS0NSID}}
	opt := overWire(t, answerDNS(dualStack, overWire(t, query))).IsEdns0()
	if opt == nil || len(opt.Option) != 1 || opt.Option[0].(*dns.EDNS0_NSID).Nsid != "61" {
		t.Errorf("want NSID 61, the name in hexadecimal; got %v", opt)
	}
	query.IsEdns0().SetVersion(1)
	if m := overWire(t, answerDNS(dualStack, query)); m.Rcode != dns.RcodeBadVers || len(m.Answer) != 0 {
		t.Errorf("EDNS version 1: got %v", m)
	}
}

func TestAnswerDNSRefusesTheOdd(t *testing.T) {
	query := new(dns.Msg)
	query.SetUpdate("example.")
	if m := overWire(t, answerDNS(dualStack, query)); m.Rcode != dns.RcodeNotImplemented {
		t.Errorf("an update: got %v", m)
	}
	if m := overWire(t, answerDNS(dualStack, new(dns.Msg))); m.Rcode != dns.RcodeFormatError {
		t.Errorf("no question: got %v", m)
	}
}

// overWire packs and unpacks a message, as the network does.
func overWire(t *testing.T, m *dns.Msg) *dns.Msg {
	t.Helper()
	wire, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	out := new(dns.Msg)
	if err := out.Unpack(wire); err != nil {
		t.Fatal(err)
	}
	return out
}

// A query is answered over UDP as it would be over TCP, the first time and from
// then on, whatever its id, and its case too. What is no query gets no answer.
func TestResolverAnswersAgain(t *testing.T) {
	r := newResolver(dualStack)
	for _, how := range []Behaviour{{}, {Wrong: true}, {}} {
		for _, name := range []string{"id.server.", "ID.server.", "www.example."} {
			for _, id := range []uint16{1, 2, 40000} {
				query := new(dns.Msg).SetQuestion(name, dns.TypeTXT)
				query.Id, query.Question[0].Qclass = id, dns.ClassCHAOS
				wire, err := query.Pack()
				if err != nil {
					t.Fatal(err)
				}
				want, got := overWire(t, behaveDNS(dualStack, how, query)), new(dns.Msg)
				if err := got.Unpack(r.answer(nil, how, wire)); err != nil || got.String() != want.String() {
					t.Errorf("%+v: %v, error %v; want %v", how, got, err, want)
				}
			}
		}
	}
	broken := append(make([]byte, 5), 1, 0, 0, 0, 0, 0, 0) // says that it has a question
	if got := new(dns.Msg); got.Unpack(r.answer(nil, Behaviour{}, broken)) != nil || got.Rcode != dns.RcodeFormatError {
		t.Errorf("a broken query is answered %v", got)
	}
	for _, none := range [][]byte{nil, {1}, {0, 1, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0}} {
		if got := r.answer(nil, Behaviour{}, none); len(got) != 0 {
			t.Errorf("%v is answered %v", none, got)
		}
	}
}
