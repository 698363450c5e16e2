package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"anylab/lab/record"
	"anylab/topologies/document"
)

// injecting and healing are how long an injecting or a healing call may take.
const (
	injecting = 10 * time.Second
	healing   = 30 * time.Second
)

// inject brackets the injecting call with stamps and verifies that it took
// effect.
func (t *trial) inject(ctx context.Context, f planned) (broken, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), injecting+f.telling())
	defer cancel()
	world := t.world.Breakable(uint64(t.index))
	before := record.Now()
	injected, err := f.Inject(ctx, world)
	effective := record.Now()
	// Emitting comes after both stamps: it may write to the disk.
	t.step(f, before, record.FaultInject, nil, record.Traffic{})
	t.step(f, effective, record.FaultEffective, err, record.Traffic{})
	b := broken{f, injected, before, effective, healTime(effective, f.spec.For)}
	if err != nil {
		return b, fmt.Errorf("inject %s on %v: %w", f.spec.Kind, f.spec.On, err)
	}
	t.verify(ctx, b, true, record.FaultVerified)
	return b, nil
}

// telling is how long it may take to tell a daemon all the routes that a fault is of.
func (p planned) telling() time.Duration {
	const each = 200 * time.Microsecond // on a busy machine
	return time.Duration(p.Routes) * each
}

// heal mirrors inject. It runs to its end even after an interrupt.
func (t *trial) heal(ctx context.Context, b broken) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), healing+b.telling())
	defer cancel()
	before := record.Now()
	err := b.Heal(ctx)
	healed := record.Now()
	t.step(b.planned, before, record.FaultHeal, nil, record.Traffic{})
	t.step(b.planned, healed, record.FaultHealed, err, b.Sent())
	if err != nil {
		return fmt.Errorf("heal %s on %v: %w", b.spec.Kind, b.spec.On, err)
	}
	t.verify(ctx, b, false, record.FaultHealVerified)
	return nil
}

// healAll heals what is left after an error or an interrupt, last first.
func (t *trial) healAll(ctx context.Context, active []broken) error {
	var errs []error
	for _, b := range slices.Backward(active) {
		errs = append(errs, t.heal(ctx, b))
	}
	return errors.Join(errs...)
}

// verify looks from outside whether the fault is in effect, or gone. A fault
// that is not what it should be leaves its step unverified: reports will not
// believe the trial, and the run goes on.
func (t *trial) verify(ctx context.Context, b broken, want bool, phase record.FaultPhase) {
	got, err := b.Active(context.WithoutCancel(ctx)) // the call may have used up its time
	if err == nil && got != want {
		err = fmt.Errorf("fault in effect: %v, want %v", got, want)
	}
	if err == nil && want {
		err = t.carried(ctx, b)
	}
	t.step(b.planned, record.Now(), phase, err, record.Traffic{})
}

// carried waits until routers have seen what announcements of the struck node are to
// carry, and says why they have not.
func (t *trial) carried(ctx context.Context, b broken) error {
	c := b.Carries
	if c.Community == "" {
		return nil
	}
	node, other := b.spec.On[0], ""
	ok, err := await(ctx, b.effective.Add(c.Within), func(record.Time) bool {
		m, offered := t.changes.offered(node, b.asked)
		if other = ""; offered && len(m.Communities) > 0 {
			other = ", but " + strings.Join(m.Communities, " ")
		}
		return offered && slices.Contains(m.Communities, c.Community)
	})
	if err != nil || ok {
		return err
	}
	return fmt.Errorf("no UPDATE of %s carried the community %s within %v%s: its export policy sets others in its place, or lets nothing out", node, c.Community, document.Duration(c.Within), other)
}

func (t *trial) step(f planned, at record.Time, phase record.FaultPhase, err error, sent record.Traffic) {
	data := record.Fault{ID: f.id, Kind: f.spec.Kind, On: f.spec.On, Phase: phase, Service: f.Service, Traffic: sent}
	if err != nil {
		data.Err = err.Error()
	}
	t.dir.Emit(record.Event{At: at, Kind: record.KindFault, Data: data})
}
