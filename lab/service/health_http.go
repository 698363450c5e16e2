package service

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
)

var httpHealth = healthKind{
	polled(exchange("tcp", askHTTP)), HealthFacts{Summary: "gets /; 2xx and 3xx are good", Services: []string{"http"}, Polls: true},
}

// askHTTP gets "/". A status of 2xx or 3xx is good, as in HAProxy's check.
func askHTTP(conn net.Conn) error {
	_, err := fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nUser-Agent: anylab-health\r\nConnection: close\r\n\r\n", conn.RemoteAddr())
	if err != nil {
		return err
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode < 200 || answer.StatusCode > 399 {
		return fmt.Errorf("the answer is %s", answer.Status)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}
