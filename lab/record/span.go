package record

import (
	"bytes"
	"fmt"
	"strconv"
	"time"
)

// Span is a request and those that followed it, one after the other at the group's
// spacing, and fared alike: each was answered by the same node after as long, or lost.
// A simulation leaves such; what is measured never repeats itself to the nanosecond.
type Span struct {
	Sample
	Count int // of requests, the first included
}

// Extend adds the next request, if it fared like the others.
func (s *Span) Extend(next Sample, g ProbeGroup) bool {
	if s.Count == 0 || next != s.at(s.Count, g) {
		return false
	}
	s.Count++
	return true
}

// at returns the request that comes so many after the first.
func (s Span) at(i int, g ProbeGroup) Sample {
	n, later := s.Sample, g.Spacing()*time.Duration(i)
	n.Seq += uint64(i)
	n.Flow = (n.Flow + i) % max(1, g.Flows)
	n.Due, n.Sent = n.Due.Add(later), n.Sent.Add(later)
	if !n.Lost() {
		n.Received = n.Received.Add(later)
	}
	return n
}

// Each yields the requests one after the other, and says whether all were wanted.
func (s Span) Each(g ProbeGroup, yield func(Sample) bool) bool {
	n, later, flows := s.Sample, g.Spacing(), max(1, g.Flows)
	lost := n.Lost()
	for range s.Count {
		if !yield(n) {
			return false
		}
		n.Seq++
		if n.Flow++; n.Flow >= flows {
			n.Flow %= flows
		}
		n.Due, n.Sent = n.Due.Add(later), n.Sent.Add(later)
		if !lost {
			n.Received = n.Received.Add(later)
		}
	}
	return true
}

// Cut returns the part that was sent before a time, and the rest. Either may be empty.
func (s Span) Cut(g ProbeGroup, at Time) (before, rest Span) {
	n := 0
	if ahead := at.Sub(s.Sent); ahead > 0 {
		n = s.Count
		if later := g.Spacing(); later > 0 {
			n = int(min(int64(n), int64((ahead+later-1)/later)))
		}
	}
	before, rest = s, s
	before.Count = n
	rest.Sample, rest.Count = s.at(n, g), s.Count-n
	return before, rest
}

func appendSpan(b []byte, s Span) []byte {
	b = AppendSample(b, s.Sample)
	if s.Count > 1 {
		b = append(strconv.AppendInt(append(b[:len(b)-1], ','), int64(s.Count), 10), '\n')
	}
	return b
}

// longestSpan bounds what one line of a damaged record can make a reader do.
const longestSpan = 100_000_000

// parseSpan reads a line: a sample, or a span of them.
func (p *SampleParser) parseSpan(line []byte) (Span, error) {
	const fields = 7
	span := Span{Count: 1}
	if bytes.Count(line, []byte(",")) == fields {
		end := bytes.LastIndexByte(line, ',')
		n, err := strconv.Atoi(string(line[end+1:]))
		if err != nil || n < 2 || n > longestSpan {
			return span, fmt.Errorf("field %d, %q, is no count of requests", fields+1, line[end+1:])
		}
		span.Count, line = n, line[:end]
	}
	var err error
	span.Sample, err = p.Parse(line)
	return span, err
}
