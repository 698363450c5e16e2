package lab

import (
	"anylab/lab/record"
	"anylab/topologies"
)

// Options says where a lab reports to.
type Options struct {
	Sink record.Sink // process starts and exits; may be nil
	Logs string      // directory that gets <node>/<proc>.log; empty discards

	Exposed []Exposed // what processes see of the machine as it is
	Env     []string  // what of this program's environment they are given, beside Passed

	// Counting begins to count parts as they are made; its function is called for
	// each. It may be nil.
	Counting func(what string, all int, parts string) (made func())
}

// Exposed is a file or directory of the machine that the lab's processes see as it is.
type Exposed struct {
	Path     string
	Writable bool
}

// Interface is a node's end of a link.
type Interface struct {
	topologies.End
	Index int            // unique in the whole lab
	Link  string         // the link's name
	Peer  topologies.End // the far end
}

// Way is one direction of a link.
type Way struct {
	Link string
	From string // the node whose packets are meant
	At   string // the end that discards them; empty for the best one
}

// Traffic is a class of packets.
type Traffic string

// The classes. Data is what is none of the others, save for address
// resolution: without ARP and neighbour discovery BGP would go as well.
const (
	TrafficAll  Traffic = "all"
	TrafficData Traffic = "data"
	TrafficBGP  Traffic = "bgp" // TCP port 179 at either side (RFC 4271)
	TrafficBFD  Traffic = "bfd" // UDP to port 3784, 3785 for echo packets (RFC 5881), and 4784 with routers in between (RFC 5883)
)

// Filter says which packets are discarded.
type Filter struct {
	Only Traffic // empty: all
	Loss float64 // the share of them that is discarded, drawn for each packet; 0 is all
}
