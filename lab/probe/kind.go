package probe

import (
	"maps"
	"slices"

	"anylab/lab/record"
)

// kind is one kind of probe: how to make its transport, what that cannot do,
// and what others must know of it.
type kind struct {
	new         func(Config) transport
	outstanding int  // at most so many requests can wait for an answer at a time
	portless    bool // it asks an address, no port of it
	Facts
}

// Facts is what others must know of a kind of probe.
type Facts struct {
	Summary   string           // what is asked
	Services  []string         // the kinds of services that answer it; none: all, since it is their node's kernel that does
	Transport record.Transport // how a request travels
	Payload   int              // of a request in bytes, above UDP or the ICMP header; 0 over TCP
	Trips     int              // round trips from the sending of a request to its answer, at most
}

// kinds has one line for each kind, which is a file of this package.
var kinds = map[string]kind{
	"dns":         dnsKind,
	"http":        httpKind,
	"http-stream": httpStreamKind,
	"icmp":        icmpKind,
	"tcp-connect": tcpConnectKind,
	"tcp-stream":  tcpStreamKind,
	"udp":         udpKind,
}

const maxDatagrams = 1 << 22 // requests in flight: a matter of memory

// Kinds lists the kinds of probes, sorted.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds)) }

// About returns the facts of a kind; it is false if there is no such kind.
func About(name string) (Facts, bool) {
	k, ok := kinds[name]
	return k.Facts, ok
}

// Of lists the kinds of probes that a kind of service answers, those of its own
// first: the first one is how it is asked by default.
func Of(service string) []string {
	var own, every []string
	for _, name := range Kinds() {
		switch services := kinds[name].Services; {
		case services == nil:
			every = append(every, name)
		case slices.Contains(services, service):
			own = append(own, name)
		}
	}
	return append(own, every...)
}
