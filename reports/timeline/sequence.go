package timeline

import (
	"cmp"
	"slices"
	"time"

	"anylab/lab/record"
)

// A gap is over with the first good request that is followed by both without
// loss: less than that is a lull in one gap, not service.
const (
	calm      = 100 * time.Millisecond
	calmCount = 5
)

// sequence is the requests of one flow, or of several that share their fate,
// in order of sending.
type sequence struct {
	list     []record.Sample // list[0] may be the last one before start, if that was served
	start    record.Time
	interval time.Duration // the schedule's time between two requests
	from, by record.Time   // between which the change reached requests that were under way; 0: not known
	heals    []healing     // of the trial's faults
	strikes  []strike      // what parts its gaps even where service was short; none where they are measured
}

// healing is when a fault's healing began, and when the latest request was sent
// that had its answer by then.
type healing struct{ began, served record.Time }

// newSequence returns the requests since the start, out of all that are in order of
// sending. Of those before it only the last is kept, and only if it was served.
func newSequence(all []record.Sample, start record.Time, heals []healing) *sequence {
	s := &sequence{start: start, heals: slices.Clone(heals)}
	for i := range s.heals {
		s.heals[i].served = lastServed(all, s.heals[i].began)
	}
	first := len(all)
	for first > 0 && all[first-1].Left() >= start {
		first--
	}
	if first > 0 && !all[first-1].Lost() {
		first--
	}
	s.list = all[first:]
	return s
}

// lastServed returns when the latest request was sent that had its answer by then.
func lastServed(all []record.Sample, then record.Time) record.Time {
	for i := len(all) - 1; i >= 0; i-- {
		if !all[i].Lost() && all[i].Received < then {
			return all[i].Sent
		}
	}
	return 0
}

// belated says whether the request had to wait for a healing, while one that was
// sent after it was answered before that.
func (s *sequence) belated(p record.Sample) bool {
	return slices.ContainsFunc(s.heals, func(h healing) bool { return p.Sent < h.served && p.Received > h.began })
}

// gaps returns the times without service, in order. A request counts by its
// own timeout alone: an answer that came in time, however late, is service. A
// belated one is no loss, but ends no gap either: what served later requests did.
func (s *sequence) gaps() []Gap {
	var gaps []Gap
	var good record.Sample // the latest
	well := 0              // good ones since the latest loss
	for _, r := range s.list {
		n := len(gaps) - 1
		switch {
		case n >= 0 && gaps[n].After == 0 && s.belated(r):
			gaps[n].Last = r.Sent
			continue
		case !r.Lost():
			if n >= 0 && gaps[n].After == 0 {
				gaps[n].end(r)
				well = 0
			}
			good = r
			well++
			continue
		case n >= 0 && (gaps[n].After == 0 || !s.struckAnew(gaps[n], r.Sent, good.Node) && (well <= calmCount || r.Sent.Sub(gaps[n].After) <= calm)):
			gaps[n].reopen()
		default:
			gaps = append(gaps, Gap{First: r.Sent, Left: r.Left(), Before: good.Sent, From: good.Node})
			n++
		}
		gaps[n].Last, gaps[n].Lost = r.Sent, gaps[n].Lost+1
	}
	return gaps
}

// gapsUntil returns the gaps that began before the time, though the last may
// have ended later.
func (s *sequence) gapsUntil(until record.Time) []Gap {
	n, _ := slices.BinarySearchFunc(s.list, until, func(r record.Sample, t record.Time) int { return cmp.Compare(r.Sent, t) })
	before := sequence{list: s.list[:n], heals: s.heals, strikes: s.strikes}
	gaps := before.gaps()
	if n == len(s.list) || len(gaps) == 0 || gaps[len(gaps)-1].After != 0 {
		return gaps
	}
	open := &gaps[len(gaps)-1]
	for _, g := range s.gaps() {
		if g.First <= open.First && g.Last >= open.Last {
			first, left, good, from := open.First, open.Left, open.Before, open.From
			*open = g
			open.First, open.Left, open.Before, open.From = first, left, good, from
		}
	}
	return gaps
}

// end ends the gap with an answered request.
func (g *Gap) end(r record.Sample) {
	g.After, g.Passed, g.Received, g.By, g.Flow = r.Sent, r.Left(), r.Received, r.Node, r.Flow
}

// reopen takes an end back that did not last.
func (g *Gap) reopen() { g.After, g.Passed, g.Received, g.By, g.Flow = 0, 0, 0, "", 0 }

// span returns how long the gaps lasted from the first lost to the first good
// request after them, with its bounds, from the times at which requests were
// really sent: the first loss falls between the last good request and the
// first lost one, its end likewise. A request is stamped before it is sent, and
// may leave some time later: the bounds allow for that. A gap that never ended
// is known to have lasted until the given time.
func (s *sequence) span(gaps []Gap, until record.Time) Interval {
	first, last := gaps[0], gaps[len(gaps)-1]
	if last.After == 0 {
		known := max(until, last.Last).Sub(first.First)
		return Interval{Value: known, Low: known, Open: true}
	}
	before := first.Before
	if before == 0 { // cut off since before the sequence: it is measured from its start
		before = min(s.start, first.First)
		if s.by > s.from && first.First < s.by {
			return Interval{
				Value: max(0, last.After.Sub(max(first.First, s.from.Add(s.by.Sub(s.from)/2)))),
				Low:   max(0, last.Last.Sub(max(first.Left, s.by))),
				High:  last.Passed.Sub(max(before, s.from)),
			}
		}
	}
	return Interval{
		Value: last.After.Sub(first.First),
		Low:   max(0, last.Last.Sub(first.Left)),
		High:  last.Passed.Sub(before),
	}
}

// sum adds up how long the gaps lasted; good time between them is not counted.
// Without a gap it is 0, and at most the longest pause between two requests.
func (s *sequence) sum(gaps []Gap, until record.Time) Interval {
	if len(gaps) == 0 {
		return Interval{High: s.pause()}
	}
	var all Interval
	for i := range gaps {
		one := s.span(gaps[i:i+1], until)
		all = Interval{all.Value + one.Value, all.Low + one.Low, all.High + one.High, all.Open || one.Open}
	}
	if all.Open {
		all.High = 0
	}
	return all
}

// pause returns the longest time between two requests.
func (s *sequence) pause() time.Duration {
	var longest time.Duration
	for i := 1; i < len(s.list); i++ {
		longest = max(longest, s.list[i].Left().Sub(s.list[i-1].Sent))
	}
	return longest
}

// blur returns by how much a late sender widened the wider edge of the gaps.
func (s *sequence) blur(gaps []Gap) time.Duration {
	if len(gaps) == 0 {
		return 0
	}
	var widest time.Duration
	first, last := gaps[0], gaps[len(gaps)-1]
	if first.Before != 0 {
		widest = first.Left.Sub(first.Before)
	}
	if last.After != 0 {
		widest = max(widest, last.Passed.Sub(last.Last))
	}
	return max(0, widest-s.interval)
}

// longest returns the longest single gap, first lost to first good.
func (s *sequence) longest(gaps []Gap, until record.Time) time.Duration {
	var d time.Duration
	for i := range gaps {
		d = max(d, s.span(gaps[i:i+1], until).Value)
	}
	return d
}
