package record

import (
	"strings"
	"time"
)

// Transport is how the requests of a probe travel. What becomes of them is
// governed by TCP as much as by the network, where it carries them.
type Transport string

// The transports.
const (
	Datagram       Transport = "datagram"
	Connection     Transport = "connection"      // a TCP connection for each request
	LongConnection Transport = "long-connection" // a TCP connection that a flow keeps
)

// Carried returns how the group's requests travel. Runs that were recorded
// before it was stated had these kinds only.
func (g ProbeGroup) Carried() Transport {
	switch {
	case g.Transport != "":
		return g.Transport
	case strings.HasSuffix(g.Kind, "-stream"):
		return LongConnection
	case g.Kind == "dns" || g.Kind == "icmp" || g.Kind == "udp":
		return Datagram
	}
	return Connection
}

// Streams says whether each flow of the group is a long-lived TCP connection.
// What its requests see is governed by TCP's retransmission timer as much as
// by the network.
func (g ProbeGroup) Streams() bool { return g.Carried() == LongConnection }

// Unrepeated says whether a request of the group that is lost stays lost, so
// that even a short silence shows. TCP sends the first packet of a connection
// again, after a second (RFC 6298 section 2.1): too late for a request that has a
// connection of its own and no longer timeout. Where the round trip makes the
// timeout longer than that, probers take what had to be sent again for lost.
func (g ProbeGroup) Unrepeated() bool {
	switch g.Carried() {
	case Datagram:
		return true
	case Connection:
		return g.Timeout <= g.Patience()
	}
	return false
}

// Patience is the timeout of a request unless the scenario states one: a second,
// or four round trips where that is longer.
func (g ProbeGroup) Patience() time.Duration { return max(time.Second, 4*g.RoundTrip) }
