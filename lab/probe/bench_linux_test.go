package probe_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"anylab/lab"
	"anylab/lab/labtest"
	"anylab/lab/probe"
	"anylab/lab/record"

	"golang.org/x/sys/unix"
)

// BenchmarkCost asks a service 1,000 times a second over 16 flows for three
// seconds, and 10,000 times with datagrams, and reports what that costs in
// percent of one core, in the prober's process and in this one, and for each
// request. The service is a process of its own and does not
// count; what the kernel does with the packets while the probe's threads send
// and receive does.
//
// It does so once as the machine is, and once while programs that give way to
// all others keep the processors from sleeping: a hypervisor's part in waking
// one is charged to whoever is woken, and may be as much again.
//
// The rows "bare" are of the least program that asks so often: the machine's own
// part of the cost.
func BenchmarkCost(b *testing.B) {
	measureCosts(b, "as-it-is")
	keepAwake(b)
	measureCosts(b, "awake")
}

func measureCosts(b *testing.B, how string) {
	for _, kind := range []string{"dns", "udp", "icmp", "http", "tcp-connect"} {
		b.Run(kind+"/"+how, func(b *testing.B) { measureCost(b, kind, 1000) })
	}
	for _, kind := range []string{"dns", "udp"} {
		b.Run(kind+"-10000/"+how, func(b *testing.B) { measureCost(b, kind, 10_000) })
	}
	b.Run("bare-10000/"+how, func(b *testing.B) { measureBare(b, 10_000) })
}

func keepAwake(b *testing.B) {
	for range runtime.NumCPU() {
		cmd := exec.Command("/proc/self/exe", "spin")
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait() // says that it was killed
		})
	}
}

// spin runs when nothing else wants to.
func spin([]string) int {
	runtime.LockOSThread()
	if err := unix.SchedSetAttr(0, &unix.SchedAttr{Policy: unix.SCHED_IDLE}, 0); err != nil {
		return 1
	}
	for { //nolint:revive,staticcheck // that it does nothing is the point
	}
}

func measureCost(b *testing.B, kind string, rate float64) {
	l := labtest.OpenTopology(b, pair(), lab.Options{})
	client, server := benchNode(b, l, "c"), benchNode(b, l, "r")
	startAnswering(b, server, client)
	out := &counter{}
	c := probe.Config{Name: "bench", Kind: kind, Target: server4, Rate: rate, Flows: 16, Timeout: time.Second}
	p, err := probe.New(c)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		ctx, cancel := context.WithCancel(b.Context())
		wait, err := p.Start(ctx, client, out)
		if err != nil {
			b.Fatal(err)
		}
		out.measure(b, client)
		cancel()
		if err := wait(); err != nil {
			b.Fatal(err)
		}
	}
	out.report(b, rate)
	b.ReportMetric(float64(out.lost), "lost")
	b.ReportMetric(float64(out.worst)/1e6, "worst-late-ms")
	b.Logf("%d samples, priority %s", out.samples, p.Priority())
}

// cost is what processors did meanwhile.
type cost struct{ cpu, wall time.Duration }

func (c *cost) measure(b *testing.B, client *lab.Node) {
	began, used := record.Now(), cpu(b, client)
	time.Sleep(3 * time.Second)
	c.cpu += cpu(b, client) - used
	c.wall += record.Now().Sub(began)
}

func (c *cost) report(b *testing.B, rate float64) {
	b.ReportMetric(100*c.cpu.Seconds()/c.wall.Seconds(), "cpu-%")
	b.ReportMetric(c.cpu.Seconds()/c.wall.Seconds()/rate*1e6, "us/request")
}

// startAnswering starts a service on the node that echoes datagrams, and greets
// connections and closes them, and returns when the client can reach it.
func startAnswering(b *testing.B, n, client *lab.Node) {
	program, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	if _, err := n.Start(b.Context(), "answer", exec.Command(program, "answer", server4.String())); err != nil {
		b.Fatal(err)
	}
	err = errors.New("never asked")
	for deadline := time.Now().Add(10 * time.Second); err != nil && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		err = client.Do(func() error {
			c, err := net.Dial("tcp", server4.String())
			if err == nil {
				err = c.Close()
			}
			return err
		})
	}
	if err != nil {
		b.Fatal(err)
	}
}

// answer is the service's process.
func answer(args []string) int {
	at := netip.MustParseAddrPort(args[0])
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	if err != nil {
		return 1
	}
	var plain net.ListenConfig
	plain.SetMultipathTCP(false)
	l, err := plain.Listen(context.Background(), "tcp", at.String())
	if err != nil {
		return 1
	}
	go accept("HTTP/1.1 200 OK\r\nX-Anycast-Node: a\r\n\r\n", false)(l)
	buf := make([]byte, 2048)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return 1
		}
		if n != 16 { // not a udp probe's: this bit makes a DNS query an answer
			buf[2] |= 0x80
		}
		_, _ = conn.WriteToUDPAddrPort(buf[:n], from)
	}
}

func benchNode(b *testing.B, l *lab.Lab, name string) *lab.Node {
	n, err := l.Node(name)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// cpu returns how long this process and the client's, the prober's, have run.
func cpu(b *testing.B, client *lab.Node) (ran time.Duration) {
	pids := []int{os.Getpid()}
	for _, p := range client.Procs() {
		pids = append(pids, p.PID())
	}
	for _, pid := range pids {
		tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
		if err != nil || len(tasks) == 0 {
			b.Fatalf("no threads of process %d: %v", pid, err)
		}
		for _, path := range tasks {
			text, err := os.ReadFile(path)
			var ns int64
			if _, scan := fmt.Sscan(string(text), &ns); err == nil && scan == nil { // it may have ended
				ran += time.Duration(ns)
			}
		}
	}
	return ran
}

// counter is a Recorder that keeps sums.
type counter struct {
	samples, lost int
	worst         time.Duration // a request left too late
	cost
}

func (c *counter) Write(s record.Sample) {
	c.samples++
	c.worst = max(c.worst, s.Sent.Sub(s.Due))
	if s.Lost() {
		c.lost++
	}
}

func (c *counter) Emit(record.Event) {}
