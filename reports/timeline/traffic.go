package timeline

import (
	"cmp"
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
	back    record.Time         // when it may have been put into service again
	old     []string            // flow -> node that answered before the episode
	pool    []string            // those that answered by turns before it; nil: each flow had one node
	serves  func(n string) bool // whether the node may answer at all
	moved   []record.Sample     // each flow's first answer from another node
	oneNode bool                // all flows were answered by one node before
	course  *course             // what explains its gaps
	start   record.Time         // what the group sent since then belongs to the episode,
	until   record.Time         // and what it sent from then on no longer does
	end     record.Time         // of the trial: gaps of the episode are followed to there
	change  record.Time         // when the healing began that the episode is about; 0: it is about a fault
	censors bool                // a repair that ends a gap hides how long it would have become
}

// watch fills in what the probes saw during the episode.
func (t *trial) watch(e *Episode, x record.Experiment, failed string, effect record.Time) *watched {
	w := &watched{}
	e.AnsweredBy = map[string]string{}
	e.Restored, e.Sustained = true, true
	for _, r := range t.headline() {
		v := &view{requests: r, e: e, w: w, x: x, failed: failed, effect: effect, serves: serving(x.Topology),
			course: t.courses[r.group.Name], start: e.Start, until: e.Until, end: t.until, censors: e.Until < t.until}
		if parted := t.partedOf(r); v.censors {
			v.until = max(v.until, parted)
		} else if parted != 0 {
			v.start, v.change = max(v.start, parted), t.healing()
		}
		if struck := t.first().Service; struck != "" && struck != r.group.Service {
			v.failed = "" // its other services live
		}
		v.effect, v.back = t.silenced(failed, effect, v.until)
		v.nodes()
		v.count()
		e.Changes += len(v.course.changes(e.Start, e.Until))
		v.measure()
		if node := r.answered(v.changed(), max(v.start, v.until.Add(-x.Sustain)), v.until); node != "" {
			e.AnsweredBy[r.group.Name] = node
		}
		e.needless(v.needless(t.failedNodes(x.Topology)))
	}
	e.Streams = t.streams(e)
	w.close(e)
	return w
}

// silenced returns from when to when the node could not answer: while the first
// fault that silences it is in effect. Of a trial without one these are the
// times that are given.
func (t *trial) silenced(node string, effect, until record.Time) (from, to record.Time) {
	for _, s := range t.steps() {
		if s.Silences && s.Effective != 0 && slices.Equal(s.On, []string{node}) {
			return s.Effective, min(until, cmp.Or(s.Heal, until))
		}
	}
	return effect, until
}

// serving returns whether a node may answer: an anycast node of the topology.
func serving(t record.Topology) func(string) bool {
	nodes := t.Of(record.AnycastNode)
	last := first(nodes) // that was asked for: one node answers many in a row
	return func(n string) bool {
		switch {
		case len(nodes) == 0 || n == last:
			return true
		case slices.Contains(nodes, n):
			last = n
			return true
		}
		return false
	}
}

// nodes finds out who answered each flow before the episode, and each flow's
// first answer from another node since.
func (v *view) nodes() {
	v.old = make([]string, v.group.Flows)
	known := 0
	for _, s := range slices.Backward(v.sent(0, v.start)) {
		if s.Node != "" && s.Flow < len(v.old) && v.old[s.Flow] == "" {
			v.old[s.Flow] = s.Node
			known++
		}
		if known == len(v.old) {
			break
		}
	}
	named := slices.DeleteFunc(slices.Clone(v.old), func(n string) bool { return n == "" })
	v.pool = v.requests.pool(v.start.Add(-turns(v.group)), v.start)
	v.oneNode = len(slices.Compact(named)) <= 1 && v.pool == nil
	v.moved = make([]record.Sample, v.group.Flows)
	if v.pool != nil {
		v.pooled()
		return
	}
	for _, s := range v.sent(v.start, v.until) {
		if s.Flow < len(v.old) && v.old[s.Flow] != "" && s.Node != "" && s.Node != v.old[s.Flow] && v.moved[s.Flow].Node == "" {
			v.moved[s.Flow] = s
			v.e.Rerouted = true
		}
	}
}

// count adds the group's requests to the episode's totals.
func (v *view) count() {
	newest := make([]record.Time, v.group.Flows) // by flow: when the latest sent request so far was answered
	for _, s := range v.sent(v.start, v.until) {
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
		if v.failed != "" && s.Node == v.failed && s.Sent > v.effect && s.Received < v.back {
			v.e.FromFailed++
		}
	}
	for _, s := range v.again {
		if s.Sent >= v.start && s.Sent < v.until {
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
	return v.pool == nil && s.Flow < len(v.old) && s.Node == v.old[s.Flow] && v.moved[s.Flow].Node != "" && s.Sent > v.moved[s.Flow].Sent
}

// sequences returns the requests that were sent between two times: those of
// all flows as one if they go together, else those of each flow.
func (r *requests) sequences(start, until record.Time, together bool) []*sequence {
	parts := r.flows
	if together {
		parts = [][]record.Sample{r.known}
	}
	interval := r.group.Interval() * time.Duration(len(parts)) / time.Duration(max(1, r.group.Flows))
	list := make([]*sequence, len(parts))
	for i, part := range parts {
		list[i] = newSequence(sentIn(part, 0, until), start, r.heals)
		list[i].interval = interval
	}
	return list
}

// measure adds the group and its flows to the episode.
func (v *view) measure() {
	g := Group{Name: v.group.Name, Together: v.together()}
	for i, s := range v.episode(false) {
		f := v.flow(i, s)
		v.e.Flows = append(v.e.Flows, f)
		g.Sent, g.Lost = g.Sent+f.Sent, g.Lost+f.Lost
		if f.Outage != nil {
			g.Affected++
		}
		if !g.Together {
			v.include(&g, s, f.Gaps)
		}
	}
	if g.Together {
		all := v.episode(true)[0]
		v.include(&g, all, v.gaps(all))
	}
	g.LossDerived = v.lossDerived(g)
	g.Late = v.late()
	v.e.Groups = append(v.e.Groups, g)
	v.move(g.Together)
}

// episode returns the sequences of the episode. Who is cut off when it begins is
// so since the change reached requests: up to a round trip before it, of this
// group's own.
func (v *view) episode(together bool) []*sequence {
	list := v.sequences(v.start, v.end, together)
	for _, s := range list {
		if v.change != 0 {
			s.from, s.by = v.start, v.change
		}
	}
	return list
}

// gaps returns the gaps that began during the episode.
func (v *view) gaps(s *sequence) []Gap { return v.course.settle(s.gapsUntil(v.until)) }

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
	for _, s := range v.sent(v.start, v.until) {
		if s.Sent.Sub(s.Due) > v.group.Interval() {
			n++
		}
	}
	return n
}

// flow sums up one flow's sequence.
func (v *view) flow(n int, s *sequence) Flow {
	f := Flow{Group: v.group.Name, Flow: n, Gaps: v.gaps(s)}
	for _, r := range s.list {
		if r.Left() < s.start || r.Sent >= v.until {
			continue
		}
		f.Sent++
		if r.Lost() {
			f.Lost++
		}
	}
	if c := v.worst(s, v.course.chains(f.Gaps, v.x.Sustain)); c != nil {
		o := v.outage(s, c)
		f.Outage = &o
	}
	return f
}

// open says whether nobody knows how long the outage would have become: it
// never ended, or what was broken was repaired.
func (v *view) open(c chain) bool {
	return c.last().After == 0 || v.censors && c.last().Ended == ByRepair
}

// worst returns the outage that counts of several of a sequence: the one that
// is open, else the longest. What began anew, and ended, is none of the failover's.
func (v *view) worst(s *sequence, list []chain) *chain {
	var worst *chain
	for i, c := range list {
		if c.anew && !v.open(c) {
			continue
		}
		if worst == nil || longer(v.outage(s, &list[i]), v.outage(s, worst)) {
			worst = &list[i]
		}
	}
	return worst
}

// outage returns how long the outage lasted. If a repair ended it, then it
// would have lasted at least until that began.
func (v *view) outage(s *sequence, c *chain) Interval {
	if c == nil {
		return Interval{High: s.pause()}
	}
	o := s.span(c.gaps, v.until)
	if !o.Open && v.open(*c) {
		o = Interval{Value: o.Value, Low: min(o.Low, max(0, v.course.healing(c.last()).Sub(c.gaps[0].Left))), Open: true}
	}
	return o
}

// include takes a sequence into the group's outage, and its end into the
// episode's.
func (v *view) include(g *Group, s *sequence, gaps []Gap) {
	chains := v.course.chains(gaps, v.x.Sustain)
	worst := v.worst(s, chains)
	outage := v.outage(s, worst)
	if worst != nil && (g.Ended == "" || longer(outage, g.Outage)) {
		g.Ended = worst.last().Ended
	}
	g.Outage = worse(g.Outage, outage)
	g.Gaps = max(g.Gaps, len(gaps))
	g.Longest = max(g.Longest, s.longest(gaps, v.until))
	g.Anew = max(g.Anew, v.anew(s, chains))
	if worst == nil {
		return
	}
	g.EdgeBlur = max(g.EdgeBlur, s.blur(worst.gaps))
	part := v.part(s, worst)
	switch {
	case v.open(*worst):
		v.e.Restored = false
		if outage.Value >= v.w.unended.Value {
			v.w.unended, v.w.cutOff = outage, part.gaps[0].First
		}
	case v.until.Sub(worst.last().After) < v.x.Sustain:
		v.e.Sustained = false
	}
	if last := part.last(); last.After != 0 && (v.w.restore == nil || last.Received > v.w.restore.At) {
		v.w.served, v.w.group, v.w.began = last.By, g.Name, part.gaps[0].First
		v.w.restore = &Stage{Name: Restore, At: last.Received, Source: ByProbe, Low: last.Last,
			Evidence: fmt.Sprintf("%s: answered%s, flow %d", g.Name, by(last.By), last.Flow)}
	}
}

// anew returns how long service was lost, at most, by what began anew.
func (v *view) anew(s *sequence, list []chain) time.Duration {
	var sum time.Duration
	for _, c := range list {
		if c.anew && !v.open(c) {
			sum += s.sum(c.gaps, v.until).High
		}
	}
	return sum
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
