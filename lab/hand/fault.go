package hand

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"anylab/lab/fault"
	"anylab/lab/record"
	"anylab/scenarios"
)

// Broken is a fault that somebody has injected.
type Broken struct {
	ID     int           `json:"id"`
	Kind   string        `json:"kind"`
	On     []string      `json:"on"`
	Since  time.Time     `json:"since"`
	Took   time.Duration `json:"took_ns"` // to inject, or to heal
	Active bool          `json:"active"`  // as seen from outside
	Until  time.Time     `json:"until,omitzero"`
}

// Injection is what is asked for.
type Injection struct {
	Place  string   `json:"place"`
	Kind   string   `json:"kind"`
	Params []string `json:"params"`
}

// faults are those that are in effect.
type faults struct {
	mu   sync.Mutex
	last int // ID
	list []*injected
	told record.Sink // of what is broken and mended
}

type injected struct {
	Broken
	fault.Declaration
	handle fault.Injected
	timer  *time.Timer
}

// injecting and healing are how long such a call may take.
const (
	injecting = 10 * time.Second
	healing   = 30 * time.Second
)

func (in *inside) inject(ctx context.Context, c *call) error {
	var what Injection
	if err := json.Unmarshal(c.with, &what); err != nil {
		return err
	}
	spec, err := scenarios.ParseFault(in.Scenario.Topology, what.Place, what.Kind, what.Params)
	if err != nil {
		return err
	}
	f, err := in.Fault(spec)
	if err != nil {
		return err
	}
	in.faults.mu.Lock()
	defer in.faults.mu.Unlock()
	declared := f.Declare(in.World.Setting)
	for _, other := range in.faults.list {
		if shared := fault.Shared(other.Declaration, declared); shared != "" {
			return fmt.Errorf("fault %d, %s, changes %s already: heal it first", other.ID, other.Kind, shared)
		}
	}
	x := &injected{Broken: Broken{Kind: spec.Kind, On: spec.On}, Declaration: declared}
	// It is not left half done when whoever asks for it goes.
	ctx, end := context.WithTimeout(context.WithoutCancel(ctx), injecting)
	defer end()
	x.ID = in.faults.last + 1
	if err := in.breakIt(ctx, f, x); err != nil {
		return err
	}
	in.faults.last++
	in.faults.list = append(in.faults.list, x)
	if spec.For > 0 {
		x.Until = x.Since.Add(spec.For)
		x.timer = time.AfterFunc(spec.For, func() { _, _ = in.faults.mend(context.Background(), x.ID) }) //nolint:contextcheck // whoever asked for it is gone; without this "list" shows it on
	}
	return c.say(x.Broken)
}

// breakIt injects the fault and looks whether it is in effect; else it is healed.
func (in *inside) breakIt(ctx context.Context, f fault.Fault, x *injected) (err error) {
	world := in.World.Breakable(uint64(in.faults.last))
	if p, ok := f.(fault.Preparer); ok {
		if err := p.Prepare(ctx, world); err != nil {
			return fmt.Errorf("prepare %s: %w", x.Kind, err)
		}
	}
	began := time.Now()
	x.handle, err = f.Inject(ctx, world)
	x.Since, x.Took = time.Now(), time.Since(began)
	if err == nil {
		x.Active, err = x.handle.Active(ctx)
	}
	if err == nil && !x.Active {
		err = errors.New("it is not in effect")
	}
	if err != nil {
		return errors.Join(fmt.Errorf("inject %s: %w", x.Kind, err), x.handle.Heal(ctx))
	}
	x.tell(in.faults.told, record.FaultEffective)
	return nil
}

// tell says to those who watch what was just done.
func (x *injected) tell(to record.Sink, phase record.FaultPhase) {
	to.Emit(record.Event{At: record.Now(), Kind: record.KindFault, Data: record.Fault{ID: x.ID, Kind: x.Kind, On: x.On, Phase: phase}})
}

// heal heals the faults whose IDs are given, all if none is, last first.
func (in *inside) heal(ctx context.Context, c *call) error {
	var ids []int
	if err := json.Unmarshal(c.with, &ids); err != nil {
		return err
	}
	if len(ids) == 0 {
		ids = in.faults.ids()
		slices.Reverse(ids)
	}
	for _, id := range ids {
		b, err := in.faults.mend(context.WithoutCancel(ctx), id)
		if err != nil {
			return err
		}
		if err := c.say(b); err != nil {
			return err
		}
	}
	return nil
}

func (f *faults) ids() []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	var ids []int
	for _, x := range f.list {
		ids = append(ids, x.ID)
	}
	return ids
}

func (f *faults) count() int { return len(f.ids()) }

// mend heals one fault and looks whether it is gone. One that is not stays on the list.
func (f *faults) mend(ctx context.Context, id int) (Broken, error) {
	ctx, end := context.WithTimeout(ctx, healing)
	defer end()
	f.mu.Lock()
	defer f.mu.Unlock()
	at := slices.IndexFunc(f.list, func(x *injected) bool { return x.ID == id })
	if at < 0 {
		return Broken{}, errors.New("there is no fault " + strconv.Itoa(id) + ": anylab fault list shows those that there are")
	}
	x := f.list[at]
	began := time.Now()
	err := x.handle.Heal(ctx)
	x.Took = time.Since(began)
	if err == nil {
		x.Active, err = x.handle.Active(ctx)
	}
	if err == nil && x.Active {
		err = errors.New("it is still in effect")
	}
	if err != nil {
		return x.Broken, fmt.Errorf("heal %s: %w", x.Kind, err)
	}
	if x.timer != nil {
		x.timer.Stop()
	}
	f.list = slices.Delete(f.list, at, at+1)
	x.tell(f.told, record.FaultHealed)
	return x.Broken, nil
}

func (f *faults) healAll(ctx context.Context) error {
	var errs []error
	for _, id := range slices.Backward(f.ids()) {
		_, err := f.mend(ctx, id)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (in *inside) list(ctx context.Context, c *call) error { return c.say(in.faults.seen(ctx)) }

// seen lists the faults as they are now.
func (f *faults) seen(ctx context.Context) []Broken {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := []Broken{}
	for _, x := range f.list {
		b := x.Broken
		if active, err := x.handle.Active(ctx); err == nil {
			b.Active = active
		}
		list = append(list, b)
	}
	return list
}
