package observe

import (
	"context"
	"fmt"
	"time"

	"anylab/lab"
	"anylab/lab/record"
	"anylab/topologies/document"
)

// The canary looks every beat. What takes longer than tolerable delays what is
// measured by about as much, and is a finding.
const (
	beat      = 20 * time.Millisecond
	tolerable = 10 * time.Millisecond
)

// Canary watches, until ctx ends, for what falsifies every measurement of the
// lab alike: a machine too busy to run us in time ("starved"), and a kernel
// whose network lock is held by others ("kernel-busy").
func Canary(ctx context.Context, out record.Sink) error {
	lock, err := lab.OpenKernelLock()
	if err != nil {
		return err
	}
	defer lock.Close()
	timer := time.NewTimer(beat)
	defer timer.Stop()
	for {
		due := record.Now().Add(beat)
		timer.Reset(beat)
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		now := record.Now()
		if late := now.Sub(due); late > tolerable {
			doubt(out, "starved", due, now, fmt.Sprintf("a timer fired %v late", document.Duration(late.Round(100*time.Microsecond))))
		}
		waited, err := lock.Take()
		if err != nil {
			return err
		}
		if waited > tolerable {
			doubt(out, "kernel-busy", now, record.Now(),
				fmt.Sprintf("a change of the network waited %v for the kernel's lock", document.Duration(waited.Round(100*time.Microsecond))))
		}
	}
}

func doubt(out record.Sink, name string, from, to record.Time, detail string) {
	out.Emit(record.Event{At: to, Kind: record.KindFinding, Data: record.Finding{Name: name, Detail: detail, From: from}})
}
