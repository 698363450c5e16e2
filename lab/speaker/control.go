package speaker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/netip"
	"os"
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

// openControl opens the socket; one that a killed speaker left is removed.
func openControl(path string) (net.Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("open control socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("open control socket: %w", err)
	}
	return l, nil
}

// control answers orders until ctx ends.
func control(ctx context.Context, listener net.Listener, all detectors, l *log.Logger) {
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() })
	defer stop()
	for {
		conn, err := listener.Accept()
		if err != nil {
			if ctx.Err() == nil {
				l.Printf("control socket: %v", err)
			}
			return
		}
		if err := serve(conn, all); err != nil {
			l.Printf("control socket: %v", err)
		}
	}
}

func serve(conn net.Conn, all detectors) error {
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(controlTimeout)); err != nil {
		return err
	}
	var o Order
	if err := json.NewDecoder(conn).Decode(&o); err != nil {
		return fmt.Errorf("read order: %w", err)
	}
	if o.Mute != nil {
		for _, d := range all {
			d.silence(*o.Mute)
		}
	}
	a := Account{BFD: make(map[netip.Addr]string, len(all))}
	for _, d := range all {
		a.BFD[d.Remote], a.Mute = d.status()
	}
	return json.NewEncoder(conn).Encode(a)
}

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
