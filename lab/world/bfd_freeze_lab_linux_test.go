package world_test

import (
	"strings"
	"testing"
	"time"

	"anylab/lab/bgp"
	"anylab/lab/labtest"
	"anylab/lab/world"
)

// FRR's bfdd is frozen: the router's BFD, whatever its daemon, takes the site for
// dead, while bgpd and zebra there run on. Healed, both ends are up again.
func TestBFDFreezeOfFRR(t *testing.T) {
	for _, router := range []string{"bird", "frr", "gobgp"} {
		t.Run(router, func(t *testing.T) {
			labtest.Require(t, "/usr/lib/frr/bfdd")
			if router == "bird" {
				labtest.Require(t, "bird")
			}
			yaml := strings.NewReplacer("role: router", "role: router, daemon: "+router,
				"{role: anycast, asn: 65001}\n  b:", "{role: anycast, asn: 65001, daemon: frr}\n  b:").Replace(twoSites)
			w := openWhole(t, yaml)
			f := build(t, "bfd-freeze", on("a"), "")
			check(t, f.Check(w.Setting))
			awaitSettled(t, w)
			for range 2 { // a fault is used for many trials
				awaitBFD(t, w, true)
				in := inject(t, w, f)
				awaitBFD(t, w, false)
				if got := frozenOf(w.Speakers["a"]); got != "bfdd" {
					t.Errorf("frozen: %q, want bfdd alone", got)
				}
				heal(t, in)
				awaitSettled(t, w)
			}
		})
	}
}

// awaitBFD waits until the router's BFD sessions with a are all up, or none is.
func awaitBFD(t *testing.T, w *world.World, up bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(look) {
		peers, err := w.Speakers["upstream"].Peers(t.Context())
		check(t, err)
		sessions, alive := 0, 0
		for _, p := range peers {
			if p.Node == "a" {
				sessions++
			}
			if p.Node == "a" && p.BFD == "up" {
				alive++
			}
		}
		if sessions > 0 && (up && alive == sessions || !up && alive == 0) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("BFD of the router, to be up: %v: %+v", up, peers)
		}
	}
}

// frozenOf names the daemon's processes that are stopped.
func frozenOf(d *bgp.Daemon) string {
	var names []string
	for _, p := range d.Procs() {
		if strings.Contains(states(p.PID()), "T") {
			names = append(names, p.Name())
		}
	}
	return strings.Join(names, " ")
}
