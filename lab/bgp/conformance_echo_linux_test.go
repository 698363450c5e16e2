package bgp_test

import (
	"strings"
	"testing"
	"time"

	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/labtest"
)

// TestConformanceEcho: control packets go every 3 s, echo packets every 50 ms. So who has
// echo knows of a silence of either direction after 150 ms, which control packets would tell
// after 6 s at the soonest.
func TestConformanceEcho(t *testing.T) {
	t.Parallel()
	for _, name := range bgp.Capable(func(c bgp.Capabilities) bool { return c.Echo }) {
		t.Run(name, func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			require(t, name)
			w := open(t, strings.NewReplacer("ROUTER", name, "DAEMON", name, "MULTIPATH", "false",
				"hold: 3s, keepalive: 1s", "hold: 90s, keepalive: 30s",
				"  - endpoints: [r, a]\n", "  - {endpoints: [r, a], switch: true, bfd: {interval: 3s, multiplier: 3, echo: 50ms}}\n").Replace(conformanceLab))
			w.announceAll("a", "b")
			w.waitAll("r", "a")
			bfdUp(w)
			link, err := w.lab.Between("r", "a")
			if err != nil {
				t.Fatal(err)
			}
			if got := bgp.ReadFiles(w.topology).WatchOf(w.topology, link.Link, "r").BFD; got.Every != 50*time.Millisecond || got.Multiplier != 3 || !got.Echo {
				t.Errorf("r watches a by %+v, want 3 x 50 ms of echo", got)
			}
			for _, from := range []string{"r", "a"} {
				time.Sleep(2 * time.Second) // control packets agree on echo once the session is up
				drop, err := link.Drop(from, lab.Filter{})
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				w.waitAll("r", "b")
				if found := time.Since(began); found > 5*time.Second {
					t.Errorf("a silence of %s was found after %v, want about 150 ms", from, found)
				}
				if err := drop.Remove(); err != nil {
					t.Fatal(err)
				}
				w.waitAll("r", "a")
				bfdUp(w)
			}
		})
	}
}

// BFD echo is refused by the name of a daemon that has none.
func TestEchoRefused(t *testing.T) {
	for _, c := range []struct{ daemon, link, want string }{
		{"gobgp", "echo: 50ms", "BFD with echo packets, which gobgp can't do; that is done by frr only"},
		{"bird", "echo: 50ms", "BFD with echo packets, which bird can't do"},
		{"frr", "echo: 20500us", "frr takes whole milliseconds"},
	} {
		text := strings.NewReplacer("- endpoints: [r, a]", "- {endpoints: [r, a], bfd: {interval: 50ms, "+c.link+"}}",
			"anycast:", "daemon: "+c.daemon+"\nanycast:").Replace(twoNodes)
		if err := bgp.Check(parse(t, text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v", c, err)
		}
	}
}
