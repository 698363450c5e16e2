package internet

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"anylab/lab/record"
	"anylab/scenarios"
)

// deployment is the sites on the graph, each an AS of its own.
type deployment struct {
	graph   *Graph
	names   []string
	sites   []int32
	weights []float64
}

// finest is by how much of all clients the shares may change within one span.
const finest = 0.005

// trial simulates one fault after another, from a moment at which all is quiet, and
// says what it did. The simulation must be at rest.
func (d *deployment) trial(s *Simulation, faults []scenarios.InternetFault) (record.InternetTrial, error) {
	t := s.traffic
	t.finish(0)
	t.begin(0)
	before, all := slices.Clone(t.fate), total(t.sum)
	r := record.InternetTrial{Before: part(t.sum, all)}
	r.Shares = []record.InternetShare{{Of: r.Before}}
	told := slices.Clone(t.sum)
	t.changed = func(now time.Duration) {
		for i, v := range t.sum {
			if diff := v - told[i]; diff > finest*all || -diff > finest*all {
				r.Shares = append(r.Shares, record.InternetShare{At: now, Of: part(t.sum, all)})
				copy(told, t.sum)
				return
			}
		}
	}
	defer func() { t.changed = nil }()
	for _, f := range sorted(faults) {
		s.Run(f.After)
		s.queue.Advance(f.After)
		if err := d.strike(s, f); err != nil {
			return r, err
		}
	}
	quiet := s.Run(s.rules.Limit)
	end := s.queue.Now()
	t.finish(end)
	r.After = part(t.sum, all)
	r.Shares = append(r.Shares, record.InternetShare{At: end, Of: r.After})
	r.Spread = s.spread(quiet)
	r.Moved = d.moved(t, before, all)
	r.Outage = d.outage(t, before, all)
	return r, nil
}

func sorted(faults []scenarios.InternetFault) []scenarios.InternetFault {
	list := slices.Clone(faults)
	slices.SortStableFunc(list, func(a, b scenarios.InternetFault) int { return cmp.Compare(a.After, b.After) })
	return list
}

func total(list []float64) (sum float64) {
	for _, v := range list {
		sum += v
	}
	return sum
}

func part(list []float64, of float64) []float64 {
	parts := slices.Clone(list)
	for i := range parts {
		parts[i] = max(0, parts[i]/of)
	}
	return parts
}

// strike lets a fault happen.
func (d *deployment) strike(s *Simulation, f scenarios.InternetFault) error {
	var on []int32
	for _, name := range f.On {
		as, err := d.find(name)
		if err != nil {
			return err
		}
		on = append(on, as)
	}
	switch f.Kind {
	case scenarios.InternetWithdraw:
		s.Withdraw(on[0])
	case scenarios.InternetDepeer:
		end := d.graph.find(on[0], on[1])
		if end < 0 {
			return fmt.Errorf("%s and %s part: they are not joined", f.On[0], f.On[1])
		}
		s.drop(on[0], end)
		s.drop(on[1], d.graph.back[end])
	default:
		s.fail(on[0], func() time.Duration { return s.noticed(f) })
	}
	return nil
}

func (d *deployment) find(name string) (int32, error) {
	if i := slices.Index(d.names, name); i >= 0 {
		return d.sites[i], nil
	}
	number, _ := scenarios.ASNumber(name)
	as, ok := d.graph.AS(number)
	if !ok {
		return 0, fmt.Errorf("%s is not in the graph", name)
	}
	return as, nil
}

// noticed draws after how long a neighbor notices silence: what is left of the hold
// time since the last keepalive (RFC 4271 section 4.4: a third of it), or of BFD's
// detection time since the last packet.
func (s *Simulation) noticed(f scenarios.InternetFault) time.Duration {
	gap, detection := f.Hold/3, f.Hold
	if f.BFD[0] > 0 {
		gap, detection = f.BFD[0], f.BFD[1]
	}
	return detection - time.Duration(s.rand.Float64()*float64(gap))
}

// fail lets an AS forward, hear and say nothing any more. Each neighbor notices after
// a time of its own.
func (s *Simulation) fail(as int32, noticed func() time.Duration) {
	if s.traffic != nil {
		s.traffic.site[as] = unserved
		s.traffic.lead(s.queue.Now(), as, nowhere)
	}
	from, to := s.graph.ends(as)
	for e := from; e < to; e++ {
		s.sessions[e].down = true
		s.queue.Put(noticed(), event{as: s.graph.far[e], end: s.graph.back[e], kind: lost})
	}
}

// spread says how the news went.
func (s *Simulation) spread(quiet bool) record.Spread {
	r := record.Spread{Converged: quiet, Messages: s.Messages, Changes: s.Changes}
	var settled []weighted
	for i, v := range s.speakers {
		if v.Tried > 0 {
			settled = append(settled, weighted{int32(i), v.Last, 1})
		}
		r.MostTried, r.MostSent = max(r.MostTried, int(v.Tried)), max(r.MostSent, int(v.Sent))
	}
	r.Reached, r.Settled = len(settled), hundredths(settled)
	return r
}

// weighted is a time of an AS.
type weighted struct {
	as     int32
	time   time.Duration
	weight float64
}

// hundredths sorts the times, and returns those at each hundredth of the weight: 101.
func hundredths(list []weighted) []time.Duration {
	slices.SortFunc(list, func(a, b weighted) int { return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.as, b.as)) })
	sum := 0.0
	for _, w := range list {
		sum += w.weight
	}
	times := []time.Duration{}
	seen := 0.0
	for _, w := range list {
		for seen += w.weight; float64(len(times))*sum/100 <= seen && len(times) < 100; {
			times = append(times, w.time)
		}
	}
	if len(list) > 0 {
		for len(times) <= 100 { // what rounding has left out
			times = append(times, list[len(list)-1].time)
		}
	}
	return times
}

// moved sums up who was served where before and is where now.
func (d *deployment) moved(t *traffic, before []int16, all float64) [][]float64 {
	table := make([][]float64, len(t.sum))
	for i := range table {
		table[i] = make([]float64, len(t.sum))
	}
	for as, was := range before {
		table[t.slot(was)][t.slot(t.fate[as])] += t.weight[as]
	}
	for i := range table {
		table[i] = part(table[i], all)
	}
	return table
}

// outage sums up the times without service of clients that had it.
func (d *deployment) outage(t *traffic, before []int16, all float64) record.InternetOutage {
	var o record.InternetOutage
	var cut []weighted
	for as, w := range t.weight {
		if before[as] < 0 || t.out[as] == 0 || w == 0 {
			continue
		}
		cut = append(cut, weighted{int32(as), t.out[as], w})
		o.Affected += w
		if t.loops[as] > 0 {
			o.Looped += w
		}
		if t.fate[as] < 0 {
			o.Lost += w
		}
	}
	o.Affected, o.Looped, o.Lost = o.Affected/all, o.Looped/all, o.Lost/all
	o.Times = hundredths(cut)
	for i := len(cut) - 1; i >= max(0, len(cut)-worstListed); i-- {
		o.Worst = append(o.Worst, record.InternetWorst{AS: d.graph.ASN[cut[i].as], Outage: cut[i].time})
	}
	return o
}

const worstListed = 10
