package probe

import (
	"context"
	"fmt"
	"time"

	"anylab/lab/record"
	"anylab/topologies/document"
)

// maxStep is how far the wall clock's offset may move between two samples.
// Clock discipline slews CLOCK_MONOTONIC and CLOCK_REALTIME alike, so only a
// step moves it, and the error of sampling is microseconds.
const maxStep = time.Millisecond

// WatchClock samples the wall clock's offset about once a second, and records
// it, until ctx ends. A step is a finding. It is run once for a lab.
func WatchClock(ctx context.Context, sink record.Sink) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	w := wallClock{}
	for {
		step := w.sample()
		sink.Emit(record.Event{At: w.at, Kind: record.KindClock, Data: record.Clock{OffsetNS: int64(w.offset)}})
		if step != "" {
			sink.Emit(finding(w.at, "", clockStep, step))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// wallClock maps kernel packet stamps, which are CLOCK_REALTIME, to the clock
// of the run.
type wallClock struct {
	at     record.Time // of the last sample; 0 before the first
	offset time.Duration
}

// sample reads the offset anew. It describes the step if there was one.
func (w *wallClock) sample() (step string) {
	offset := record.ClockOffset()
	moved := offset - w.offset
	if w.at != 0 && moved.Abs() > maxStep {
		step = fmt.Sprintf("the wall clock moved by %v", document.Duration(moved.Round(100*time.Microsecond)))
	}
	w.offset, w.at = offset, record.Now()
	return step
}

// stale says whether it is time for the next sample.
func (w *wallClock) stale(now record.Time) bool { return w.at == 0 || now.Sub(w.at) > time.Second }

// mapped returns the run's time of a stamp in nanoseconds of CLOCK_REALTIME.
func (w *wallClock) mapped(stamp int64) record.Time { return record.Time(stamp - int64(w.offset)) }

// arrival returns the run's time of the stamp of what was read just now. It is
// now if there is no stamp, or one that shows that the wall clock was set.
func (w *wallClock) arrival(stamp int64) record.Time {
	now, at := record.Now(), w.mapped(stamp)
	if age := now.Sub(at); stamp == 0 || age < -maxStep || age > time.Second {
		return now
	}
	return at
}

// finding is a doubt as an event.
func finding(at record.Time, node, name, detail string) record.Event {
	return record.Event{At: at, Kind: record.KindFinding, Node: node, Data: record.Finding{Name: name, Detail: detail}}
}

// The names of findings, which reports know.
const (
	clockStep  = "clock-step"      // the wall clock was set
	lateSender = "late-sender"     // requests left late
	overrun    = "probe-overrun"   // a socket's receive buffer was full: answers may be missing
	exhausted  = "probe-exhausted" // this machine had no socket, port or buffer left for requests
)
