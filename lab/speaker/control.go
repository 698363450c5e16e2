package speaker

import (
	"context"
	"encoding/json"
	"net"
	"net/netip"
	"time"
)

// GoBGP's remote interface knows nothing of BFD. So a speaker with BFD answers
// on a socket of its own: one order a connection, and one reply.

// Order is what a speaker is asked for.
type Order struct {
	Mute *bool `json:"mute,omitempty"` // stop the transmission of BFD packets, or let it go on
}

// Account is the reply: how BFD stands after the order.
type Account struct {
	BFD  map[netip.Addr]string `json:"bfd"` // state by the neighbor's address
	Mute bool                  `json:"mute"`
}

// controlTimeout bounds an exchange with a client that says nothing.
const controlTimeout = time.Second

// Ask gives an order to the speaker behind the socket.
func Ask(ctx context.Context, path string, o Order) (Account, error) {
	var a Account
	conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if err != nil {
		return a, err
	}
	defer conn.Close()
	// A frozen speaker takes the connection and does not answer.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := json.NewEncoder(conn).Encode(o); err != nil {
		return a, err
	}
	return a, json.NewDecoder(conn).Decode(&a)
}
