package internet

import (
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// BenchmarkInternet announces from six sites and withdraws one: events in a second of
// processor time, bytes an AS, and how both grow with the graph.
func BenchmarkInternet(b *testing.B) {
	for _, ases := range []int{1_000, 10_000, 80_000} {
		b.Run(fmt.Sprintf("ases=%d", ases), func(b *testing.B) { benchmark(b, Generate(ases, 1)) })
	}
	b.Run("real", func(b *testing.B) { benchmark(b, realGraph(b, "20250901.as-rel.txt.bz2")) })
}

func benchmark(b *testing.B, g *Graph) {
	var sites []Site
	for i := range 6 {
		sites = append(sites, Site{fmt.Sprint("s", i), []uint32{g.ASN[i], g.ASN[20+i]}})
	}
	ases := g.Len()
	g, err := g.WithSites(sites)
	if err != nil {
		b.Fatal(err)
	}
	var list []int32
	for i := range sites {
		list = append(list, int32(ases+i))
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	events := 0
	var s *Simulation
	began := used()
	b.ResetTimer()
	for b.Loop() {
		s = New(g, Rules{MRAI: Mix{{100 * time.Millisecond, 0.7}, {30 * time.Second, 0.3}}, Jitter: 0.25, Delay: Delay{10 * time.Millisecond, 210 * time.Millisecond}, HeldBack: true, Seed: 1})
		s.traffic = newTraffic(g.Len(), list, nil)
		for _, as := range list {
			s.Announce(as)
		}
		s.Run(ever)
		events += s.Events
		s.Rest()
		s.Withdraw(list[0])
		s.Run(ever)
		events += s.Events
	}
	b.StopTimer()
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(events)/(used()-began), "events/s")
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(ases), "B/AS")
	runtime.KeepAlive(s)
}

// used is how many seconds of processor time went to this process.
func used() float64 {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r) // of oneself it can't fail
	return time.Duration(r.Utime.Nano() + r.Stime.Nano()).Seconds()
}
