package record

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// KeepEvery is how often Keep flushes: a run that is killed has lost no more
// than what was recorded in that time, and whoever follows the record is no further
// behind. It is so often whether anybody does or not: a run that is watched does
// nothing that another one doesn't.
const KeepEvery = 250 * time.Millisecond

// ErrRemoved says that the run directory is not there any more. Whatever is
// written to its open files will be lost.
var ErrRemoved = errors.New("the run directory was removed")

// Keep flushes everything that is written, every so often, until ctx ends. It
// returns early, with the reason, when the record can't be kept any more: a
// disk that is nearly full, or a directory that was removed.
func (d *Dir) Keep(ctx context.Context, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := errors.Join(d.Flush(), d.present(), d.roomy()); err != nil {
			return fmt.Errorf("write the record: %w", err)
		}
	}
}

// present looks whether the events' file is still where a reader will look
// for it. Writing to a file that was removed succeeds.
func (d *Dir) present() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	ours, err := d.file.Stat()
	if err != nil {
		return err
	}
	named, err := os.Stat(d.file.Name())
	if errors.Is(err, os.ErrNotExist) || err == nil && !os.SameFile(ours, named) {
		return fmt.Errorf("%w: %s", ErrRemoved, d.path)
	}
	return err
}
