package service

import (
	"sync"
	"time"
)

// longestQueue is for how long a request may wait for its turn at a server that can
// answer so many a second. What would wait for longer is dropped.
const longestQueue = 100 * time.Millisecond

// backlog is what a server has yet to answer. One without a capacity has none.
type backlog struct {
	each time.Duration // that an answer takes; 0: none
	mu   *sync.Mutex   // the server listens on several addresses
	done *time.Time    // when all that waits will be answered
}

func newBacklog(capacity float64) backlog {
	b := backlog{mu: new(sync.Mutex), done: new(time.Time)}
	if capacity > 0 {
		b.each = time.Duration(float64(time.Second) / capacity)
	}
	return b
}

// take returns for how long a request waits that comes now; it is false for one that is
// dropped. One that comes first waits for nobody.
func (b backlog) take(now time.Time, first bool) (wait time.Duration, ok bool) {
	if b.each == 0 || first {
		return 0, true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if wait = b.done.Sub(now); wait > longestQueue {
		return 0, false
	}
	wait = max(0, wait)
	*b.done = now.Add(wait + b.each)
	return wait, true
}
