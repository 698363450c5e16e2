package service

import "net"

var udpHealth = healthKind{
	polled(exchange("udp", askUDP)), HealthFacts{Summary: "sends a datagram; any answer is good", Services: []string{"dns", "udp"}, Polls: true, Datagram: true},
}

// askUDP sends a datagram; any answer is good. A closed port answers with an
// ICMP error, which a connected socket reports at once (RFC 1122 4.1.3.3).
func askUDP(conn net.Conn) error {
	if _, err := conn.Write([]byte("anylab health check")); err != nil {
		return err
	}
	_, err := conn.Read(make([]byte, 1<<16))
	return err
}
