package service

import (
	"fmt"
	"net"
	"net/http"
	"time"
)

var httpKind = kind{
	serveHTTP, exchange("tcp", askHTTP),
	Facts{Summary: "answers / with its name",
		Port: 80, Transports: []string{"tcp"}, Health: "http"}, // RFC 9110
}

// serveHTTP answers every request with the node's name, in a header and in
// the body.
func serveHTTP(c server) error {
	s := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			b := c.orders.now()
			time.Sleep(b.Delay)
			if b.Wrong {
				http.Error(w, "out of order", http.StatusInternalServerError)
				return
			}
			w.Header().Set("X-Anycast-Node", c.Node)
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			fmt.Fprintln(w, c.Node)
		}),
		ReadHeaderTimeout: 10 * time.Second, // of a client that the network cut off
		IdleTimeout:       time.Minute,
	}
	return onAll(c, listenTCP, func(l net.Listener) error { return s.Serve(l) })
}
