package timeline

import (
	"cmp"
	"iter"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"anylab/lab/record"
)

// requests is what one probe group did during one trial.
type requests struct {
	group   record.ProbeGroup
	spans   []record.Span   // as they were recorded
	samples []record.Sample // in order of sending, one for each request; while the trial is read
	known   []record.Sample // of these, those of the flows that the group says it has
	flows   [][]record.Sample
	again   []record.Sample // second and further answers
	torn    []record.Time   // when requests were sent that got answers under two names
	twice   []record.Time   // and that are there twice
	heals   []healing       // of the trial's faults
	trip    time.Duration   // before the fault
	tripAt  record.Time     // whose fault that was; 0: it is not known yet
}

// dealAll deals the samples of every group. Those of a group that tells whose
// lab it is part of are dealt to that cell's trials only.
func dealAll(all []*trial, in Input) error {
	cells := map[string][]*trial{}
	for _, t := range all {
		name := record.CellName(t.cell)
		cells[name] = append(cells[name], t)
	}
	for _, g := range in.Groups {
		trials := all
		if g.Cell != nil {
			trials = cells[record.CellName(g.Cell)]
		}
		if len(trials) == 0 {
			continue
		}
		if err := deal(trials, g, in.Spans(g.Name)); err != nil {
			return err
		}
	}
	return nil
}

// deal reads a group's samples and hands them to the trials by the time at
// which they were sent: what comes before a trial's begin shows how things
// were then. Trials are in order of time and do not overlap.
func deal(trials []*trial, g record.ProbeGroup, spans iter.Seq2[record.Span, error]) error {
	for _, t := range trials {
		t.groups = append(t.groups, &requests{group: g})
	}
	names := map[string]string{} // a name shares its memory with a whole line of the file: keep one of each
	for s, err := range spans {
		if err != nil {
			return err
		}
		if _, ok := names[s.Node]; !ok {
			names[s.Node] = s.Node
		}
		s.Node = names[s.Node]
		for s.Count > 0 {
			i, _ := slices.BinarySearchFunc(trials, s.Sent, func(t *trial, at record.Time) int {
				return cmp.Compare(t.until, at+1)
			})
			if i == len(trials) {
				break
			}
			r := trials[i].groups[len(trials[i].groups)-1]
			var own record.Span
			own, s = s.Cut(g, trials[i].until)
			r.spans = append(r.spans, own)
		}
	}
	return nil
}

// open makes requests of what was recorded, and close lets go of them: there is no
// room for those of a whole run.
func (t *trial) open() {
	for _, r := range t.groups {
		n := 0
		for _, s := range r.spans {
			n += s.Count
		}
		r.samples = forSamples.take(n)
		for _, s := range r.spans {
			s.Each(r.group, func(one record.Sample) bool { r.samples = append(r.samples, one); return true })
		}
		r.order()
		r.divide()
	}
}

func (t *trial) close() {
	for _, r := range t.groups {
		forSamples.leave(r.samples)
		for _, one := range r.flows {
			forSamples.leave(one)
		}
	}
	t.groups, t.courses = nil, nil
}

// rooms are for the samples of one flow or group after another: trials have about as
// many, and to make room for those of a whole run took a fifth of the time.
type rooms[T any] struct{ sync.Pool }

var (
	forSamples rooms[record.Sample]
	forTrips   rooms[time.Duration]
)

func (r *rooms[T]) take(n int) []T {
	if left, ok := r.Get().(*[]T); ok && cap(*left) >= n {
		return (*left)[:0]
	}
	return make([]T, 0, n)
}

func (r *rooms[T]) leave(list []T) { r.Put(&list) }

// order sorts the samples by sending and sets further answers apart. A
// request that was declared lost stays lost, whatever came after its timeout.
// Who gave two names to one request is not known: it was answered all the same.
func (r *requests) order() {
	bySending := func(a, b record.Sample) int {
		return cmp.Or(cmp.Compare(a.Sent, b.Sent), cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Received, b.Received))
	}
	if !slices.IsSortedFunc(r.samples, bySending) {
		slices.SortStableFunc(r.samples, bySending)
	}
	kept := r.samples[:0]
	for _, s := range r.samples {
		if n := len(kept); n > 0 && kept[n-1].Seq == s.Seq && kept[n-1].Flow == s.Flow {
			first := &kept[n-1]
			if *first == s || len(r.again) > 0 && r.again[len(r.again)-1] == s {
				r.twice = append(r.twice, s.Sent)
			}
			if first.Node != "" && s.Node != "" && s.Node != first.Node {
				r.torn = append(r.torn, s.Sent)
				first.Node = ""
			}
			if !first.Lost() {
				r.again = append(r.again, s)
			}
			continue
		}
		kept = append(kept, s)
	}
	r.samples = kept
}

// divide sets each flow's samples apart.
func (r *requests) divide() {
	strange := func(s record.Sample) bool { return s.Flow >= r.group.Flows }
	r.known = r.samples
	if slices.ContainsFunc(r.known, strange) {
		r.known = slices.DeleteFunc(slices.Clone(r.known), strange)
	}
	counts := make([]int, r.group.Flows)
	for _, s := range r.known {
		counts[s.Flow]++
	}
	r.flows = make([][]record.Sample, len(counts))
	for i, n := range counts {
		r.flows[i] = forSamples.take(n)
	}
	for _, s := range r.known {
		r.flows[s.Flow] = append(r.flows[s.Flow], s)
	}
}

// sent returns the samples with from <= Sent < to.
func (r *requests) sent(from, to record.Time) []record.Sample { return sentIn(r.samples, from, to) }

func sentIn(samples []record.Sample, from, to record.Time) []record.Sample {
	at := func(s record.Sample, t record.Time) int { return cmp.Compare(s.Sent, t) }
	i, _ := slices.BinarySearchFunc(samples, from, at)
	j, _ := slices.BinarySearchFunc(samples, to, at)
	return samples[i:max(i, j)]
}

// stampSlack is how far the kernel's stamp of an answer, of the wall clock, may be off
// the stamp of its request, of the monotonic one.
const stampSlack = time.Millisecond

// recorded says what there is of the trial's requests.
func (t *trial) recorded() []Recorded {
	var list []Recorded
	for _, r := range t.groups {
		samples := r.sent(t.begin, t.until)
		if len(samples) == 0 {
			continue // it belongs to another cell's lab, or its record is missing
		}
		low, high, early := samples[0].Seq, samples[0].Seq, 0
		for _, s := range samples {
			low, high = min(low, s.Seq), max(high, s.Seq)
			if !s.Lost() && s.Sent.Sub(s.Received) > stampSlack {
				early++
			}
		}
		list = append(list, Recorded{Group: r.group, Last: samples[len(samples)-1].Sent, Kept: len(samples),
			Missing: max(0, int(high-low)+1-len(samples)), Torn: count(r.torn, t.begin, t.until),
			Twice: count(r.twice, t.begin, t.until), Early: early})
	}
	return list
}

func count(times []record.Time, from, until record.Time) (n int) {
	for _, at := range times {
		if at >= from && at < until {
			n++
		}
	}
	return n
}

// prefix returns the anycast prefix that the group asks.
func (r *requests) prefix(t record.Topology) netip.Prefix {
	v6 := strings.Contains(r.group.Name, "-ipv6")
	for _, p := range t.Anycast {
		if p.Addr().Is6() == v6 {
			return p.Masked()
		}
	}
	return prefix(t)
}

// settled is how long before a trial's begin the lab was quiet already, for
// its gate waits for that.
const settled = 500 * time.Millisecond

// straggler is by how much the slowest round trip counts beyond the 99th
// percentile. One answer that took far longer says nothing about the others.
const straggler = 10 * time.Millisecond

// roundTrip returns the longest of the round trips before the fault, outliers
// apart: requests that were sent this long before it may have been under way.
func (t *trial) roundTrip(fault record.Time) time.Duration {
	var worst time.Duration
	for _, r := range t.groups {
		worst = max(worst, r.roundTrip(t.begin, fault))
	}
	return worst
}

func (r *requests) roundTrip(begin, fault record.Time) time.Duration {
	if r.tripAt != fault {
		r.trip, r.tripAt = r.measureTrip(begin, fault), fault
	}
	return r.trip
}

func (r *requests) measureTrip(begin, fault record.Time) time.Duration {
	sent := r.sent(begin.Add(-settled), fault)
	trips := forTrips.take(len(sent))
	defer func() { forTrips.leave(trips) }()
	for _, s := range sent {
		if !s.Lost() {
			trips = append(trips, s.Received.Sub(s.Sent))
		}
	}
	if len(trips) == 0 {
		return 0
	}
	slices.Sort(trips)
	return min(trips[(len(trips)-1)*99/100]+straggler, trips[len(trips)-1])
}

// before sums up the quiet time of the trial, in which nothing was under way yet
// when the fault came. Who answered a group is asked of its own requests: that
// others take longer to be answered leaves it no less time.
func (t *trial) before(fault record.Time) Before {
	until := fault.Add(-t.roundTrip(fault))
	b := Before{AnsweredBy: map[string]string{}}
	for _, r := range t.groups {
		samples := r.sent(t.begin, until)
		b.Sent += len(samples)
		for _, s := range samples {
			if s.Lost() && s.Left() < until {
				b.Lost++
			}
		}
		own := fault.Add(-r.roundTrip(t.begin, fault))
		if node := r.answered(0, min(t.begin, own.Add(-settled)), own); node != "" && slices.Contains(t.headline(), r) {
			b.AnsweredBy[r.group.Name] = node
		}
	}
	return b
}

// most returns the node that answered most of the requests.
func most(samples []record.Sample) string {
	counts := map[string]int{}
	for i := 0; i < len(samples); { // one node answers many in a row
		first := i
		for i++; i < len(samples) && samples[i].Node == samples[first].Node; i++ {
		}
		counts[samples[first].Node] += i - first
	}
	delete(counts, "")
	var best string
	for node, n := range counts {
		if n > counts[best] || n == counts[best] && node < best {
			best = node
		}
	}
	return best
}
