package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"anylab/lab/record"
)

// conditions are what the report of RFC 7747 says beside the measurements.
type conditions struct {
	run    record.Run
	groups []record.ProbeGroup
}

func (in conditions) group(name string) (record.ProbeGroup, bool) {
	i := slices.IndexFunc(in.groups, func(g record.ProbeGroup) bool { return g.Name == name })
	if i < 0 {
		return record.ProbeGroup{}, false
	}
	return in.groups[i], true
}

// device returns the device under test: the router where the first fault is,
// or else the one beside it.
func device(x record.Experiment) record.Node {
	t := x.Topology
	var beside []string
	if len(x.Faults) > 0 {
		beside = slices.Clone(x.Faults[0].On)
		for l := range t.LinksOf(beside[0]) {
			far := l.Far(beside[0])
			beside = append(beside, far.Node)
		}
	}
	for _, name := range append(beside, t.Of(record.RouterNode)...) {
		if n, ok := t.Node(name); ok && n.Role == record.RouterNode {
			return n
		}
	}
	return record.Node{}
}

// sessions are those of the device under test.
type sessions struct {
	external, internal []string // far nodes, once for each session
	timers             record.Timers
	bfd                *record.BFDTimers
	parallel           int // the most links to one neighbour
	multihop           int // of the external ones
}

func sessionsOf(t record.Topology, dut record.Node) sessions {
	var s sessions
	families := max(1, len(t.Anycast))
	links := map[string]int{}
	for l := range t.LinksOf(dut.Name) {
		far := l.Far(dut.Name)
		n, _ := t.Node(far.Node)
		links[n.Name]++
		s.parallel = max(s.parallel, links[n.Name])
		if n.Role == record.ClientNode {
			continue
		}
		if len(s.external)+len(s.internal) == 0 {
			s.bfd = l.BFD
			if l.BGP != nil {
				s.timers = *l.BGP
			}
		}
		for range families {
			if n.ASN == dut.ASN {
				s.internal = append(s.internal, n.Name)
				continue
			}
			s.external = append(s.external, n.Name)
			if l.Hop {
				s.multihop++
			}
		}
	}
	return s
}

func different(names []string) int {
	return len(slices.Compact(slices.Sorted(slices.Values(names))))
}

// parameters is the RFC's first table, in its order.
func (in conditions) parameters(x record.Experiment) []Parameter {
	dut := device(x)
	s := sessionsOf(x.Topology, dut)
	sites := len(x.Topology.Of(record.AnycastNode))
	routes := len(x.Topology.Anycast)
	list := []Parameter{
		{"test topology", fmt.Sprintf("%s: %d nodes, %d links", x.Topology.Name, len(x.Topology.Nodes), len(x.Topology.Links)), ""},
		{"device under test", fmt.Sprintf("%s, AS %d, %s %s", dut.Name, dut.ASN, dut.Daemon, in.run.Daemons[dut.Daemon]), ""},
		{"parallel links", fmt.Sprint(s.parallel), "links to one neighbor at most"},
		{"interface type", "virtual Ethernet (veth)", ""},
		{"convergence event", event(x), ""},
		{"eBGP sessions", fmt.Sprint(len(s.external)), fmt.Sprintf("sessions, %d of them multihop", s.multihop)},
		{"iBGP sessions", fmt.Sprint(len(s.internal)), "sessions"},
		{"eBGP neighbors", fmt.Sprint(different(s.external)), "neighbors"},
		{"iBGP neighbors", fmt.Sprint(different(s.internal)), "neighbors"},
		{"routes per peer", fmt.Sprint(routes), "anycast routes of each site"},
		{"total unique routes", fmt.Sprint(routes), "routes"},
		{"total non-unique routes", fmt.Sprint((sites - 1) * routes), "routes"},
		{"IGP configured", "none", ""},
		{"route mixture", mixture(x.Topology), ""},
		{"route packing", "1", "route per UPDATE"},
		{"policy configured", policy(s), ""},
		{"SIDR origin authentication", "no", ""},
		{"BGPsec", "no", ""},
	}
	list = append(list, in.load(x)...)
	return append(list, in.timers(dut, s, x)...)
}

func event(x record.Experiment) string {
	var parts []string
	for _, f := range x.Faults {
		parts = append(parts, f.Kind+" on "+strings.Join(f.On, "-"))
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", then ")
}

func mixture(t record.Topology) string {
	var parts []string
	for _, p := range t.Anycast {
		parts = append(parts, p.String())
	}
	return "host routes: " + strings.Join(parts, ", ")
}

func policy(s sessions) string {
	if len(s.internal) > 0 {
		return "next-hop-self on internal sessions"
	}
	return "no"
}

// load is what the tester offers, for each of the scenario's probes.
func (in conditions) load(x record.Experiment) []Parameter {
	var list []Parameter
	for _, p := range x.Probes {
		of := "of probe " + p.From + "-" + p.Service
		size := Parameter{"packet size offered to the DUT", "those of a TCP connection and a request over it", of}
		g := groupOf(in.groups, p)
		bytes := g.Payload
		switch {
		case bytes == 0 && g.Carried() == record.Datagram:
			size.Value = "not recorded"
		case bytes > 0:
			size.Value, size.Unit = fmt.Sprintf("%d + 8 + %d", bytes, ipHeader(x.Topology)), "bytes: payload, transport and IP header, "+of
		}
		list = append(list, size,
			Parameter{"offered load", fmt.Sprintf("%g", p.Rate), fmt.Sprintf("packets per second over %d flows, %s", p.Flows, of)},
			Parameter{"packet sampling interval on the tester", fmt.Sprintf("%g", 1/p.Rate), "s: every packet is stamped"},
			Parameter{"forwarding delay threshold", fmt.Sprintf("%g", cmp.Or(g.Timeout, p.Timeout).Seconds()), "s: what is answered later is lost"})
	}
	return append(list, Parameter{"sustained convergence validation time", fmt.Sprintf("%g", x.Sustain.Seconds()), "s"})
}

func groupOf(groups []record.ProbeGroup, p record.Probe) record.ProbeGroup {
	for _, g := range groups {
		if g.Client == p.From && g.Service == p.Service && g.Kind == p.Kind {
			return g
		}
	}
	return record.ProbeGroup{Kind: p.Kind}
}

func ipHeader(t record.Topology) int {
	if len(t.Anycast) > 0 && t.Anycast[0].Addr().Is6() {
		return 40
	}
	return 20
}

// timers are those of the device under test.
func (in conditions) timers(dut record.Node, s sessions, x record.Experiment) []Parameter {
	set := func(v string) string {
		if dut.Config != nil {
			return "as " + dut.Config.Path + " says"
		}
		return v
	}
	daemon := "the default of " + dut.Daemon
	mrai, retry := daemon, daemon
	if known, ok := in.run.Timers[dut.Daemon]; ok {
		mrai, retry = orNone(known.MRAI.Seconds()), fmt.Sprintf("%g", known.ConnectRetry.Seconds())
	}
	if said := s.timers.MRAI; said > 0 {
		mrai = fmt.Sprintf("%g", said.Seconds())
	}
	if said := s.timers.ConnectRetry; said > 0 {
		retry = fmt.Sprintf("%g", said.Seconds())
	}
	list := []Parameter{
		{"interface failure indication delay", "0 (the kernel's event, no carrier delay)", "s"},
		{"hold time", set(fmt.Sprintf("%g", s.timers.Hold.Seconds())), "s"},
		{"MinRouteAdvertisementInterval (MRAI)", set(mrai), "s"},
		{"MinASOriginationInterval (MAOI)", set(mrai), "s"},
		{"keepalive time", set(fmt.Sprintf("%g", s.timers.Keepalive.Seconds())), "s"},
		{"ConnectRetry", set(retry), "s"},
		{"graceful restart time", set(orNone(s.timers.Restart.Seconds())), "s"},
		{"BFD", bfd(s.bfd), ""},
		{"TCP maximum segment size", "1460 at most (Ethernet, MTU 1500)", "bytes"},
		{"TCP slow start threshold, maximum window size", "the kernel's defaults", "bytes"},
	}
	return append(list, Parameter{"trials", fmt.Sprint(x.Trials), ""})
}

func orNone(v float64) string {
	if v == 0 {
		return "none"
	}
	return fmt.Sprintf("%g", v)
}

func bfd(b *record.BFDTimers) string {
	if b == nil {
		return "none"
	}
	return fmt.Sprintf("%g ms x %d", b.Interval.Seconds()*1000, b.Multiplier)
}

// details answer the RFC's questions a to c, and say how errors come about.
func (in conditions) details(x record.Experiment) []string {
	s := sessionsOf(x.Topology, device(x))
	return []string{
		"The offered load matches all routes: there is one anycast route for each address family, and every packet goes to it. Route-specific results are those of single flows.",
		"The event is injected between two stamps of the clock that also stamps the packets, and verified from outside; whether it causes loss at once shows in the packets lost. Reversion heals it, and is measured alike.",
		"Policy: " + policy(s) + ".",
		"Accuracy (RFC 6413, 6): first and full convergence are taken from single packets: at least the time from the first packet lost to the last one, at most that from the last one forwarded before to the first one after; loss-derived results are good to the number of destinations over the offered load, route-specific ones to one interval of a flow.",
	}
}
