package probe_test

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"anylab/lab"
	"anylab/lab/labtest"
	"anylab/lab/probe"
	"anylab/lab/record"

	"golang.org/x/sys/unix"
)

// BenchmarkCost asks an echo service 1,000 times a second over 16 flows for
// three seconds and reports what all of it costs in percent of one core, the
// service and the kernel's forwarding through three namespaces included.
func BenchmarkCost(b *testing.B) {
	for _, kind := range []string{"dns", "udp", "icmp", "http", "tcp-connect"} {
		b.Run(kind, func(b *testing.B) { measureCost(b, kind) })
	}
}

func measureCost(b *testing.B, kind string) {
	l := labtest.OpenTopology(b, pair(), lab.Options{})
	client, server := benchNode(b, l, "c"), benchNode(b, l, "r")
	answer(b, server)
	out := &counter{}
	c := probe.Config{Name: "bench", Kind: kind, Target: server4, Rate: 1000, Flows: 16, Timeout: time.Second}
	p, err := probe.New(c)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		ctx, cancel := context.WithTimeout(b.Context(), 3*time.Second)
		began, used := record.Now(), cpu(b)
		wait, err := p.Start(ctx, client, out)
		if err != nil {
			b.Fatal(err)
		}
		<-ctx.Done()
		out.cpu += cpu(b) - used
		out.wall += record.Now().Sub(began)
		if err := wait(); err != nil {
			b.Fatal(err)
		}
		cancel()
	}
	b.ReportMetric(100*out.cpu.Seconds()/out.wall.Seconds(), "cpu-%")
	b.ReportMetric(float64(out.lost), "lost")
	b.ReportMetric(float64(out.worst)/1e6, "worst-late-ms")
	b.Logf("%d samples, priority %s", out.samples, p.Priority())
}

// answer echoes datagrams, and greets connections and closes them.
func answer(b *testing.B, n *lab.Node) {
	conn := listen(b, n, server4)
	serve(b, conn, func(request []byte, from netip.AddrPort) {
		if len(request) != 16 { // not a udp probe's: this bit makes a DNS query an answer
			request[2] |= 0x80
		}
		_, _ = conn.WriteToUDPAddrPort(request, from)
	})
	var l net.Listener
	err := n.Do(func() (err error) {
		l, err = net.ListenTCP("tcp", net.TCPAddrFromAddrPort(server4))
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		accept("HTTP/1.1 200 OK\r\nX-Anycast-Node: a\r\n\r\n", false)(l)
	}()
	b.Cleanup(func() {
		_ = l.Close()
		<-done
	})
}

func benchNode(b *testing.B, l *lab.Lab, name string) *lab.Node {
	n, err := l.Node(name)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// cpu returns the process's user and system time.
func cpu(b *testing.B) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// counter is a Recorder that keeps sums.
type counter struct {
	samples, lost int
	worst         time.Duration // a request left too late
	cpu, wall     time.Duration
}

func (c *counter) Write(s record.Sample) {
	c.samples++
	c.worst = max(c.worst, s.Sent.Sub(s.Due))
	if s.Lost() {
		c.lost++
	}
}

func (c *counter) Emit(record.Event) {}
