package relay_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"anylab/lab/labtest"
	"anylab/topologies"
)

// BenchmarkLate says how much longer a datagram is on its way than the link's
// delay: a thousand a second for three seconds, each stamped by the kernel when it
// has come. On a quiet machine that is at most 0.2 ms at the median without any
// delay, and 1 ms at the 99th percentile of 10 ms.
func BenchmarkLate(b *testing.B) {
	for _, delay := range []time.Duration{0, 10 * time.Millisecond} {
		b.Run(delay.String(), func(b *testing.B) {
			labtest.Require(b, "netns")
			for b.Loop() {
				late := open(b, topologies.Shape{Delay: delay}, topologies.Shape{}).lateness(3000, delay)
				b.ReportMetric(float64(late[len(late)/2].Microseconds()), "us-late-median")
				b.ReportMetric(float64(late[len(late)*99/100].Microseconds()), "us-late-p99")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkRate offers 50,000 datagrams a second for two seconds, and says how many
// came, and how many a second a processor carries that does nothing else.
func BenchmarkRate(b *testing.B) {
	labtest.Require(b, "netns")
	for b.Loop() {
		const each, rounds = 50, 2000 // a millisecond's, and how many of those
		p := open(b, topologies.Shape{}, topologies.Shape{})
		from, _ := p.udp()
		had := p.received(b)
		before, began := busy(b, p.relay.PID()), time.Now()
		for round := range rounds {
			time.Sleep(time.Until(began.Add(time.Duration(round) * time.Millisecond))) // a schedule: what is late is made up for
			for range each {
				if _, err := from.Write(make([]byte, 64)); err != nil {
					b.Fatal(err)
				}
			}
		}
		took := time.Since(began)
		time.Sleep(100 * time.Millisecond) // for those on their way
		n, cost := p.received(b)-had, busy(b, p.relay.PID())-before
		b.ReportMetric(each*rounds/took.Seconds(), "offered/s")
		b.ReportMetric(100*float64(n)/(each*rounds), "%-carried")
		b.ReportMetric(float64(n)/cost.Seconds(), "carried/core-s")
	}
	b.ReportMetric(0, "ns/op")
}

// received counts the frames that have come to the interface at b's end, read or not.
func (p *path) received(b *testing.B) (n uint64) {
	b.Helper()
	p.inside(p.b, func() error {
		dev, err := netlink.LinkByIndex(p.b.Interfaces()[0].Index)
		if err == nil {
			n = dev.Attrs().Statistics.RxPackets
		}
		return err
	})
	return n
}

// busy is how much of a processor the process has had (proc_pid_stat(5)).
func busy(b *testing.B, pid int) time.Duration {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	const tick = time.Second / 100
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	var sum time.Duration
	for _, field := range fields[11:13] { // utime and stime
		n, err := strconv.Atoi(field)
		if err != nil {
			b.Fatal(err)
		}
		sum += time.Duration(n) * tick
	}
	return sum
}
