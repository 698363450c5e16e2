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
		`"r" -- "a" [label="BGP hold 9s\nBFD 50ms x 3", taillabel="10.0.0.0/31", headlabel="10.0.0.1/31"];`,
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
	for _, want := range []string{"flowchart TB\n", `n0["r`, `n1{{"a`, `n2(["#lt;b#gt;#quot;c#quot;"])`, `n0 ---|"BGP hold 9s`, "n2 -.->|serves| n1"} {
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
	for _, want := range []string{">r<", ">a<", ">c<", ">AS 65001<", ">20.0 ms<", " BFD 50ms x 3<", ">serves<"} {
		if !bytes.Contains(first, []byte(want)) {
			t.Errorf("%q does not stand there", want)
		}
	}
}
