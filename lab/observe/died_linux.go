package observe

import (
	"context"
	"errors"
	"fmt"

	"anylab/lab/record"
)

// Died is the name of the finding that somebody stopped watching before he was
// told to. From then on silence proves nothing.
const Died = "observer-died"

// Mourn waits for what watches until ctx ends, and emits a finding if it ends
// before that. The returned wait says what was being done when it failed.
func Mourn(ctx context.Context, out record.Sink, what string, wait func() error) func() error {
	return background(func() error {
		err := wait()
		if ctx.Err() == nil {
			if err == nil {
				err = errors.New("it ended early")
			}
			out.Emit(record.Event{At: record.Now(), Kind: record.KindFinding,
				Data: record.Finding{Name: Died, Detail: fmt.Sprintf("%s: %v", what, err)}})
		}
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		return nil
	})
}
