package timeline

import (
	"time"

	"anylab/lab/record"
)

// lateAnswer is how long after its request an answer may come to say that the
// path worked when the request was sent. It matters at an episode's end only:
// a frozen server answers what has queued up as soon as it is thawed, and
// those answers do not make it alive before.
const lateAnswer = 100 * time.Millisecond

// request is one request as an episode sees it.
type request struct {
	record.Sample
	served bool
}

// sequence is the requests of one flow, or of several that share their fate,
// in order of sending.
type sequence struct {
	list     []request // list[0] may be the last one before the episode, if that was served
	start    record.Time
	until    record.Time
	sustain  time.Duration
	interval time.Duration // the schedule's time between two requests
}

// gaps returns the runs of lost requests.
func (s *sequence) gaps() []Gap {
	var gaps []Gap
	var good record.Time
	lost := false
	for _, r := range s.list {
		switch {
		case r.served:
			if lost {
				gaps[len(gaps)-1].After, gaps[len(gaps)-1].Passed = r.Sent, r.Left()
			}
			good, lost = r.Sent, false
		case lost:
			g := &gaps[len(gaps)-1]
			g.Last, g.Lost = r.Sent, g.Lost+1
		default:
			gaps = append(gaps, Gap{First: r.Sent, Left: r.Left(), Last: r.Sent, Before: good, Lost: 1})
			lost = true
		}
	}
	return s.trim(gaps)
}

// trim drops a gap that only began when the episode was ending: those requests
// were under way when the next change was made, and say nothing about this one.
func (s *sequence) trim(gaps []Gap) []Gap {
	n := len(gaps) - 1
	if n < 0 || gaps[n].After != 0 {
		return gaps
	}
	atEnd := s.until.Sub(gaps[n].First) < lateAnswer
	if began := gaps[n].First.Sub(s.start); atEnd && began >= lateAnswer {
		return gaps[:n]
	}
	return gaps
}

// outage returns the gaps that make the outage: those between which service
// never lasted for the sustain time. If there are several such chains it is
// the one that never ended, else the longest.
func (s *sequence) outage(gaps []Gap) []Gap {
	var longest []Gap
	for i := 0; i < len(gaps); {
		j := i + 1
		for j < len(gaps) && gaps[j].First.Sub(gaps[j-1].After) < s.sustain {
			j++
		}
		if chain := gaps[i:j]; longest == nil || s.end(chain).Sub(chain[0].First) > s.end(longest).Sub(longest[0].First) || chain[len(chain)-1].After == 0 {
			longest = chain
		}
		i = j
	}
	return longest
}

// end returns when the last of the gaps ended, or the episode's end.
func (s *sequence) end(gaps []Gap) record.Time {
	if after := gaps[len(gaps)-1].After; after != 0 {
		return after
	}
	return max(s.until, gaps[len(gaps)-1].Last)
}

// measure returns the duration of the chain of gaps with its bounds, from
// the times at which requests were really sent: the first loss falls between
// the last good request and the first lost one, its end likewise. A request is
// stamped before it is sent, and may leave some time later: the bounds allow
// for that. Without a gap the outage is 0, and at most the longest pause between two requests.
func (s *sequence) measure(chain []Gap) Interval {
	if len(chain) == 0 {
		return Interval{High: s.pause()}
	}
	first, last := chain[0], chain[len(chain)-1]
	if last.After == 0 {
		known := s.end(chain).Sub(first.First)
		return Interval{Value: known, Low: known, Open: true}
	}
	before := first.Before
	if before == 0 { // cut off since before the episode: it is measured from the episode's start
		before = min(s.start, first.First)
	}
	return Interval{
		Value: last.After.Sub(first.First),
		Low:   max(0, last.Last.Sub(first.Left)),
		High:  last.Passed.Sub(before),
	}
}

// pause returns the longest time between two requests.
func (s *sequence) pause() time.Duration {
	var longest time.Duration
	for i := 1; i < len(s.list); i++ {
		longest = max(longest, s.list[i].Left().Sub(s.list[i-1].Sent))
	}
	return longest
}

// blur returns by how much a late sender widened the wider edge of the chain.
func (s *sequence) blur(chain []Gap) time.Duration {
	if len(chain) == 0 {
		return 0
	}
	var widest time.Duration
	first, last := chain[0], chain[len(chain)-1]
	if first.Before != 0 {
		widest = first.Left.Sub(first.Before)
	}
	if last.After != 0 {
		widest = max(widest, last.Passed.Sub(last.Last))
	}
	return max(0, widest-s.interval)
}

// longest returns the longest single gap, first lost to first good.
func (s *sequence) longest(gaps []Gap) time.Duration {
	var d time.Duration
	for i := range gaps {
		d = max(d, s.end(gaps[i:i+1]).Sub(gaps[i].First))
	}
	return d
}

// at returns the request that was sent at t.
func (s *sequence) at(t record.Time) (request, bool) {
	for _, r := range s.list {
		if r.Sent == t {
			return r, true
		}
	}
	return request{}, false
}
