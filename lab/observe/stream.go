package observe

import (
	"slices"

	"anylab/lab/record"
)

// segment is what reassembly needs to know of one TCP packet.
type segment struct {
	at            record.Time
	seq           uint32
	syn, ack      bool
	fin, rst      bool
	data          []byte
	missingBefore bool // set by stream: bytes before it were never seen
}

// maxHeld bounds the bytes and the segments that a stream keeps while it waits
// for a missing one. Loss on the wire is mended within a window by the sender;
// what is missing for longer was missed by the capture.
const (
	maxHeldBytes    = 1 << 22
	maxHeldSegments = 256
)

// stream puts the segments of one direction of a TCP connection in order
// (RFC 9293 section 3.4). It may begin in the middle of a connection.
type stream struct {
	started bool
	next    uint32 // sequence number of the next byte
	held    []segment
	bytes   int
}

// push takes a segment and returns those that are now in order, without what
// was delivered before. A segment that waited for this one gets its stamp: it
// was of no use to the receiver earlier.
func (s *stream) push(g segment) []segment {
	if g.syn {
		g.seq++ // SYN takes one sequence number
	}
	if !s.started {
		s.started, s.next = true, g.seq
	}
	if len(g.data) == 0 && !g.fin {
		return nil
	}
	s.hold(g)
	missed := s.skipGap()
	var ready []segment
	for len(s.held) > 0 && s.ahead(s.held[0]) <= 0 {
		h := s.held[0]
		s.held = s.held[1:]
		s.bytes -= len(h.data)
		if h, fresh := s.trim(h); fresh {
			h.at, h.missingBefore = g.at, missed && len(ready) == 0
			s.next += uint32(len(h.data))
			ready = append(ready, h)
		}
	}
	return ready
}

// ahead is how far g begins after the next expected byte. Sequence numbers
// wrap, so only differences can be compared.
func (s *stream) ahead(g segment) int32 { return int32(g.seq - s.next) }

func (s *stream) hold(g segment) {
	i, _ := slices.BinarySearchFunc(s.held, g, func(a, b segment) int {
		if d := s.ahead(a) - s.ahead(b); d != 0 {
			return int(d)
		}
		return -1 // after its equals: first come, first delivered
	})
	s.held = slices.Insert(s.held, i, g)
	s.bytes += len(g.data)
}

// skipGap gives up on the bytes before the first held segment once too much
// waits behind them.
func (s *stream) skipGap() bool {
	if s.ahead(s.held[0]) <= 0 || (len(s.held) <= maxHeldSegments && s.bytes <= maxHeldBytes) {
		return false
	}
	s.next = s.held[0].seq
	return true
}

// trim cuts what was delivered before off the front of g; nothing fresh may
// be left.
func (s *stream) trim(g segment) (segment, bool) {
	old := -int64(s.ahead(g))
	if old > int64(len(g.data)) {
		return g, false
	}
	g.data = g.data[old:]
	g.seq = s.next
	return g, len(g.data) > 0 || g.fin
}
