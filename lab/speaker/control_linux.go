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
