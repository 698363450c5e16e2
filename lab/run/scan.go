package run

import (
	"context"
	"time"

	"anylab/lab/bgp"
	"anylab/lab/record"
	"anylab/topologies"
	"anylab/topologies/document"
)

// scanOf returns how often at the longest a daemon looks, by the user's own file,
// whether it is to announce a conditional route; 0 if none has such.
func scanOf(t topologies.Topology) time.Duration {
	var longest time.Duration
	for _, r := range bgp.ReadFiles(t) {
		longest = max(longest, r.Scan)
	}
	return longest
}

// period is that of the slowest timer in play, over which the faults' moments are
// drawn.
func (c cell) period() time.Duration { return max(c.theory.Period, c.scan) }

// resolve waits until daemons that look at the conditions of their routes now and
// then only have done so, and notes which sessions carry how many routes then: a
// trial does not begin while a standby site still announces what it should not.
func (g *gate) resolve(ctx context.Context) error {
	scan := g.cell.scan
	if scan == 0 {
		return nil
	}
	g.say("wait until conditional routes are what they should be: nothing changes for " + document.Duration(scan))
	ok, err := await(ctx, record.Now().Add(g.patience+2*scan), func(now record.Time) bool {
		return g.changes.over(now, scan+g.undisturbed()) && g.clients.served(now, 0, quiet)
	})
	if err != nil {
		return err
	}
	if !ok {
		return &GateError{g.unquiet(ctx)}
	}
	g.carried = map[session]int{}
	for node := range g.world.Speakers {
		peers, err := g.peers(ctx, node)
		if err != nil {
			return err
		}
		for _, p := range peers {
			g.carried[session{node, p.Addr}] = p.Received
		}
	}
	return nil
}
