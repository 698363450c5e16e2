package bgp

import "net/netip"

func (frr) exporter(dir string, at netip.AddrPort) Exporter {
	return Exporter{Program: "prometheus-frr-exporter", Package: "prometheus-frr-exporter",
		Args: []string{"--frr.socket.dir-path=" + dir, "--web.listen-address=" + at.String()},
		Up:   "frr_bgp_peer_state", Routes: "frr_bgp_peer_prefixes_received_count_total"}
}
