package probe

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// question is what identityQuery asks, as it comes back.
func question() []byte {
	q := identityQuery()
	return q[dnsHeader : len(q)-len(nsidRequest)]
}

func TestIdentityQuery(t *testing.T) {
	var m dns.Msg
	if err := m.Unpack(identityQuery()); err != nil {
		t.Fatal(err)
	}
	if q := m.Question[0]; q.Name != "id.server." || q.Qtype != dns.TypeTXT || q.Qclass != dns.ClassCHAOS {
		t.Errorf("question %v", q)
	}
	opt := m.IsEdns0()
	if opt == nil || opt.UDPSize() != 1232 || len(opt.Option) != 1 || opt.Option[0].Option() != dns.EDNS0NSID {
		t.Errorf("options %v", opt)
	}
	if m.RecursionDesired || m.Response || len(m.Question) != 1 {
		t.Errorf("header %v", m.MsgHdr)
	}
}

func dnsAnswer(t testing.TB, edit func(*dns.Msg)) []byte {
	t.Helper()
	var query, m dns.Msg
	if err := query.Unpack(identityQuery()); err != nil {
		t.Fatal(err)
	}
	query.Id = 0xbeef
	m.SetReply(&query)
	m.Compress = true
	edit(&m)
	out, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func addTXT(text string) func(*dns.Msg) {
	return func(m *dns.Msg) {
		rr := &dns.TXT{Hdr: dns.RR_Header{Name: "id.server.", Rrtype: dns.TypeTXT, Class: dns.ClassCHAOS}, Txt: []string{text}}
		m.Answer = append(m.Answer, rr)
	}
}

func addNSID(id string) func(*dns.Msg) {
	return func(m *dns.Msg) {
		m.SetEdns0(1232, false)
		nsid := &dns.EDNS0_NSID{Code: dns.EDNS0NSID, Nsid: hex.EncodeToString([]byte(id))}
		m.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_PADDING{Padding: make([]byte, 3)}, nsid}
	}
}

func TestParseDNS(t *testing.T) {
	for name, test := range map[string]struct {
		edit func(*dns.Msg)
		node string
		ok   bool
	}{
		"text":        {addTXT("a1"), "a1", true},
		"nsid":        {addNSID("n1"), "n1", true},
		"both":        {func(m *dns.Msg) { addTXT("a1")(m); addNSID("n1")(m) }, "n1", true},
		"empty nsid":  {func(m *dns.Msg) { addTXT("a1")(m); addNSID("")(m) }, "a1", true},
		"empty text":  {addTXT(""), "", true},
		"two texts":   {func(m *dns.Msg) { addTXT("a1")(m); addTXT("a2")(m) }, "a1", true},
		"nothing":     {func(*dns.Msg) {}, "", true},
		"refused":     {func(m *dns.Msg) { m.Rcode = dns.RcodeRefused; m.Question = nil }, "", true},
		"servfail":    {func(m *dns.Msg) { m.Rcode = dns.RcodeServerFailure }, "", false},
		"a query":     {func(m *dns.Msg) { m.Response = false }, "", false},
		"upper case":  {func(m *dns.Msg) { addTXT("a1")(m); m.Question[0].Name = "ID.Server." }, "a1", true},
		"other name":  {func(m *dns.Msg) { m.Question[0].Name = "version.bind." }, "", false},
		"other class": {func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassINET }, "", false},
		"no question": {func(m *dns.Msg) { m.Question = nil }, "", false},
		"long text":   {addTXT(strings.Repeat("x", 255)), strings.Repeat("x", 255), true},
	} {
		id, node, ok := parseDNS(dnsAnswer(t, test.edit), question())
		if ok != test.ok || string(node) != test.node || ok && id != 0xbeef {
			t.Errorf("%s: %x %q %v, want %q %v", name, id, node, ok, test.node, test.ok)
		}
	}
}

// A name that consists of pointers and labels ends where the standard says.
func TestSkipName(t *testing.T) {
	for in, want := range map[string]string{
		"\x00rest":             "rest",
		"\x01a\x02bc\x00rest":  "rest",
		"\xc0\x0crest":         "rest",
		"\x01a\xc0\x0crest":    "rest",
		"\xc0":                 "",
		"\x05abc":              "",
		"\x40abc":              "", // neither a label nor a pointer
		"":                     "",
		"\x03abc":              "",
		"\x01a":                "",
		"\x01a\x00":            "",
		"\x02\x00\x00\x00rest": "rest",
	} {
		if got := string(skipName([]byte(in))); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzParseDNS(f *testing.F) {
	for _, edit := range []func(*dns.Msg){addTXT("a1"), addNSID("n1"), func(*dns.Msg) {}} {
		f.Add(dnsAnswer(f, edit))
	}
	f.Add(identityQuery())
	f.Fuzz(func(t *testing.T, packet []byte) {
		before := bytes.Clone(packet)
		_, node, ok := parseDNS(packet, question())
		if !bytes.Equal(packet, before) {
			t.Error("the packet was changed")
		}
		if !ok && node != nil || !bytes.Contains(packet, node) {
			t.Errorf("node %q, %v", node, ok)
		}
		var m dns.Msg
		if m.Unpack(packet) == nil && ok && !m.Response {
			t.Error("a query was taken for an answer")
		}
	})
}

func TestParseHTTP(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for name, test := range map[string]struct {
		in   string
		end  bool
		want reply
	}{
		"header":           {ok + "x-anycast-NODE:  a \r\n\r\n", false, reply{true, true, []byte("a")}},
		"header and more":  {ok + "Server: x\r\nX-Anycast-Node: a\r\nY: z\r\n\r\nbody", false, reply{true, true, []byte("a")}},
		"body":             {ok + "Server: x\r\n\r\n b here", false, reply{true, true, []byte("b")}},
		"unfinished word":  {ok + "\r\nsite", false, reply{false, true, []byte("site")}},
		"ended word":       {ok + "\r\nsite", true, reply{true, true, []byte("site")}},
		"word by length":   {ok + "Content-Length: 4\r\n\r\nsite", false, reply{true, true, []byte("site")}},
		"empty by length":  {ok + "Content-Length: 0\r\n\r\n", false, reply{true, true, nil}},
		"head only":        {ok + "Server: x\r\n", false, reply{}},
		"cut short":        {ok + "Server: x\r\n", true, reply{done: true}},
		"server error":     {"HTTP/1.1 503 Busy\r\nX-Anycast-Node: a\r\n\r\n", false, reply{done: true}},
		"no reason":        {"HTTP/1.0 404\r\n\r\n", true, reply{true, true, nil}},
		"not http":         {"SSH-2.0-x\r\n\r\n", false, reply{done: true}},
		"nothing":          {"", true, reply{done: true}},
		"value with colon": {ok + "X-Anycast-Node: a:b\r\n\r\n", false, reply{true, true, []byte("a:b")}},
	} {
		got := parseHTTP([]byte(test.in), test.end)
		if got.done != test.want.done || got.ok != test.want.ok || !bytes.Equal(got.node, test.want.node) {
			t.Errorf("%s: %v %v %q, want %v %v %q", name, got.done, got.ok, got.node, test.want.done, test.want.ok, test.want.node)
		}
	}
}

func FuzzParseHTTP(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nX-Anycast-Node: a\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"))
	f.Fuzz(func(t *testing.T, in []byte) {
		early, last := parseHTTP(in, false), parseHTTP(in, true)
		if !last.done {
			t.Error("not done at the end")
		}
		if early.done && (!last.ok && early.ok || !bytes.Equal(early.node, last.node)) {
			t.Errorf("done with %v %q, but at the end %v %q", early.ok, early.node, last.ok, last.node)
		}
		if !bytes.Contains(in, last.node) {
			t.Errorf("node %q", last.node)
		}
	})
}

func TestParseLine(t *testing.T) {
	for in, want := range map[string]string{"a\n": "a", "a\r\nb": "a", "\n": ""} {
		if r := parseLine([]byte(in), false); !r.done || !r.ok || string(r.node) != want {
			t.Errorf("%q: %+v", in, r)
		}
	}
	if r := parseLine([]byte("a"), false); r.done {
		t.Errorf("half a line is enough: %+v", r)
	}
	if r := parseLine([]byte("a"), true); !r.done || string(r.node) != "a" {
		t.Errorf("end: %+v", r)
	}
}

func FuzzToken(f *testing.F) {
	t := newToken()
	f.Add(uint64(1<<40), []byte("node"))
	f.Fuzz(func(tt *testing.T, seq uint64, node []byte) {
		q := t.query()
		t.put(q, seq)
		got, name, ok := t.parse(append(q, node...))
		if !ok || got != seq || !bytes.Equal(name, bytes.TrimSpace(node)) {
			tt.Errorf("%d %q: %d %q %v", seq, node, got, name, ok)
		}
		if _, _, ok := t.parse(q[:tokenSize-1]); ok {
			tt.Error("a short packet is an answer")
		}
		q[0]++
		if _, _, ok := t.parse(q); ok {
			tt.Error("another run's packet is an answer")
		}
	})
}

// The udp service writes its node's name on a line of its own.
func TestParseEcho(t *testing.T) {
	token := newToken()
	query := token.query()
	token.put(query, 7)
	for _, tt := range []struct {
		tail, node string
	}{{"\na", "a"}, {"a", "a"}, {"\na\n", "a"}, {"", ""}, {"\n", ""}} {
		seq, node, ok := token.parse(append(bytes.Clone(query), tt.tail...))
		if seq != 7 || string(node) != tt.node || !ok {
			t.Errorf("%q: request %d, node %q, %v; want 7, %q", tt.tail, seq, node, ok, tt.node)
		}
	}
	if _, _, ok := token.parse(append(newToken().query(), "a"...)); ok {
		t.Error("another run's answer is taken for ours")
	}
}
