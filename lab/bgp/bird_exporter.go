package bgp

import "net/netip"

func (bird) exporter(dir string, at netip.AddrPort) Exporter {
	return Exporter{Program: "prometheus-bird-exporter", Package: "prometheus-bird-exporter",
		Args: []string{"-bird.v2", "-bird.socket", dir + "/" + birdSocket, "-web.listen-address", at.String()},
		Up:   `bird_protocol_up{proto="BGP"}`, Routes: `bird_protocol_prefix_export_count{proto="BGP"}`}
}
