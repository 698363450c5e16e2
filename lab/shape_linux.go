package lab

import (
	"fmt"
	"time"

	"github.com/vishvananda/netlink"

	"anylab/topologies"
)

// shape makes the interface treat what leaves it as the topology says.
func (n *Node) shape(i Interface) error {
	s := i.Shape
	parent := uint32(netlink.HANDLE_ROOT)
	k, err := n.lab.Link(i.Link)
	if err != nil {
		return err
	}
	if needsNetem(s) && k.relay == nil {
		if err := n.netlink.QdiscAdd(netem(i.Index, s)); err != nil {
			return fmt.Errorf("add netem: %w", err)
		}
		parent = netlink.MakeHandle(1, 1)
	}
	if s.Rate == 0 {
		return nil
	}
	if err := n.netlink.QdiscAdd(tbf(i.Index, parent, s.Rate)); err != nil {
		return fmt.Errorf("add tbf: %w", err)
	}
	return nil
}

// netemLimit is in packets: 100,000 a second for a second of delay.
const netemLimit = 100_000

func netem(index int, s topologies.Shape) *netlink.Netem {
	return netlink.NewNetem(
		netlink.QdiscAttrs{LinkIndex: index, Parent: netlink.HANDLE_ROOT, Handle: netlink.MakeHandle(1, 0)},
		netlink.NetemQdiscAttrs{
			Latency: uint32(s.Delay / time.Microsecond),
			Jitter:  uint32(s.Jitter / time.Microsecond),
			Loss:    float32(s.Loss * 100),
			Limit:   netemLimit,
		})
}

// tbf lets bursts of 10 ms pass (at least ten full frames, or nothing would)
// and queues 50 ms more.
func tbf(index int, parent uint32, bitsPerSecond uint64) *netlink.Tbf {
	rate := bitsPerSecond / 8
	burst := max(rate/100, 10*1514)
	return &netlink.Tbf{
		QdiscAttrs: netlink.QdiscAttrs{LinkIndex: index, Parent: parent, Handle: netlink.MakeHandle(2, 0)},
		Rate:       rate,
		Limit:      uint32(min(burst+rate/20, 1<<31)),
		Buffer:     netlink.Xmittime(rate, uint32(min(burst, 1<<31))),
	}
}
