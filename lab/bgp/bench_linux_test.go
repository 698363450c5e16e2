package bgp_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"anylab/lab/labtest"
	"anylab/lab/record"
)

// medians reports the median of the samples instead of the time of the loop,
// which is mostly preparation.
func medians(b *testing.B, unit string, samples []time.Duration) {
	b.Helper()
	slices.Sort(samples)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(samples[len(samples)/2].Microseconds())/1000, unit)
}

// BenchmarkEstablish starts all speakers of three sites, one after the other,
// and waits for their sessions.
func BenchmarkEstablish(b *testing.B) {
	var samples []time.Duration
	for range b.N {
		l := labtest.Open(b, threeSites)
		begin := record.Now()
		w := startOn(b, l)
		w.established()
		samples = append(samples, record.Now().Sub(begin))
		for _, d := range w.daemons {
			if err := d.Close(); err != nil {
				b.Error(err)
			}
		}
		if err := l.Close(); err != nil {
			b.Error(err)
		}
	}
	medians(b, "ms/start", samples)
}

// BenchmarkReestablish kills a node's speaker, and restarts it.
func BenchmarkReestablish(b *testing.B) {
	w := open(b, threeSites)
	var samples []time.Duration
	for range b.N {
		<-w.signal("a", unix.SIGKILL).Done()
		begin := record.Now()
		if err := w.daemons["a"].Restart(b.Context()); err != nil {
			b.Fatal(err)
		}
		w.established()
		samples = append(samples, record.Now().Sub(begin))
	}
	medians(b, "ms/restart", samples)
}

// BenchmarkWithdraw measures from the command on a node to the router's new
// kernel route.
func BenchmarkWithdraw(b *testing.B) {
	w := open(b, threeSites)
	changes := w.routeChanges("r")
	w.announce("b", anycast4)
	w.benchFailover(b, changes, func() { w.withdraw("a", anycast4) }, func() {})
}

// BenchmarkCarrierLoss measures from the node's end of a link set down to the
// router's new kernel route.
func BenchmarkCarrierLoss(b *testing.B) {
	w := open(b, threeSites)
	link, err := w.lab.Between("r", "a")
	if err != nil {
		b.Fatal(err)
	}
	changes := w.routeChanges("r")
	w.announce("b", anycast4)
	cut := func() {
		if err := link.SetDown("a"); err != nil {
			b.Fatal(err)
		}
	}
	mend := func() {
		if err := link.SetUp("a"); err != nil {
			b.Fatal(err)
		}
		w.established()
	}
	w.benchFailover(b, changes, cut, mend)
}

func (w *network) benchFailover(b *testing.B, changes <-chan change, fail, mend func()) {
	var samples []time.Duration
	for range b.N {
		w.announce("a", anycast4)
		w.next(changes, "a")
		begin := record.Now()
		fail()
		samples = append(samples, w.next(changes, "b").Sub(begin))
		mend()
	}
	medians(b, "ms/failover", samples)
}

// change is a new route for the anycast prefix, to one node.
type change struct {
	at record.Time
	to string
}

// routeChanges subscribes to a node's routes until the test ends.
func (w *network) routeChanges(node string) <-chan change {
	w.Helper()
	updates, done := make(chan netlink.RouteUpdate, 100), make(chan struct{})
	changes := make(chan change, 100)
	err := w.node(node).Do(func() error {
		here, err := netns.Get()
		if err != nil {
			return err
		}
		return errors.Join(netlink.RouteSubscribeAt(here, updates, done), here.Close())
	})
	if err != nil {
		w.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for u := range updates {
			if u.Type == unix.RTM_NEWROUTE && u.Dst != nil && u.Dst.String() == anycast4.String() && u.Gw != nil {
				changes <- change{record.Now(), w.lab.Owner(mustAddr(u.Gw))}
			}
		}
	}()
	w.Cleanup(func() {
		close(done)
		<-ended
	})
	return changes
}

// next waits for the route to lead to the node, and returns when it came to.
func (w *network) next(changes <-chan change, to string) record.Time {
	w.Helper()
	late := time.NewTimer(wide)
	defer late.Stop()
	for {
		select {
		case c := <-changes:
			if c.to == to {
				return c.at
			}
		case <-late.C:
			w.Fatalf("no route to %s within %v", to, wide)
		}
	}
}
