package service

import "net"

// askTCP is content with a connection, as the layer 4 checks of load balancers
// are. The kernel completes connections for a frozen process too, until its
// backlog is full: this check does not see a service that hangs.
func askTCP(net.Conn) error { return nil }
