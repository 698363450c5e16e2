package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"anylab/lab/observe"
	"anylab/lab/probe"
	"anylab/lab/record"
)

// LostError says what a visit lost without which nothing more can be measured:
// a process under test, an observer or a prober that nobody had ended.
type LostError struct {
	What string
	log  string // of the process, in the run's directory; empty: there is none
}

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
			g.end(&LostError{What: what, log: filepath.Join("logs", e.Node, d.Name+".log")})
		}
	case record.Finding:
		if slices.Contains([]string{observe.Died, probe.Died}, d.Name) {
			g.end(&LostError{What: d.Detail})
		}
	}
}

// because returns what truly ended a visit, with the last words of what died: a step
// that was cut short only knows that it was, and others fail for that.
func because(ctx context.Context, err error, dir string) error {
	var lost *LostError
	if err == nil || !errors.As(context.Cause(ctx), &lost) {
		return err
	}
	said := lost.quoting(dir)
	if errors.Is(err, context.Canceled) || errors.As(err, new(*LostError)) {
		return said
	}
	return errors.Join(said, err)
}

// quoting adds the last line of its log.
func (e *LostError) quoting(dir string) *LostError {
	text, err := os.ReadFile(filepath.Join(dir, e.log))
	if e.log == "" || err != nil {
		return e
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if last := lines[len(lines)-1]; last != "" {
		return &LostError{What: e.What + fmt.Sprintf("; it ends: %q", last)}
	}
	return e
}
