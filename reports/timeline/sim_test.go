package timeline

import (
	"iter"
	"net/netip"
	"testing"
	"time"

	"anylab/lab/record"
)

const ms = time.Millisecond

// sim makes the record of a run whose truth is known. Times are milliseconds.
type sim struct {
	events  []record.Event
	group   record.ProbeGroup
	samples []record.Sample
	x       record.Experiment
	// answer returns who answers a request of the flow sent at t, empty if nobody.
	answer func(flow int, t float64) string
	rtt    float64
	jitter func() float64 // added to when a request leaves
}

func at(t float64) record.Time { return record.Time(t * 1e6) }

var anycast = netip.MustParsePrefix("192.0.2.100/32")

func threeSites() record.Topology {
	node := func(name string, role record.NodeRole) record.Node {
		return record.Node{Name: name, Role: role}
	}
	link := func(a, b string) record.Link {
		return record.Link{Name: a + "-" + b, Ends: [2]record.LinkEnd{{Node: a, Dev: "eth0"}, {Node: b, Dev: "eth0"}}}
	}
	return record.Topology{
		Name: "three-sites",
		Nodes: []record.Node{
			node("upstream", record.RouterNode), node("a", record.AnycastNode), node("b", record.AnycastNode),
			node("c", record.AnycastNode), node("london", record.ClientNode),
		},
		Links:   []record.Link{link("upstream", "a"), link("upstream", "b"), link("upstream", "c"), link("upstream", "london")},
		Anycast: []netip.Prefix{anycast},
	}
}

func newSim() *sim {
	return &sim{
		group:  record.ProbeGroup{Name: "london-dns", Client: "london", Service: "dns", Kind: "dns", Rate: 1000, Flows: 16, Timeout: time.Second},
		x:      record.Experiment{Topology: threeSites(), Sustain: time.Second},
		answer: func(int, float64) string { return "a" },
		rtt:    0.2,
		jitter: func() float64 { return 0 },
	}
}

func (s *sim) emit(t float64, node string, data any) {
	var kind record.Kind
	switch data.(type) {
	case record.Trial:
		kind = record.KindTrial
	case record.Fault:
		kind = record.KindFault
	case record.Carrier:
		kind = record.KindCarrier
	case record.Route:
		kind = record.KindRoute
	case record.Lookup:
		kind = record.KindLookup
	case record.Address:
		kind = record.KindAddress
	case record.Advertisement:
		kind = record.KindVRRP
	case record.BGP:
		kind = record.KindBGP
	case record.BFD:
		kind = record.KindBFD
	case record.Health:
		kind = record.KindHealth
	case record.Clock:
		kind = record.KindClock
	case record.Finding:
		kind = record.KindFinding
	}
	s.events = append(s.events, record.Event{At: at(t), Kind: kind, Node: node, Data: data})
}

// trial emits a trial's frame: it begins, is broken in a bracket of 0.1 ms
// that ends at fault, is mended likewise, and ends.
func (s *sim) trial(begin, fault, heal, end float64, kind string, on ...string) {
	s.emit(begin, "", record.Trial{Phase: record.TrialBegin})
	step := func(t float64, p record.FaultPhase) {
		s.emit(t, "", record.Fault{Kind: kind, On: on, Phase: p})
	}
	if kind != "" {
		step(fault-0.1, record.FaultInject)
		step(fault, record.FaultEffective)
		step(fault+0.5, record.FaultVerified)
		step(heal-0.1, record.FaultHeal)
		step(heal, record.FaultHealed)
		step(heal+0.5, record.FaultHealVerified)
	}
	s.emit(end, "", record.Trial{Phase: record.TrialEnd})
}

func (s *sim) route(t float64, to ...string) {
	var hops []record.Hop
	for _, n := range to {
		hops = append(hops, record.Hop{Node: n, Dev: "eth-" + n})
	}
	s.emit(t, "upstream", record.Route{Prefix: anycast, Hops: hops, Deleted: len(hops) == 0})
}

// bgp emits a message as both of its ends see it.
func (s *sim) bgp(t float64, m record.BGP) {
	m.Out = true
	s.emit(t, m.From, m)
	m.Out = false
	s.emit(t+0.05, m.To, m)
}

// probe sends requests from one time to another.
func (s *sim) probe(from, to float64) {
	step := 1000 / s.group.Rate
	for i := 0; ; i++ {
		due := from + float64(i)*step
		if due >= to {
			return
		}
		sent := due + s.jitter()
		flow := i % s.group.Flows
		p := record.Sample{Seq: uint64(i), Flow: flow, Due: at(due), Sent: at(sent)}
		if p.Node = s.answer(flow, sent); p.Node != "" {
			p.Received = at(sent + s.rtt)
		}
		s.samples = append(s.samples, p)
	}
}

// asking is a further probe group, with what became of its requests.
type asking struct {
	group   record.ProbeGroup
	samples []record.Sample
}

// also probes as another group of the name does, whose requests take and get
// what is given.
func (s *sim) also(name string, from, to, rtt float64, answer func(flow int, t float64) string) asking {
	o := sim{group: s.group, rtt: rtt, jitter: s.jitter, answer: answer}
	o.group.Name = name
	o.probe(from, to)
	return asking{o.group, o.samples}
}

func (s *sim) build(t *testing.T, others ...asking) []Failover {
	t.Helper()
	groups, samples := []record.ProbeGroup{s.group}, map[string][]record.Sample{s.group.Name: s.samples}
	for _, o := range others {
		groups, samples[o.group.Name] = append(groups, o.group), o.samples
	}
	list, err := Build(Input{
		Events:     seq(s.events),
		Groups:     groups,
		Spans:      func(name string) iter.Seq2[record.Span, error] { return singly(samples[name]) },
		Experiment: func(map[string]string) record.Experiment { return s.x },
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func seq[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range list {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// singly are requests none of which fared like the one before it.
func singly(list []record.Sample) iter.Seq2[record.Span, error] {
	spans := make([]record.Span, len(list))
	for i, s := range list {
		spans[i] = record.Span{Sample: s, Count: 1}
	}
	return seq(spans)
}
