package run

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"anylab/lab/observe"
	"anylab/lab/probe"
	"anylab/lab/record"
)

// LostError says what a visit lost without which nothing more can be measured:
// a process under test, an observer or a prober that nobody had ended.
type LostError struct{ What string }

func (e *LostError) Error() string { return e.What }

// guard passes events on and ends the visit when one of them tells of such a
// loss. The trial in which it happened is left with the finding.
type guard struct {
	out record.Sink
	end context.CancelCauseFunc
}

// Emit implements record.Sink.
func (g *guard) Emit(e record.Event) {
	g.out.Emit(e)
	switch d := e.Data.(type) {
	case record.Proc:
		if d.Unexpected {
			what := fmt.Sprintf("%s on %s ended by itself (%s): see logs/%s/%s.log", d.Name, e.Node, d.Status, e.Node, d.Name)
			g.out.Emit(record.Event{At: e.At, Kind: record.KindFinding, Node: e.Node,
				Data: record.Finding{Name: "process-died", Detail: what}})
			g.end(&LostError{what})
		}
	case record.Finding:
		if slices.Contains([]string{observe.Died, probe.Died}, d.Name) {
			g.end(&LostError{d.Detail})
		}
	}
}

// because returns what truly ended a visit: a step that was cut short only
// knows that it was.
func because(ctx context.Context, err error) error {
	var lost *LostError
	if errors.Is(err, context.Canceled) && errors.As(context.Cause(ctx), &lost) {
		return lost
	}
	return err
}
