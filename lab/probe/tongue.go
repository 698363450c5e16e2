package probe

// The protocols that datagrams are of (IANA).
const (
	protocolICMP   = 1
	protocolUDP    = 17
	protocolICMPv6 = 58
)

// dialect is how one kind of probe speaks over datagrams.
type dialect struct {
	protocol int    // of the socket
	port     uint16 // of the target; 0 if the protocol has none
	query    []byte // a request, numbered by put
	mask     uint64 // the bits of a request's number that fit into the protocol
	put      func(query []byte, seq uint64)
	// parse takes an answer apart. The node is empty if the answer names none,
	// and is part of the packet. It is false for what is no answer.
	parse func(packet []byte) (seq uint64, node []byte, ok bool)
}

// maxConnections keeps twice the number of waiting requests below the number
// of ephemeral ports, of which Linux has 28,232 (ip_local_port_range).
const maxConnections = 28_000

// conversation is how one kind of probe speaks over a connection.
type conversation struct {
	request []byte // what to send once connected; may be empty
	// handshake says that the answer is the completed handshake, and what comes
	// after it only names the node.
	handshake bool
	// parse looks at all that was received so far. It is asked again with more
	// until done; end says that there is no more.
	parse func(received []byte, end bool) reply
}

// reply is what was made of the bytes received on a connection.
type reply struct {
	done bool   // nothing else needs to be read
	ok   bool   // it is an answer
	node []byte // who answered, empty if it does not say
}
