package observe

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/osrg/gobgp/v3/pkg/packet/bgp"

	"anylab/lab/record"
)

var (
	site4 = netip.MustParsePrefix("192.0.2.100/32")
	site6 = netip.MustParsePrefix("2001:db8::100/128")
)

func encode(t testing.TB, m *bgp.BGPMessage, o ...*bgp.MarshallingOption) []byte {
	t.Helper()
	b, err := m.Serialize(o...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func openMessage(addPath ...*bgp.CapAddPathTuple) *bgp.BGPMessage {
	caps := []bgp.ParameterCapabilityInterface{bgp.NewCapFourOctetASNumber(4200000001)}
	if addPath != nil {
		caps = append(caps, bgp.NewCapAddPath(addPath))
	}
	return bgp.NewBGPOpenMessage(bgp.AS_TRANS, 9, "10.255.0.1", []bgp.OptionParameterInterface{bgp.NewOptionParameterCapability(caps)})
}

func path(asn uint32) []bgp.PathAttributeInterface {
	return []bgp.PathAttributeInterface{
		bgp.NewPathAttributeOrigin(0),
		bgp.NewPathAttributeAsPath([]bgp.AsPathParamInterface{bgp.NewAs4PathParam(bgp.BGP_ASPATH_ATTR_TYPE_SEQ, []uint32{asn})}),
	}
}

func announce4(id uint32) *bgp.BGPMessage {
	nlri := bgp.NewIPAddrPrefix(32, "192.0.2.100")
	nlri.SetPathLocalIdentifier(id)
	return bgp.NewBGPUpdateMessage(nil, append(path(4200000001), bgp.NewPathAttributeNextHop("10.0.0.1")), []*bgp.IPAddrPrefix{nlri})
}

func withdraw4() *bgp.BGPMessage {
	return bgp.NewBGPUpdateMessage([]*bgp.IPAddrPrefix{bgp.NewIPAddrPrefix(32, "192.0.2.100")}, nil, nil)
}

func announce6() *bgp.BGPMessage {
	nlri := []bgp.AddrPrefixInterface{bgp.NewIPv6AddrPrefix(128, "2001:db8::100")}
	return bgp.NewBGPUpdateMessage(nil, append(path(65001), bgp.NewPathAttributeMpReachNLRI("fd00::1", nlri)), nil)
}

func withdraw6() *bgp.BGPMessage {
	nlri := []bgp.AddrPrefixInterface{bgp.NewIPv6AddrPrefix(128, "2001:db8::100")}
	return bgp.NewBGPUpdateMessage(nil, []bgp.PathAttributeInterface{bgp.NewPathAttributeMpUnreachNLRI(nlri)}, nil)
}

// session is what a speaker sends in the tests, and what is to be seen of it.
func session(t testing.TB) (bytes []byte, want []record.BGP) {
	for _, m := range []*bgp.BGPMessage{
		openMessage(), bgp.NewBGPKeepAliveMessage(), announce4(0), announce6(), withdraw4(), withdraw6(),
		bgp.NewBGPRouteRefreshMessage(1, 0, 1), bgp.NewBGPNotificationMessage(6, 2, nil),
	} {
		bytes = append(bytes, encode(t, m)...)
	}
	return bytes, []record.BGP{
		{Type: record.BGPOpen},
		{Type: record.BGPKeepalive},
		{Type: record.BGPUpdate, Announce: []netip.Prefix{site4}},
		{Type: record.BGPUpdate, Announce: []netip.Prefix{site6}},
		{Type: record.BGPUpdate, Withdraw: []netip.Prefix{site4}},
		{Type: record.BGPUpdate, Withdraw: []netip.Prefix{site6}},
		{Type: record.BGPRefresh},
		{Type: record.BGPNotification, Code: 6, Subcode: 2},
	}
}

var comparePrefix = cmpopts.EquateComparable(netip.Prefix{})

func messagesOf(t testing.TB, seen []sight) []record.BGP {
	t.Helper()
	var m []record.BGP
	for _, s := range seen {
		if s.doubt != "" {
			t.Errorf("doubt: %s", s.doubt)
		}
		m = append(m, s.msg)
	}
	return m
}

// Whatever way the bytes are cut into segments, doubled and put out of order,
// the messages are the same.
func TestConnReassembles(t *testing.T) {
	bytes, want := session(t)
	want = append(want, record.BGP{Type: record.BGPFin})
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 0))
		isn := r.Uint32() | 0xffff0000 // so that the numbers wrap
		segments := cut(r, isn+1, bytes)
		c := &conn{}
		seen := c.take(0, segment{seq: isn, syn: true})
		for _, s := range segments {
			seen = append(seen, c.take(0, s)...)
		}
		if diff := cmp.Diff(want, messagesOf(t, seen), comparePrefix); diff != "" {
			t.Fatalf("seed %d (-want +got):\n%s", seed, diff)
		}
	}
}

// cut returns bytes and a FIN as segments, some twice, some with bytes of
// their neighbours, shuffled.
func cut(r *rand.Rand, seq uint32, bytes []byte) []segment {
	var out []segment
	for i := 0; i < len(bytes); {
		n := min(len(bytes)-i, 1+r.IntN(60))
		early := min(i, r.IntN(10))
		g := segment{seq: seq + uint32(i-early), data: bytes[i-early : i+n]}
		g.fin = i+n == len(bytes)
		out = append(out, g)
		if r.IntN(3) == 0 {
			out = append(out, g)
		}
		i += n
	}
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func TestConnStampsWithTheCompletingPacket(t *testing.T) {
	b := encode(t, bgp.NewBGPKeepAliveMessage())
	c := &conn{}
	c.take(0, segment{at: 1, seq: 9, syn: true})
	c.take(0, segment{at: 2, seq: 10, data: b[:5]})
	c.take(0, segment{at: 3, seq: 20, data: b[10:]})
	seen := c.take(0, segment{at: 4, seq: 15, data: b[5:10]})
	if len(seen) != 1 || seen[0].at != 4 {
		t.Errorf("got %+v, want one keepalive at 4", seen)
	}
}

func TestConnReadsPathIdentifiersWhenBothAgreed(t *testing.T) {
	both := &bgp.MarshallingOption{AddPath: map[bgp.RouteFamily]bgp.BGPAddPathMode{bgp.RF_IPv4_UC: bgp.BGP_ADD_PATH_BOTH}}
	c := &conn{}
	var seen []sight
	seen = append(seen, c.take(0, segment{data: encode(t, openMessage(bgp.NewCapAddPathTuple(bgp.RF_IPv4_UC, bgp.BGP_ADD_PATH_SEND)))})...)
	seen = append(seen, c.take(1, segment{data: encode(t, openMessage(bgp.NewCapAddPathTuple(bgp.RF_IPv4_UC, bgp.BGP_ADD_PATH_RECEIVE)))})...)
	seen = append(seen, c.take(0, segment{seq: c.ways[0].order.next, data: encode(t, announce4(7), both)})...)
	seen = append(seen, c.take(1, segment{seq: c.ways[1].order.next, data: encode(t, announce4(0))})...)
	update := record.BGP{Type: record.BGPUpdate, Announce: []netip.Prefix{site4}}
	want := []record.BGP{{Type: record.BGPOpen}, {Type: record.BGPOpen}, update, update}
	if diff := cmp.Diff(want, messagesOf(t, seen), comparePrefix); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestConnEnds(t *testing.T) {
	keepalive := segment{seq: 1, data: encode(t, bgp.NewBGPKeepAliveMessage())}
	fin := segment{seq: 20, fin: true}
	cases := []struct {
		name string
		in   []segment
		want []record.BGPType
	}{
		{"refused", []segment{{syn: true}, {seq: 1, rst: true}}, nil},
		{"reset", []segment{{syn: true}, keepalive, {seq: 20, rst: true}, {seq: 20, rst: true}}, []record.BGPType{record.BGPKeepalive, record.BGPRst}},
		{"closed, told twice", []segment{{syn: true}, keepalive, fin, fin}, []record.BGPType{record.BGPKeepalive, record.BGPFin}},
		{"closed, seen from the end only", []segment{fin}, []record.BGPType{record.BGPFin}},
		{"ports used again", []segment{{syn: true}, keepalive, fin, {seq: 99, syn: true}, {seq: 100, data: keepalive.data}}, []record.BGPType{record.BGPKeepalive, record.BGPFin, record.BGPKeepalive}},
		{"SYN sent again", []segment{{syn: true}, keepalive, {syn: true}, fin}, []record.BGPType{record.BGPKeepalive, record.BGPFin}},
	}
	for _, c := range cases {
		conn := &conn{}
		var got []record.BGPType
		for _, g := range c.in {
			for _, m := range messagesOf(t, conn.take(0, g)) {
				got = append(got, m.Type)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestConnDoubts(t *testing.T) {
	keepalive := encode(t, bgp.NewBGPKeepAliveMessage())
	broken := encode(t, withdraw4())
	broken[headerLen+1] = 200 // more withdrawn routes than there are bytes
	many := []segment{{syn: true}}
	for i := range maxHeldSegments + 1 {
		many = append(many, segment{seq: uint32(100 + len(keepalive)*i), data: keepalive})
	}
	cases := []struct {
		name     string
		in       []segment
		doubts   int
		messages int
	}{
		{"begins inside a message", []segment{{seq: 5, data: append([]byte{0, 1, 2, 0xff, 3}, keepalive...)}}, 0, 1},
		{"garbage between messages", []segment{{seq: 5, data: slices.Concat(keepalive, []byte("garbage"), keepalive)}}, 1, 2},
		{"an update that can't be read", []segment{{seq: 5, data: broken}}, 1, 1},
		{"a segment that was never seen", many, 1, maxHeldSegments + 1},
	}
	for _, c := range cases {
		conn := &conn{}
		doubts, messages := 0, 0
		for _, g := range c.in {
			for _, s := range conn.take(0, g) {
				if s.doubt != "" {
					doubts++
				}
				if s.msg.Type != "" {
					messages++
				}
			}
		}
		if doubts != c.doubts || messages != c.messages {
			t.Errorf("%s: %d doubts and %d messages, want %d and %d", c.name, doubts, messages, c.doubts, c.messages)
		}
	}
}

// FuzzConn feeds anything to a connection, whole and in pieces: it must not
// panic, and the pieces must show what the whole shows.
func FuzzConn(f *testing.F) {
	bytes, _ := session(f)
	f.Add(bytes, uint8(7))
	f.Add(append([]byte{1, 2, 0xff, 0xff}, bytes...), uint8(1))
	f.Fuzz(func(t *testing.T, bytes []byte, size uint8) {
		whole := &conn{}
		want := whole.take(0, segment{data: bytes})
		pieces := &conn{}
		var got []sight
		n := int(size)%64 + 1
		for i := 0; i < len(bytes); i += n {
			got = append(got, pieces.take(0, segment{seq: uint32(i), data: bytes[i:min(len(bytes), i+n)]})...)
		}
		messages := func(seen []sight) (m []record.BGP) {
			for _, s := range seen {
				if s.msg.Type != "" {
					m = append(m, s.msg)
				}
			}
			return m
		}
		if diff := cmp.Diff(messages(want), messages(got), comparePrefix); diff != "" {
			t.Errorf("in pieces of %d (-whole +pieces):\n%s", n, diff)
		}
	})
}

// The end of a connection that another one has followed is no end of the session: what a
// silent link kept back comes late. Of two that are opened at the same time, and of a new
// one that is refused, it is.
func TestTheEndOfAnOldConnectionIsStale(t *testing.T) {
	ends := func(port uint16) endpoints {
		return endpoints{1, netip.MustParseAddrPort("10.0.0.1:179"), netip.AddrPortFrom(netip.MustParseAddr("10.0.0.2"), port)}
	}
	w := &wire{live: map[endpoints]*conn{}}
	conns := map[uint16]*conn{1: {}, 2: {}, 3: {}}
	for i, step := range []struct {
		port  uint16
		says  record.BGPType
		stale bool
	}{
		{1, record.BGPOpen, false}, {1, record.BGPKeepalive, false},
		{2, record.BGPOpen, false}, {2, record.BGPKeepalive, false}, // beside it: the first is dead
		{1, record.BGPRst, true}, {1, record.BGPNotification, true}, {2, record.BGPUpdate, false},
		{2, record.BGPFin, false},                                      // the session's end
		{3, record.BGPOpen, false}, {3, record.BGPNotification, false}, // refused
	} {
		if got := w.stale(ends(step.port), conns[step.port], record.BGP{Type: step.says}); got != step.stale {
			t.Errorf("step %d, %s on connection %d: stale %v", i, step.says, step.port, got)
		}
	}
}
