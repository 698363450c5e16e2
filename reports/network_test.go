package reports

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"

	"anylab/lab/record"
	"anylab/reports/figure"
)

func drawn() figure.Network {
	end := func(node, addr string, delay time.Duration) record.LinkEnd {
		return record.LinkEnd{Node: node, IPv4: netip.MustParsePrefix(addr), Delay: delay}
	}
	return figure.Network{
		Topology: record.Topology{
			Name:    `a "net"`,
			Anycast: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")},
			Nodes: []record.Node{{Name: "r", Role: record.RouterNode, ASN: 65000, Daemon: "frr"},
				{Name: "a", Role: record.AnycastNode, ASN: 65001, Daemon: "bird"}, {Name: "c", Role: record.ClientNode}},
			Links: []record.Link{
				{Ends: [2]record.LinkEnd{end("r", "10.0.0.0/31", 0), end("a", "10.0.0.1/31", 0)},
					BGP: &record.Timers{Hold: 9 * time.Second}, BFD: &record.BFDTimers{Interval: 50 * time.Millisecond, Multiplier: 3}},
				{Ends: [2]record.LinkEnd{end("r", "10.0.0.2/31", 20*time.Millisecond), end("c", "10.0.0.3/31", 30*time.Millisecond)}},
			},
		},
		Served: map[string][]string{"c": {"a"}},
	}
}

func TestNetworkAsDOT(t *testing.T) {
	text := DOT(drawn())
	for _, want := range []string{
		`graph "a \"net\"" {`, `"a" [shape=doubleoctagon, label="a\nAS 65001\nbird\n192.0.2.1/32"];`, `"c" [shape=ellipse, label="c"];`,
		`"r" -- "a" [label="eBGP hold 9s\nBFD 50ms x 3", taillabel="10.0.0.0/31", headlabel="10.0.0.1/31"];`,
		`"r" -- "c" [label="20.0 ms there, 30.0 ms back"`, `"a" -- "c" [style=dashed`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s\nlacks %s", text, want)
		}
	}
}

func TestNetworkAsMermaid(t *testing.T) {
	n := drawn()
	n.Topology.Nodes[2].Name, n.Topology.Links[1].Ends[1].Node = `<b>"c"`, `<b>"c"`
	n.Served = map[string][]string{`<b>"c"`: {"a"}}
	text := Mermaid(n)
	for _, want := range []string{"flowchart TB\n", `n0["r`, `n1{{"a`, `n2(["#lt;b#gt;#quot;c#quot;"])`, `n0 ---|"eBGP hold 9s`, "n2 -.->|serves| n1"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s\nlacks %s", text, want)
		}
	}
}

func TestNetworkIsDrawnTheSameWay(t *testing.T) {
	first, err := drawn().SVG()
	if err != nil {
		t.Fatal(err)
	}
	again, err := drawn().SVG()
	if err != nil || !bytes.Equal(first, again) {
		t.Errorf("another drawing of the same network, %v", err)
	}
	for _, want := range []string{">r<", ">a<", ">c<", ">AS 65001<", ">20.0 ms<", ">BFD 50ms x 3<", ">serves<"} {
		if !bytes.Contains(first, []byte(want)) {
			t.Errorf("%q does not stand there", want)
		}
	}
}

// floating has a segment whose anycast nodes move the address by VRRP, one of BGP, a
// route reflector and an unnumbered session.
func floating() figure.Network {
	end := func(node, addr string) record.LinkEnd {
		p := netip.MustParsePrefix(addr)
		if p.Addr().Is4() {
			return record.LinkEnd{Node: node, IPv4: p}
		}
		return record.LinkEnd{Node: node, IPv6: p}
	}
	link := func(a, b record.LinkEnd) record.Link {
		return record.Link{Ends: [2]record.LinkEnd{a, b}, BGP: &record.Timers{Hold: 9 * time.Second}}
	}
	r, a, b := end("r", "10.1.0.1/24"), end("a", "10.1.0.2/24"), end("b", "10.1.0.3/24")
	a.Priority, b.Priority = 150, 100
	n := record.Topology{Name: "floating", Nodes: []record.Node{{Name: "r", Role: record.RouterNode, ASN: 65000},
		{Name: "a", Role: record.AnycastNode}, {Name: "b", Role: record.AnycastNode}, {Name: "rr", Role: record.RouterNode, ASN: 65000},
		{Name: "c", Role: record.AnycastNode, ASN: 65001}, {Name: "d", Role: record.AnycastNode, ASN: 65002}}}
	vrrp := &record.VRRP{ID: 51, Interval: time.Second, Preempt: true}
	for _, pair := range [][2]record.LinkEnd{{r, a}, {r, b}, {a, b}} {
		n.Links = append(n.Links, record.Link{Ends: pair, Segment: "r-a-b", VRRP: vrrp, Switch: true})
	}
	for _, far := range []record.LinkEnd{end("c", "10.1.1.2/24"), end("d", "10.1.1.3/24")} {
		shared := link(end("r", "10.1.1.1/24"), far)
		shared.Segment = "r-c-d"
		n.Links = append(n.Links, shared)
	}
	client := end("r", "10.0.0.1/31")
	client.Client = true
	n.Links = append(n.Links, link(end("rr", "10.0.0.0/31"), client), link(end("rr", "fe80::1/64"), end("c", "fe80::2/64")))
	return figure.Network{Topology: n}
}

func TestSegmentsAsDOT(t *testing.T) {
	text := DOT(floating())
	wantOnce(t, text,
		`"segment r-a-b" [shape=box, style=filled, height=0.1, label="shared segment\nVRRP 51 every 1s"];`,
		`"r" -- "segment r-a-b" [label="", taillabel="10.1.0.1/24"];`,
		`"a" -- "segment r-a-b" [label="priority 150, master", taillabel="10.1.0.2/24"];`,
		`"b" -- "segment r-a-b" [label="priority 100", taillabel="10.1.0.3/24"];`,
		`label="shared segment\neBGP hold 9s"];`,
		`"rr" -- "r" [label="iBGP hold 9s\nrr client r", taillabel="10.0.0.0/31", headlabel="10.0.0.1/31"];`,
		`"rr" -- "c" [label="unnumbered\neBGP hold 9s", taillabel="", headlabel=""];`)
	if strings.Contains(text, `"r" -- "a"`) || strings.Contains(text, `"a" -- "b"`) {
		t.Errorf("what shares a segment is joined as if by a cable:\n%s", text)
	}
}

func TestSegmentsAsMermaid(t *testing.T) {
	wantOnce(t, Mermaid(floating()), "s0[[\"shared segment\nVRRP 51 every 1s\"]]", "n0 --- s0\n", `n1 ---|"priority 150, master"| s0`,
		`n2 ---|"priority 100"| s0`, "s1[[\"shared segment\neBGP hold 9s\"]]", "n3 ---|\"iBGP hold 9s\nrr client r\"| n0", "n3 ---|\"unnumbered\neBGP hold 9s\"| n4")
}

func TestSegmentsAsSVG(t *testing.T) {
	text, err := floating().SVG()
	if err != nil {
		t.Fatal(err)
	}
	wantOnce(t, string(text), ">VRRP 51 every 1s<", ">priority 150, master<", ">priority 100<", ">eBGP hold 9s<", ">iBGP rr client<", ">unnumbered eBGP<",
		">shared segment<", "2 shared segments<")
}

// A record that tells of no segments is drawn as it was.
func TestOldRecordOfASegment(t *testing.T) {
	n := floating()
	for i := range n.Topology.Links {
		n.Topology.Links[i].Segment, n.Topology.Links[i].VRRP = "", nil
	}
	wantOnce(t, DOT(n), `"r" -- "a" [label="", taillabel="10.1.0.1/24", headlabel="10.1.0.2/24"];`)
}

func wantOnce(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, want := range parts {
		if strings.Count(text, want) != 1 {
			t.Errorf("%s\nhas %d times %s, want it once", text, strings.Count(text, want), want)
		}
	}
}
