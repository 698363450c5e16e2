package relay

import (
	"container/heap"

	"anylab/lab/record"
)

// frame is what a packet socket read: a virtio header and an Ethernet frame.
type frame struct {
	due   record.Time
	count uint64 // frames that are due at the same time leave in the order in which they came
	bytes []byte
}

// queue keeps frames until they are due. With jitter they overtake each other,
// as they do in netem. It keeps the memory of those that have left, since no
// garbage is collected here.
type queue struct {
	waiting frames
	spare   []*frame
	count   uint64
}

// add copies what was read.
func (q *queue) add(due record.Time, b []byte) {
	f := &frame{}
	if last := len(q.spare) - 1; last >= 0 {
		f, q.spare = q.spare[last], q.spare[:last]
	}
	q.count++
	f.due, f.count, f.bytes = due, q.count, append(f.bytes[:0], b...)
	heap.Push(&q.waiting, f)
}

// next returns the frame that is due first, nil if there is none.
func (q *queue) next() *frame {
	if len(q.waiting) == 0 {
		return nil
	}
	return q.waiting[0]
}

// drop removes the frame that is due first.
func (q *queue) drop() {
	q.spare = append(q.spare, heap.Pop(&q.waiting).(*frame))
}

// frames is a heap: the one that is due first comes first.
type frames []*frame

func (h frames) Len() int      { return len(h) }
func (h frames) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h frames) Less(i, j int) bool {
	if h[i].due != h[j].due {
		return h[i].due < h[j].due
	}
	return h[i].count < h[j].count
}

// Push appends, for package heap.
func (h *frames) Push(x any) { *h = append(*h, x.(*frame)) }

// Pop removes the last element, for package heap.
func (h *frames) Pop() any {
	last := len(*h) - 1
	f := (*h)[last]
	*h = (*h)[:last]
	return f
}
