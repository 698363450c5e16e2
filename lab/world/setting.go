package world

import (
	"anylab/lab/bgp"
	"anylab/lab/fault"
	"anylab/lab/service"
	"anylab/topologies"
)

// Setting returns the topology and the nodes' services as faults see them. It
// needs no lab.
func Setting(t topologies.Topology, services map[string][]service.Config) fault.Setting {
	s := fault.Setting{Topology: t, Services: map[string][]fault.Service{}, Daemons: daemons{t, bgp.ReadFiles(t)}}
	for node, list := range services {
		for _, c := range list {
			s.Services[node] = append(s.Services[node], fault.Service{
				Name: c.Name, Prefixes: c.Prefixes, Stubborn: service.Pliable(c.Kind), Named: len(c.Own) > 0,
				Health: fault.Health{Kind: c.Health.Kind, Interval: c.Health.Interval, Timeout: c.Health.Timeout, Fall: c.Health.Fall},
			})
		}
	}
	return s
}

// daemons knows those that have drivers.
type daemons struct {
	topology topologies.Topology
	files    bgp.Files
}

var operations = map[fault.Operation]bgp.Operation{
	fault.ChangeAttributes: bgp.ChangeAttributes,
	fault.ResetSessions:    bgp.ResetSessions,
	fault.SilenceBFD:       bgp.SilenceBFD,
	fault.StopGracefully:   bgp.StopGracefully,
	fault.AnnounceTables:   bgp.AnnounceTables,
	fault.Freeze:           bgp.Freeze,
}

// Can implements fault.Daemons. The error is a bgp.Unable.
func (daemons) Can(n topologies.Node, o fault.Operation) error { return bgp.Can(n, operations[o]) }

// Prepends implements fault.Daemons.
func (daemons) Prepends(n topologies.Node) int { return bgp.CapabilitiesOf(n.Daemon).Prepends }

// Steady implements fault.Daemons.
func (daemons) Steady(n topologies.Node) bool {
	return bgp.CapabilitiesOf(n.Daemon).Steady && n.Config == "" // the user's own file may have other timers
}

// Watch implements fault.Daemons.
func (d daemons) Watch(l topologies.Link, node string) fault.Watch {
	w := d.files.WatchOf(d.topology, l, node)
	return fault.Watch{Hold: fault.HoldWatch(w.Hold), BFD: fault.BFDWatch(w.BFD), Outlasts: w.Outlasts, NextHops: w.NextHops, Kept: w.Kept, LongKept: w.LongKept}
}
