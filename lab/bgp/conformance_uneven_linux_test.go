package bgp_test

import (
	"strings"
	"testing"
	"time"

	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/labtest"
)

// TestConformanceUnevenBFD: the site sends every 50 ms and takes a packet a second, and
// where it can it waits for the router to speak. So the router gives it up at once, and is
// heard for seconds after it has fallen silent.
func TestConformanceUnevenBFD(t *testing.T) {
	t.Parallel()
	for _, name := range bgp.Speakers() {
		d, err := bgp.Named(name)
		if err != nil || !canBFD(d.Capabilities()) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			own := "transmit: 50ms, receive: 1s, multiplier: 4"
			if require(t, name).Capabilities().Passive {
				own += ", passive: true"
			}
			w := open(t, strings.NewReplacer("ROUTER", name, "DAEMON", name, "MULTIPATH", "false",
				"hold: 3s, keepalive: 1s", "hold: 90s, keepalive: 30s",
				"  - endpoints: [r, a]\n", "  - {endpoints: [r, a], switch: true, bfd: {interval: 100ms, multiplier: 3}, to: {a: {bfd: {"+own+"}}}}\n").Replace(conformanceLab))
			w.announceAll("a", "b")
			w.waitAll("r", "a")
			bfdUp(w)
			link, err := w.lab.Between("r", "a")
			if err != nil {
				t.Fatal(err)
			}
			files := bgp.ReadFiles(w.topology)
			if near := files.WatchOf(w.topology, link.Link, "r").BFD; near.Every != 100*time.Millisecond || near.Multiplier != 4 {
				t.Errorf("r watches a by %+v, want 4 x 100 ms", near)
			}
			if far := files.WatchOf(w.topology, link.Link, "a").BFD; far.Every != time.Second || far.Multiplier != 3 {
				t.Errorf("a watches r by %+v, want 3 x 1 s", far)
			}
			time.Sleep(time.Second) // a Poll Sequence puts the intervals in force
			// A silence of the router: only a can find out, and it must not before 2 s.
			began := time.Now()
			drop, err := link.Drop("r", lab.Filter{})
			if err != nil {
				t.Fatal(err)
			}
			w.waitAll("r", "b")
			if found := time.Since(began); found < 1500*time.Millisecond {
				t.Errorf("a gave r up after %v, want 2 to 3 s", found)
			}
			if err := drop.Remove(); err != nil {
				t.Fatal(err)
			}
			w.waitAll("r", "a")
			bfdUp(w)
			bfdDown(w)
		})
	}
}
