package probe_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"anylab/lab/probe"
	"anylab/lab/record"
)

// requestSize is that of a tcp-stream request.
const requestSize = 16

// talk serves each connection in a goroutine of its own and ends them all with
// the listener.
func talk(serve func(n int, c *net.TCPConn)) func(net.Listener) {
	return func(l net.Listener) {
		var conns []net.Conn
		var serving sync.WaitGroup
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				break
			}
			conns = append(conns, c)
			serving.Go(func() { serve(n, c.(*net.TCPConn)) })
		}
		for _, c := range conns {
			_ = c.Close()
		}
		serving.Wait()
	}
}

// echoes answers n requests on a connection, all if n is negative.
func echoes(c *net.TCPConn, greeting string, n int) {
	_, _ = io.WriteString(c, greeting)
	buf := make([]byte, requestSize)
	for i := 0; i != n; i++ {
		if _, err := io.ReadFull(c, buf); err != nil {
			return
		}
		_, _ = c.Write(buf)
	}
}

func tcpStream() probe.Config {
	return probe.Config{Name: "p", Kind: "tcp-stream", Target: server4, Rate: 200, Flows: 4, Timeout: 5 * time.Second}
}

// streams returns what was recorded of connections, by event.
func (r *tape) streams() map[record.StreamEvent][]record.Stream {
	r.mu.Lock()
	defer r.mu.Unlock()
	by := map[record.StreamEvent][]record.Stream{}
	for _, e := range r.events {
		if s, ok := e.Data.(record.Stream); ok {
			by[s.Event] = append(by[s.Event], s)
		}
	}
	return by
}

func lost(samples []record.Sample) int {
	n := 0
	for _, s := range samples {
		if s.Lost() {
			n++
		}
	}
	return n
}

func TestTCPStreamKeepsItsConnections(t *testing.T) {
	for name, target := range map[string]netip.AddrPort{"ipv4": server4, "ipv6": server6} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			var accepted atomic.Int32
			w.listenTCP(target, talk(func(_ int, c *net.TCPConn) {
				accepted.Add(1)
				echoes(c, "site-a\n", -1)
			}))
			c := tcpStream()
			c.Target = target
			r := w.ask(c, 200)
			for _, s := range w.bySeq(r, c) {
				if s.Lost() || s.Node != "site-a" {
					t.Errorf("sample %+v, want an answer of site-a", s)
				}
			}
			events := r.streams()
			if len(events) != 1 || len(events[record.StreamConnected]) != c.Flows || int(accepted.Load()) != c.Flows {
				t.Errorf("events %v, %d connections, want one connection for each of %d flows", events, accepted.Load(), c.Flows)
			}
			for _, e := range events[record.StreamConnected] {
				if e.Group != "p" || e.Node != "site-a" {
					t.Errorf("event %+v", e)
				}
			}
		})
	}
}

// A connection that ends is followed by another, and says how it ended. What
// the application waited for began before the end and lasted.
func TestTCPStreamConnectsAgain(t *testing.T) {
	for want, end := range map[record.StreamEvent]func(c *net.TCPConn){
		record.StreamReset: func(c *net.TCPConn) {
			_ = c.SetLinger(0)
			_ = c.Close()
		},
		record.StreamClosed: func(c *net.TCPConn) { _ = c.CloseWrite() },
	} {
		t.Run(string(want), func(t *testing.T) {
			w := newWorld(t)
			w.listenTCP(server4, talk(func(n int, c *net.TCPConn) {
				answers := -1
				if n < 2 {
					answers = 5
				}
				echoes(c, fmt.Sprintf("site-%d\n", n), answers)
				if n < 2 {
					end(c)
				}
			}))
			c := tcpStream()
			c.Flows, c.Timeout = 1, 2*time.Second
			r := w.ask(c, 100)
			samples := w.bySeq(r, c)
			if last := samples[len(samples)-1]; last.Node != "site-2" {
				t.Errorf("last sample %+v, want an answer over the third connection", last)
			}
			events := r.streams()
			if len(events[want]) != 2 || len(events[record.StreamConnected]) != 3 || len(events) != 2 {
				t.Errorf("events %v, want three connections of which two ended by %s", events, want)
			}
			for i, e := range events[want] {
				if e.Node != fmt.Sprintf("site-%d", i) {
					t.Errorf("end %d: %+v", i, e)
				}
			}
		})
	}
}

// An application that has waited for its timeout tries another connection.
func TestTCPStreamGivesUp(t *testing.T) {
	w := newWorld(t)
	w.listenTCP(server4, talk(func(n int, c *net.TCPConn) {
		if n > 0 {
			echoes(c, "site-b\n", -1)
			return
		}
		echoes(c, "site-a\n", 5)
		_, _ = io.Copy(io.Discard, c) // it listens and is silent
	}))
	c := tcpStream()
	c.Flows, c.Rate, c.Timeout = 1, 50, time.Second
	r := w.ask(c, 100)
	samples := w.bySeq(r, c)
	events := r.streams()
	if len(events[record.StreamTimeout]) == 0 || events[record.StreamTimeout][0].Node != "site-a" ||
		events[record.StreamTimeout][0].Waited < c.Timeout {
		t.Errorf("events %v, want that the connection to site-a was given up after %v", events, c.Timeout)
	}
	if n := lost(samples); n == 0 || n == len(samples) {
		t.Errorf("%d of %d requests lost, want those that waited", n, len(samples))
	}
	if last := samples[len(samples)-1]; !last.Lost() && last.Node != "site-b" {
		t.Errorf("last sample %+v, want an answer of site-b", last)
	}
}

func TestTCPStreamWithoutService(t *testing.T) {
	c := tcpStream()
	c.Timeout = 200 * time.Millisecond
	t.Run("refused", func(t *testing.T) {
		w := newWorld(t)
		r := w.ask(c, 100)
		if n, all := lost(w.bySeq(r, c)), r.len(); n != all || len(r.streams()) != 0 {
			t.Errorf("%d of %d requests lost, events %v: want all and none", n, all, r.streams())
		}
	})
	t.Run("silent", func(t *testing.T) { // connected, but nobody serves
		w := newWorld(t)
		w.listenTCP(server4, talk(func(_ int, c *net.TCPConn) { _, _ = io.Copy(io.Discard, c) }))
		r := w.ask(c, 100)
		if n, all := lost(w.bySeq(r, c)), r.len(); n != all || len(r.streams()) != 0 {
			t.Errorf("%d of %d requests lost, events %v: want all and none", n, all, r.streams())
		}
	})
	t.Run("wrong echo", func(t *testing.T) {
		w := newWorld(t)
		w.listenTCP(server4, talk(func(_ int, c *net.TCPConn) {
			_, _ = io.WriteString(c, "site-a\n")
			for buf := make([]byte, requestSize); ; {
				if _, err := io.ReadFull(c, buf); err != nil {
					return
				}
				buf[requestSize-1]++
				_, _ = c.Write(buf)
			}
		}))
		r := w.ask(c, 100)
		if n, all := lost(w.bySeq(r, c)), r.len(); n != all {
			t.Errorf("%d of %d requests lost, want all", n, all)
		}
	})
}

func TestHTTPStream(t *testing.T) {
	for name, test := range map[string]struct {
		node   string
		lost   bool
		handle http.HandlerFunc
	}{
		"header": {"site-a", false, func(out http.ResponseWriter, _ *http.Request) {
			out.Header().Set("X-Anycast-Node", "site-a")
			fmt.Fprintln(out, "welcome")
		}},
		"chunked": {"site-b", false, func(out http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(out, "site-b ")
			out.(http.Flusher).Flush()
			fmt.Fprint(out, "is here")
		}},
		"unavailable": {"", true, func(out http.ResponseWriter, _ *http.Request) { out.WriteHeader(http.StatusServiceUnavailable) }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.listenTCP(server4, func(l net.Listener) {
				s := &http.Server{Handler: test.handle}
				_ = s.Serve(l)
				_ = s.Close()
			})
			c := tcpStream()
			c.Kind = "http-stream"
			if test.lost {
				c.Timeout = time.Second
			}
			r := w.ask(c, 100)
			samples := w.bySeq(r, c)
			if got, want := lost(samples), map[bool]int{true: len(samples)}[test.lost]; got != want {
				t.Errorf("%d of %d requests lost, want %d", got, len(samples), want)
			}
			for _, s := range samples {
				if !test.lost && s.Node != test.node {
					t.Errorf("sample %+v, want node %q", s, test.node)
				}
			}
			if got := len(r.streams()[record.StreamConnected]); got != c.Flows {
				t.Errorf("%d connections, want %d: one for each flow", got, c.Flows)
			}
		})
	}
}
