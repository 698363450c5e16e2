package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"anylab/lab/record"
	"anylab/reports/figure"
	"anylab/reports/page"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// What a page shows of a run at most: it must stay small enough to be sent around.
const (
	mostTimelines = 100 // trials
	mostGroups    = 16  // probe groups of a trial
	mostFates     = 6   // rows of a probe group
	mostMoments   = 80  // of a lane
)

// exhibit is a trial of which the page shows what happened, in windows around the
// fault and around its healing.
type exhibit struct {
	trial   int // its index in the result
	windows []figure.Window
	groups  [][]page.Lane          // for each window, the answers
	seen    []map[string]page.Lane // for each window, what else was seen, by the lane's name
}

// exhibits reads what happened in the trials that the page shows, each file once.
func (r *Report) exhibits() ([]*exhibit, error) {
	var list []*exhibit
	for _, i := range r.shown() {
		t := figure.Trial{Failover: r.Failovers[i], Theory: r.Result.Trials[i].Theory, Takeover: r.Result.Trials[i].Takeover}
		for _, g := range r.Groups { // without samples, for how often each asks
			t.Samples = append(t.Samples, figure.Group{Probe: g})
		}
		e := &exhibit{trial: i, windows: t.Windows()}
		e.groups = make([][]page.Lane, len(e.windows))
		for range e.windows {
			e.seen = append(e.seen, map[string]page.Lane{})
		}
		list = append(list, e)
	}
	for _, p := range r.sources {
		own := slices.DeleteFunc(slices.Clone(list), func(x *exhibit) bool { return r.sourceOf(r.Failovers[x.trial]) != p })
		if len(own) == 0 {
			continue // it may have left nothing
		}
		if err := r.fill(own, p); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// fill reads one record of the run into the exhibits of its trials.
func (r *Report) fill(list []*exhibit, p *source) error {
	at := r.calendar(list)
	for e, err := range record.EventsOf(p.dir, func(t record.Time) bool { return at(t) >= 0 }) {
		if err != nil {
			return fmt.Errorf("read what happened: %w", err)
		}
		if i := at(e.At); i >= 0 {
			list[i].event(e)
		}
	}
	sites := r.sites()
	for _, g := range p.groups {
		if err := r.answers(list, at, p.dir, g, sites); err != nil {
			return fmt.Errorf("read the answers to %s: %w", g.Name, err)
		}
	}
	return nil
}

// calendar finds the exhibit of which a moment is a part; -1 if there is none.
func (r *Report) calendar(list []*exhibit) func(record.Time) int {
	order := make([]int, len(list))
	for i := range list {
		order[i] = i
	}
	begin := func(i int) record.Time { return r.Failovers[list[i].trial].Begin }
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(begin(a), begin(b)) })
	return func(at record.Time) int {
		next, _ := slices.BinarySearchFunc(order, at+1, func(i int, at record.Time) int { return cmp.Compare(begin(i), at) })
		if next == 0 {
			return -1
		}
		i := order[next-1]
		if end := r.Failovers[list[i].trial].End; end != 0 && at >= end {
			return -1
		}
		return i
	}
}

// shown are the trials with a timeline, in the order of their cells: of very many
// those that need a look before the others.
func (r *Report) shown() []int {
	order, look := r.byCell(), r.needLook()
	if len(order) <= mostTimelines {
		return order
	}
	first := slices.Clone(order)
	slices.SortStableFunc(first, func(a, b int) int {
		return rank(look[record.CellName(r.Failovers[a].Cell)]) - rank(look[record.CellName(r.Failovers[b].Cell)])
	})
	first = first[:mostTimelines]
	return slices.DeleteFunc(order, func(i int) bool { return !slices.Contains(first, i) })
}

func rank(first bool) int { return map[bool]int{true: 0, false: 1}[first] }

// sites are all that answered, sorted: a site has the same colour in every timeline.
func (r *Report) sites() []string {
	var list []string
	for _, f := range r.Failovers {
		for _, c := range f.Clients {
			for _, answered := range []map[string]string{c.Before.AnsweredBy, c.Broken.AnsweredBy, c.Mended.AnsweredBy} {
				list = append(list, strings.Split(nodes(answered), timeline.Together)...)
			}
		}
	}
	slices.Sort(list)
	return slices.DeleteFunc(slices.Compact(list), func(s string) bool { return s == "" })
}

// lanes are those of events, in their order.
var lanes = []struct {
	name  string
	kinds []record.Kind
}{
	{"health", []record.Kind{record.KindHealth}},
	{"BFD", []record.Kind{record.KindBFD}},
	{"BGP", []record.Kind{record.KindBGP}},
	{"VRRP", []record.Kind{record.KindVRRP}},
	{"carriers", []record.Kind{record.KindCarrier}},
	{"addresses", []record.Kind{record.KindAddress}},
	{"routes", []record.Kind{record.KindRoute, record.KindLookup}},
	{"processes", []record.Kind{record.KindStart, record.KindExit, record.KindRestart}},
	{"connections", []record.Kind{record.KindStream}},
	{"Prometheus", []record.Kind{record.KindAlert}},
}

// event puts what was seen into the windows that it falls in. Sessions keep alive all
// the time, and one message of a router changes the lookups of many flows alike.
func (x *exhibit) event(e record.Event) {
	if d, ok := e.Data.(record.BGP); ok && d.Type == record.BGPKeepalive {
		return
	}
	for i, w := range x.windows {
		at := millis(e.At.Sub(w.Zero))
		if at < w.From || at > w.To {
			continue
		}
		for _, l := range lanes {
			if slices.Contains(l.kinds, e.Kind) {
				x.seen[i][l.name] = noted(x.seen[i][l.name], at, timeline.Says(e))
			}
		}
	}
}

func noted(l page.Lane, at float64, says string) page.Lane {
	n := len(l.Moments)
	if says == "" || n > 0 && l.Moments[n-1].Says == says && at-l.Moments[n-1].At < 1 {
		return l
	}
	switch {
	case n < mostMoments:
		l.Moments = append(l.Moments, moment(at, says))
	case n == mostMoments:
		l.Moments = append(l.Moments, moment(at, "and what else was seen from here on, which events.jsonl has"))
	}
	return l
}

func moment(at float64, says string) page.Moment {
	return page.Moment{At: at, When: words.Milliseconds(at), Says: says}
}

// answers reads the requests of one group once, and lets go of those of a trial when
// its time is over.
func (r *Report) answers(list []*exhibit, at func(record.Time) int, dir string, g record.ProbeGroup, sites []string) error {
	open := map[int]*figure.Group{} // by the exhibit
	show := func(i int) {
		for k, w := range list[i].windows {
			if len(list[i].groups[k]) < mostGroups {
				list[i].groups[k] = append(list[i].groups[k], answersLane(w, *open[i], sites))
			}
		}
		delete(open, i)
	}
	take := func(s record.Sample) bool {
		if i := at(s.Sent); i >= 0 && list[i].near(s.Sent, g.Interval()) {
			if open[i] == nil {
				open[i] = &figure.Group{Probe: g}
			}
			open[i].Samples = append(open[i].Samples, s)
		}
		return true
	}
	for s, err := range record.Spans(dir, g.Name) {
		if err != nil {
			return err
		}
		last := s.Sent.Add(g.Spacing() * time.Duration(s.Count))
		if slices.ContainsFunc(list, func(x *exhibit) bool { return x.meets(s.Sent, last, g.Interval()) }) {
			s.Each(g, take)
		}
		for i := range open {
			if end := r.Failovers[list[i].trial].End; end != 0 && s.Sent > end.Add(2*g.Timeout) {
				show(i)
			}
		}
	}
	for i := range open {
		show(i)
	}
	return nil
}

// near says whether a request belongs to one of the windows, or tells who answered
// just before it.
func (x *exhibit) near(sent record.Time, interval time.Duration) bool {
	return x.meets(sent, sent, interval)
}

// meets says whether one of several requests may, by when the first and the last of
// them were sent.
func (x *exhibit) meets(first, last record.Time, interval time.Duration) bool {
	return slices.ContainsFunc(x.windows, func(w figure.Window) bool {
		from, to, slack := millis(first.Sub(w.Zero)), millis(last.Sub(w.Zero)), 3*millis(interval)
		return to > w.From-slack && from < w.To+slack
	})
}
