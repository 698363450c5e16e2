package observe

import (
	"net"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"golang.org/x/net/bpf"
)

func packet(t *testing.T, v6 bool, transport gopacket.SerializableLayer) []byte {
	t.Helper()
	eth := &layers.Ethernet{SrcMAC: make(net.HardwareAddr, 6), DstMAC: make(net.HardwareAddr, 6), EthernetType: layers.EthernetTypeIPv4}
	protocol := layers.IPProtocolTCP
	if transport.LayerType() == layers.LayerTypeUDP {
		protocol = layers.IPProtocolUDP
	}
	var ip gopacket.SerializableLayer = &layers.IPv4{Version: 4, TTL: 1, Protocol: protocol, SrcIP: net.IPv4(10, 0, 0, 0), DstIP: net.IPv4(10, 0, 0, 1)}
	if v6 {
		eth.EthernetType = layers.EthernetTypeIPv6
		ip = &layers.IPv6{Version: 6, HopLimit: 1, NextHeader: protocol, SrcIP: net.ParseIP("fd00::"), DstIP: net.ParseIP("fd00::1")}
	}
	buf := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true}, eth, ip, transport, gopacket.Payload("hello")); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestRoutingFilter(t *testing.T) {
	vm, err := bpf.NewVM(routingFilter())
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name      string
		transport gopacket.SerializableLayer
		want      bool
	}{
		{"to BGP", &layers.TCP{SrcPort: 40000, DstPort: 179}, true},
		{"from BGP", &layers.TCP{SrcPort: 179, DstPort: 40000}, true},
		{"other TCP", &layers.TCP{SrcPort: 40000, DstPort: 80}, false},
		{"TCP on the BFD port", &layers.TCP{SrcPort: 40000, DstPort: 3784}, false},
		{"BFD", &layers.UDP{SrcPort: 49152, DstPort: 3784}, true},
		{"BFD with a router in between", &layers.UDP{SrcPort: 49152, DstPort: 4784}, true},
		{"from the BFD port", &layers.UDP{SrcPort: 3784, DstPort: 53}, false},
		{"UDP on the BGP port", &layers.UDP{SrcPort: 179, DstPort: 179}, false},
	}
	for _, c := range cases {
		for _, v6 := range []bool{false, true} {
			n, err := vm.Run(packet(t, v6, c.transport))
			if err != nil || n > 0 != c.want {
				t.Errorf("%s, IPv6 %v: passed %v, want %v (%v)", c.name, v6, n > 0, c.want, err)
			}
		}
	}
	fragment := packet(t, false, &layers.TCP{SrcPort: 179, DstPort: 179})
	fragment[21] = 1
	if n, _ := vm.Run(fragment); n > 0 {
		t.Error("a fragment passed")
	}
	for _, v6 := range []bool{false, true} {
		vrrp, protocol := packet(t, v6, &layers.UDP{}), map[bool]int{false: 23, true: 20}[v6]
		vrrp[protocol] = vrrpProtocol
		if n, err := vm.Run(vrrp); n == 0 {
			t.Errorf("VRRP, IPv6 %v: did not pass (%v)", v6, err)
		}
	}
	arp := append(make([]byte, 12), 8, 6)
	if n, _ := vm.Run(append(arp, make([]byte, 28)...)); n > 0 {
		t.Error("ARP passed")
	}
}
