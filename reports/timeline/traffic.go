package timeline

import (
	"fmt"
	"slices"
	"time"

	"anylab/lab/record"
)

// view is one probe group during one episode.
type view struct {
	*requests
	e       *Episode
	w       *watched
	x       record.Experiment
	failed  string              // the node that is out of service; empty after healing, and where another of its services is
	effect  record.Time         // when it went out of service
	old     []string            // flow -> node that answered before the episode
	serves  func(n string) bool // whether the node may answer at all
	moved   []record.Sample     // each flow's first answer from another node
	oneNode bool                // all flows were answered by one node before
}

// watch fills in what the probes saw during the episode.
func (t *trial) watch(e *Episode, x record.Experiment, failed string, effect record.Time) *watched {
	w := &watched{}
	e.AnsweredBy = map[string]string{}
	e.Restored, e.Sustained = true, true
	for _, r := range t.headline() {
		v := &view{requests: r, e: e, w: w, x: x, failed: failed, effect: effect, serves: serving(x.Topology)}
		if struck := t.first().Service; struck != "" && struck != r.group.Service {
			v.failed = "" // its other services live
		}
		v.nodes()
		v.count()
		v.measure()
		if node := most(r.sent(max(e.Start, e.Until.Add(-x.Sustain)), e.Until)); node != "" {
			e.AnsweredBy[r.group.Name] = node
		}
		e.needless(v.needless(t.failedNodes(x.Topology)))
	}
	e.Streams = t.streams(e)
	w.close(e)
	return w
}

// serving returns whether a node may answer: an anycast node of the topology.
func serving(t record.Topology) func(string) bool {
	nodes := t.Of(record.AnycastNode)
	return func(n string) bool { return len(nodes) == 0 || slices.Contains(nodes, n) }
}

// nodes finds out who answered each flow before the episode, and each flow's
// first answer from another node since.
func (v *view) nodes() {
	v.old = make([]string, v.group.Flows)
	for _, s := range v.sent(0, v.e.Start) {
		if s.Node != "" && s.Flow < len(v.old) {
			v.old[s.Flow] = s.Node
		}
	}
	known := slices.DeleteFunc(slices.Clone(v.old), func(n string) bool { return n == "" })
	v.oneNode = len(slices.Compact(known)) <= 1
	v.moved = make([]record.Sample, v.group.Flows)
	for _, s := range v.sent(v.e.Start, v.e.Until) {
		if s.Flow < len(v.old) && v.old[s.Flow] != "" && s.Node != "" && s.Node != v.old[s.Flow] && v.moved[s.Flow].Node == "" {
			v.moved[s.Flow] = s
			v.e.Rerouted = true
		}
	}
}

// count adds the group's requests to the episode's totals.
func (v *view) count() {
	newest := make([]record.Time, v.group.Flows) // by flow: when the latest sent request so far was answered
	for _, s := range v.sent(v.e.Start, v.e.Until) {
		v.e.Sent++
		if s.Lost() {
			v.e.Lost++
			continue
		}
		if s.Flow < len(newest) {
			if s.Received < newest[s.Flow] {
				v.e.Reordered++
			}
			newest[s.Flow] = max(newest[s.Flow], s.Received)
		}
		if v.stray(s) {
			v.e.Misrouted++
		}
		if v.failed != "" && s.Node == v.failed && s.Sent > v.effect && s.Received < v.e.Until {
			v.e.FromFailed++
		}
	}
	for _, s := range v.again {
		if s.Sent >= v.e.Start && s.Sent < v.e.Until {
			v.e.Duplicate++
		}
	}
}

// stray says whether the answer came from a node that no longer should, or
// never should, give it.
func (v *view) stray(s record.Sample) bool {
	if s.Node == "" {
		return false
	}
	if !v.serves(s.Node) {
		return true
	}
	return s.Flow < len(v.old) && s.Node == v.old[s.Flow] && v.moved[s.Flow].Node != "" && s.Sent > v.moved[s.Flow].Sent
}

// together says whether all flows are known to share one path: one node
// answered them all, and no router spreads flows over several next hops. A
// configuration of the user's own may do that, so it counts as not known.
func (v *view) together() bool {
	spreads := func(n record.Node) bool { return n.Multipath || n.Config != nil }
	return v.oneNode && len(v.x.Topology.Nodes) > 0 && !slices.ContainsFunc(v.x.Topology.Nodes, spreads)
}

// sequences returns the requests of each flow, and of all flows together.
func (v *view) sequences() (flows []*sequence, all *sequence) {
	all = v.empty(v.group.Interval() / time.Duration(max(1, v.group.Flows)))
	for range v.group.Flows {
		flows = append(flows, v.empty(v.group.Interval()))
	}
	for _, s := range v.sent(0, v.e.Until) {
		if s.Flow >= len(flows) {
			continue // not a flow that the group says it has
		}
		for _, q := range []*sequence{all, flows[s.Flow]} {
			q.take(s)
		}
	}
	return flows, all
}

func (v *view) empty(interval time.Duration) *sequence {
	return &sequence{start: v.e.Start, until: v.e.Until, sustain: v.x.Sustain, interval: interval}
}

// take appends the next request in order of sending. Of those before the
// episode only the last is kept, and only if it was served.
func (s *sequence) take(p record.Sample) {
	if p.Left() < s.start {
		s.list = s.list[:0]
		if !p.Lost() {
			s.list = append(s.list, request{p, true})
		}
		return
	}
	late := !p.Lost() && p.Received >= s.until
	if late && p.Received.Sub(p.Sent) <= lateAnswer {
		return // under way when the episode ended: neither
	}
	s.list = append(s.list, request{p, !p.Lost() && !late})
}

// measure adds the group and its flows to the episode.
func (v *view) measure() {
	g := Group{Name: v.group.Name, Together: v.together()}
	flows, all := v.sequences()
	for i, s := range flows {
		f, chain := flow(g.Name, i, s)
		v.e.Flows = append(v.e.Flows, f)
		g.Sent, g.Lost = g.Sent+f.Sent, g.Lost+f.Lost
		if f.Outage != nil {
			g.Affected++
		}
		if !g.Together {
			v.include(&g, s, f.Gaps, chain)
		}
	}
	if g.Together {
		gaps := all.gaps()
		v.include(&g, all, gaps, all.outage(gaps))
	}
	g.LossDerived = v.lossDerived(g)
	g.Late = v.late()
	v.e.Groups = append(v.e.Groups, g)
	v.move(g.Together)
}

// lossDerived returns the lost requests over the rate at which requests were
// offered to the flows that suffered.
func (v *view) lossDerived(g Group) time.Duration {
	rate := v.group.Rate
	if !g.Together {
		rate *= float64(g.Affected) / float64(v.group.Flows)
	}
	if rate <= 0 {
		return 0
	}
	return time.Duration(float64(g.Lost) / rate * float64(time.Second))
}

// late counts the requests that left later than one interval of their flow.
func (v *view) late() int {
	n := 0
	for _, s := range v.sent(v.e.Start, v.e.Until) {
		if s.Sent.Sub(s.Due) > v.group.Interval() {
			n++
		}
	}
	return n
}

// flow sums up one flow's sequence.
func flow(group string, n int, s *sequence) (Flow, []Gap) {
	f := Flow{Group: group, Flow: n, Gaps: s.gaps()}
	for _, r := range s.list {
		if r.Left() < s.start {
			continue
		}
		f.Sent++
		if r.Lost() {
			f.Lost++
		}
	}
	chain := s.outage(f.Gaps)
	if len(chain) > 0 {
		o := s.measure(chain)
		f.Outage = &o
	}
	return f, chain
}

// include takes a sequence into the group's outage, and its end into the
// episode's.
func (v *view) include(g *Group, s *sequence, gaps, chain []Gap) {
	g.Outage = worse(g.Outage, s.measure(chain))
	g.Gaps = max(g.Gaps, len(gaps))
	g.Longest = max(g.Longest, s.longest(gaps))
	g.EdgeBlur = max(g.EdgeBlur, s.blur(chain))
	if len(s.list) == 0 {
		return
	}
	if len(gaps) > 0 && gaps[len(gaps)-1].After == 0 {
		v.e.Restored = false
	}
	if len(chain) == 0 {
		return
	}
	last := chain[len(chain)-1]
	if v.e.Until.Sub(last.After) < s.sustain {
		v.e.Sustained = false
	}
	if r, ok := s.at(last.After); ok && last.After != 0 && (v.w.restore == nil || r.Received > v.w.restore.At) {
		v.w.served = r.Node
		v.w.restore = &Stage{Name: Restore, At: r.Received, Source: ByProbe, Low: last.Last,
			Evidence: fmt.Sprintf("%s: answered%s, flow %d", g.Name, by(r.Node), r.Flow)}
	}
}

func by(node string) string {
	if node == "" {
		return ""
	}
	return " by " + node
}

// worse joins two outages into bounds on the larger of the two truths.
func worse(a, b Interval) Interval {
	w := Interval{max(a.Value, b.Value), max(a.Low, b.Low), max(a.High, b.High), a.Open || b.Open}
	if w.Open {
		w.High = 0
	}
	return w
}
