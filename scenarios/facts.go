package scenarios

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"anylab/lab/record"
	"anylab/topologies"
	"anylab/topologies/document"
)

// Experiment states the scenario as facts: what a record keeps of it. It looks at
// no file.
func (s Scenario) Experiment() *record.Experiment {
	x := &record.Experiment{
		Standard: s.Standard, Topology: Network(s.Topology),
		Services: []record.Service{}, Probes: s.Probes, Faults: []record.PlannedFault{},
		Trials: s.Trials, Until: s.Until, Sustain: s.Sustain, Limit: s.Limit,
		Settle: s.Settle, Start: s.Start, Monitoring: s.Monitoring,
		Expect: append([]Expectation{}, s.Expect...), Claims: s.Claims,
	}
	for _, svc := range s.Services {
		h := svc.Health
		x.Services = append(x.Services, record.Service{Name: svc.Name, Kind: svc.Kind, On: svc.On, Global: svc.Global, Port: svc.Port, Restart: svc.Restart, Ready: svc.Ready,
			Health: record.HealthCheck{Kind: h.Kind, Interval: h.Interval, Timeout: h.Timeout, Fall: h.Fall, Rise: h.Rise}, DNS: svc.DNS, Capacity: svc.Capacity, Shed: svc.Shed})
	}
	for _, f := range s.Faults {
		x.Faults = append(x.Faults, f.facts())
	}
	return x
}

func (f Fault) facts() record.PlannedFault {
	p := record.PlannedFault{Kind: f.Kind, On: f.On, End: f.End, After: f.After, For: f.For}
	if f.Direction != [2]string{} {
		p.Direction = f.Direction[0] + "->" + f.Direction[1]
	}
	for _, key := range f.Params.Keys() {
		if slices.Contains(document.KeysOf(faultFile{}), key) {
			continue
		}
		if p.Params == nil {
			p.Params = map[string]string{}
		}
		p.Params[key] = f.Params.Value(key).String()
	}
	return p
}

// Network states a topology as records do.
func Network(t topologies.Topology) record.Topology {
	n := record.Topology{Name: t.Name, Nodes: []record.Node{}, Links: []record.Link{}, Anycast: t.Anycast}
	for _, node := range t.Nodes {
		n.Nodes = append(n.Nodes, nodeFacts(node))
	}
	for _, l := range t.Links {
		n.Links = append(n.Links, linkFacts(t, l))
	}
	return n
}

func nodeFacts(n topologies.Node) record.Node {
	f := record.Node{Name: n.Name, Role: record.NodeRole(n.Role), ASN: n.ASN, Daemon: n.Daemon, Multipath: n.Multipath,
		Hash: string(n.Hash), IgnoreLinkDown: n.IgnoreLinkDown, Bin: n.Bin, Restart: n.Restart, Table: n.Table, Damping: n.Damping != nil}
	for _, s := range n.Sysctls {
		f.Sysctls = append(f.Sysctls, s.Name+"="+s.Value)
	}
	for _, r := range n.Routes {
		f.Routes = append(f.Routes, r.To.String()+" via "+r.Via.String())
	}
	if p := n.Place; p != nil {
		f.Place = &record.Place{Name: p.Name, Lat: p.Lat, Lon: p.Lon}
	}
	if n.RouterID.IsValid() {
		f.RouterID = n.RouterID.String()
	}
	if n.Config != "" {
		f.Config = &record.ConfigFile{Path: n.Config}
	}
	if r := n.Resilient; r != nil {
		f.Resilient = &record.Resilient{Buckets: r.Buckets, Idle: r.Idle, Unbalanced: r.Unbalanced}
	}
	return f
}

func linkFacts(t topologies.Topology, l topologies.Link) record.Link {
	f := record.Link{Name: l.Name, Switch: l.Switch, Hop: l.Hop, Kilometres: l.Kilometres, Segment: l.Segment}
	for i, e := range l.Ends {
		f.Ends[i] = record.LinkEnd{Node: e.Node, Dev: e.Dev, IPv4: e.IPv4, IPv6: e.IPv6, Client: e.Client,
			Delay: e.Shape.Delay, Jitter: e.Shape.Jitter, Loss: e.Shape.Loss, Rate: e.Shape.Rate, Policy: e.Policy.String()}
		if t.Membership(e.Node) != nil && l.VRRP != nil {
			f.Ends[i].Priority = e.Priority
		}
	}
	if v := l.VRRP; v != nil {
		f.VRRP = &record.VRRP{ID: v.ID, Interval: v.Interval, Preempt: v.Preempt}
	}
	if t.HasBGP(l) {
		f.BGP = &record.Timers{Hold: l.BGP.Hold, Keepalive: l.BGP.Keepalive, Restart: l.BGP.Restart, LongLived: l.BGP.LongLived, MRAI: l.BGP.MRAI,
			ConnectRetry: l.BGP.ConnectRetry, IdleHold: l.BGP.IdleHold}
	}
	if l.BFD != nil {
		f.BFD = &record.BFDTimers{Interval: l.BFD.Interval, Multiplier: l.BFD.Multiplier}
	}
	return f
}

// Digest names what is measured: the scenario without what may change from run
// to run without changing the numbers' meaning.
func (s Scenario) Digest() string {
	if len(s.Entries) == 0 {
		return hash(s.essence())
	}
	cells, err := s.Cells()
	if err != nil {
		return hash(s.essence())
	}
	text := ""
	for _, c := range cells { // they may have trials and expectations of their own
		text += c.Cell[record.CellLabel] + "\n" + c.essence()
	}
	return hash(text)
}

// essence is the text of a scenario, or of a cell, without what doesn't change
// the numbers' meaning.
func (s Scenario) essence() string {
	return s.Source.Without("summary").Without("trials").Without("expect").Without("claim").String()
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
