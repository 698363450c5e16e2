package run

import (
	"cmp"
	"math"
	"time"

	"anylab/lab/bgp"
	"anylab/lab/record"
)

// patience is how long a lab that starts may go without progress: without one
// session or service more than ever before. Daemons take up to a minute with
// their own connect timers, unless it is known that they are quicker.
const patience = 60 * time.Second

// headway grants patience anew whenever less is missing than ever before. A
// large lab on a busy machine is slow, but it gets there.
type headway struct {
	patience time.Duration
	least    int
	deadline record.Time
}

// patience returns how long a lab of the cell may go without headway.
func (c cell) patience() time.Duration {
	var longest time.Duration
	for _, b := range buildsOf(c.Topology) {
		longest = max(longest, cmp.Or(bgp.CapabilitiesOf(b.daemon).Patience, patience))
	}
	return longest + c.loading() + c.waiting()
}

// waiting is how long an end of a session may wait before it calls, by the topology.
func (c cell) waiting() time.Duration {
	var longest time.Duration
	for _, l := range c.Topology.Links {
		longest = max(longest, l.BGP.Longest())
	}
	return longest
}

// loading is how long tables may take until all have heard them, on a machine that
// others keep busy as well: no session is missing then, and nobody is answered yet.
func (c cell) loading() time.Duration {
	most := 0
	for _, n := range c.Topology.Nodes {
		most = max(most, c.Topology.Paths(n.Name))
	}
	return 2 * pathWork * time.Duration(most)
}

// without returns for how long there has been none.
func (p *headway) without(now record.Time) time.Duration { return now.Sub(p.deadline.Add(-p.patience)) }

func newHeadway(patience time.Duration) headway {
	return headway{patience, math.MaxInt, record.Now().Add(patience)}
}

// over says, of what is missing now, whether it is time to give up.
func (p *headway) over(missing int, now record.Time) bool {
	if missing < p.least {
		p.least, p.deadline = missing, now.Add(p.patience)
	}
	return now > p.deadline
}
