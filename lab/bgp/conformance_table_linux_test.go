package bgp_test

import (
	"context"
	"net/netip"

	"anylab/lab/bgp"
	"anylab/lab/speaker"
)

// testTable: the last route of a table reaches the neighbor's kernel, and goes with it.
// Which daemons can't announce one testOperations knows.
func testTable(w *network) {
	d := w.daemons["a"]
	if n, _ := w.topology.Node("a"); bgp.Can(n, bgp.AnnounceTables) != nil {
		return
	}
	const routes = 700
	var last netip.Prefix
	for p := range speaker.Table(routes, 1) {
		last = p
	}
	for range 2 {
		if err := d.AnnounceTable(context.Background(), bgp.Table{Routes: routes, Seed: 1}); err != nil {
			w.Fatal(err)
		}
		w.waitKernel("r", last, "a")
		if peers := w.peers("r"); peers[0].Received < routes {
			w.Errorf("r has %d routes of a, want %d at least", peers[0].Received, routes)
		}
		if err := d.WithdrawTable(context.Background(), bgp.Table{Routes: routes, Seed: 1}); err != nil {
			w.Fatal(err)
		}
		w.waitKernel("r", last)
		w.waitAll("r", "a")
	}
}
