package run

import (
	"crypto/sha256"
	"encoding/hex"
	"os"

	"anylab/lab/bgp"
	"anylab/lab/record"
	"anylab/lab/service"
	"anylab/scenarios"
	"anylab/topologies"
)

// facts states what is measured, with what the faults declare, and the digests of
// the user's own files.
func facts(s scenarios.Scenario, declared []planned) *record.Experiment {
	x := s.Experiment()
	for _, f := range declared {
		x.Faults[f.id].Silences, x.Faults[f.id].Ends = f.Silences, f.Ends
	}
	for i, svc := range x.Services {
		if svc.DNS != nil {
			named := *svc.DNS
			named.Resolver = service.Resolver()
			x.Services[i].DNS = &named
		}
	}
	for i, n := range s.Topology.Nodes {
		if d, err := bgp.Of(n); err == nil && n.Bin != "" {
			x.Topology.Nodes[i].Version = d.Version()
		}
	}
	files := bgp.ReadFiles(s.Topology)
	for _, n := range x.Topology.Nodes {
		if n.Config == nil {
			continue
		}
		if text, err := os.ReadFile(n.Config.Path); err == nil { // else starting the daemon fails
			sum := sha256.Sum256(text)
			n.Config.SHA256 = hex.EncodeToString(sum[:])
			if r := files[n.Name]; r != nil {
				n.Config.Scan, n.Config.Damping = r.Scan, r.Dampening.Value
			}
			for _, r := range bgp.Unannounced(s.Topology, n.Name) {
				n.Config.Unannounced = append(n.Config.Unannounced, r.String())
			}
		}
	}
	inForce(x, s.Topology)
	heedless(x, s.Topology, files)
	return x
}

// heedless states which ends learn nothing from a lost carrier.
func heedless(x *record.Experiment, t topologies.Topology, files bgp.Files) {
	for i, l := range t.Links {
		if x.Topology.Links[i].BGP == nil {
			continue
		}
		for j, e := range l.Ends {
			if n, _ := t.Node(e.Node); n.FastFailover != nil {
				w := files.WatchOf(t, l, e.Node)
				x.Topology.Links[i].Ends[j].Heedless = w.Outlasts && !w.NextHops
			}
		}
	}
}

// inForce states the timers in force where a user's own file has a say: those of
// the router's end, for it moves the traffic. What is not known is zero.
func inForce(x *record.Experiment, t topologies.Topology) {
	files := bgp.ReadFiles(t)
	for i, l := range t.Links {
		near, _ := t.Node(l.Ends[0].Node)
		far, _ := t.Node(l.Ends[1].Node)
		if x.Topology.Links[i].BGP == nil || near.Config+far.Config == "" && !l.Uneven() {
			continue
		}
		ear := near
		if near.Role != topologies.Router {
			ear = far
		}
		w := files.WatchOf(t, l, ear.Name)
		x.Topology.Links[i].BGP = &record.Timers{Hold: w.Hold.Time, Keepalive: w.Hold.Keepalive, Restart: w.Kept, LongLived: w.LongKept, MRAI: l.BGP.MRAI, ConnectRetry: l.BGP.ConnectRetry, IdleHold: l.BGP.IdleHold}
		x.Topology.Links[i].BFD = nil
		if w.BFD.Every > 0 {
			x.Topology.Links[i].BFD = &record.BFDTimers{Interval: w.BFD.Every, Multiplier: w.BFD.Multiplier}
		}
	}
}
