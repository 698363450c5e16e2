package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/fault"
	"anylab/lab/monitor"
	"anylab/lab/observe"
	"anylab/lab/probe"
	"anylab/lab/record"
	"anylab/lab/service"
	"anylab/lab/world"
)

// rig is a lab with everything that runs in it and watches it, from build to
// close.
type rig struct {
	cell    cell
	dir     *record.Dir
	shown   []lab.Exposed     // of the machine to the lab's processes
	passed  []string          // names of what of the environment they are given besides
	suffix  string            // keeps the files of several visits apart
	say     func(step string) // tells the user
	byHand  bool              // nothing is measured in it
	endless bool              // it may stand for days
	letIn   Pause             // nil: nobody is let in

	events    record.Sink // in front of dir: ends the visit when something is lost that it needs
	changes   *changes    // behind events: what changed last in the network
	world     world.World
	clients   clients
	carried   map[session]int      // how many routes the neighbor has sent where a trial begins; nil: that is not asked for
	monitor   *monitor.Monitor     // nil: none was asked for
	cutLogs   []record.CutLog      // known once it is closed
	cause     error                // that ends the observers: observe.ErrCut where the run was interrupted; nil: what they have not read yet is waited for
	undo      []func() error       // last made, first undone
	unwatch   func() error         // ends the observers, which are among those to undo
	loadAsked chan chan<- struct{} // see observe.Load
	stands    int                  // so many undo the lab itself
}

// newRig returns a rig in which nothing has been made yet. end is called when it
// loses what it needs.
func newRig(c cell, dir *record.Dir, suffix string, say func(string), end context.CancelCauseFunc) *rig {
	r := &rig{cell: c, dir: dir, suffix: suffix, say: say, loadAsked: make(chan chan<- struct{})}
	r.clients.spread = c.spreads()
	r.changes = &changes{Sink: &guard{dir, end}}
	r.events = r.changes
	return r
}

// build makes the lab and starts what belongs into it. What was made stays
// until close, after a failure too.
func (r *rig) build(ctx context.Context) error {
	t := r.cell.Topology
	r.say("build " + t.Name + r.cell.suffix())
	l, err := lab.Open(ctx, t, lab.Options{Sink: r.events, Logs: filepath.Join(r.dir.Path(), "logs"), Exposed: r.shown,
		Env: r.passed, Counting: r.counting})
	if err != nil {
		return err
	}
	r.undo = append(r.undo, func() error {
		defer func() { r.cutLogs = l.CutLogs() }()
		return l.Close()
	})
	r.world = world.World{Setting: r.cell.setting, Lab: l,
		Speakers: map[string]*bgp.Daemon{}, Running: map[string][]*service.Service{}}
	r.undo = append(r.undo, r.end)
	defer context.AfterFunc(ctx, l.Kill)() // what is being started when ctx ends is not waited for
	if err := r.arm(ctx); err != nil {
		return err
	}
	r.say("start " + list(r.cell.starts()))
	for _, start := range []func(context.Context) error{r.startSpeakers, r.startServices, r.startNames, r.startMonitor, r.prepare} {
		if err := start(ctx); err != nil {
			return err
		}
	}
	r.stands = len(r.undo)
	return nil
}

// end ends all that runs in the lab. Nobody watches any more, so nothing is given
// time for a farewell: that of a thousand daemons would take long.
func (r *rig) end() error {
	var services, daemons sync.WaitGroup
	for _, running := range r.world.Running {
		for _, s := range running {
			services.Go(s.Leave)
		}
	}
	services.Wait()
	r.world.Lab.Kill()
	errs := make(chan error, len(r.world.Speakers))
	for _, d := range r.world.Speakers {
		daemons.Go(func() { errs <- d.Close() })
	}
	daemons.Wait()
	close(errs)
	var err error
	for e := range errs {
		err = errors.Join(err, e)
	}
	return err
}

// prepare brings the lab into the state that the faults start from.
func (r *rig) prepare(ctx context.Context) error {
	for _, f := range r.cell.faults {
		if p, ok := f.Fault.(fault.Preparer); ok {
			if err := p.Prepare(ctx, r.world.Breakable(0)); err != nil {
				return fmt.Errorf("prepare %s on %v: %w", f.spec.Kind, f.spec.On, err)
			}
		}
	}
	return nil
}

// arm starts the observers, the clock's watch and the canary. They end when the rig
// closes, not when ctx does: healing must be seen too.
func (r *rig) arm(ctx context.Context) error {
	watching, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	unhook := context.AfterFunc(ctx, func() { stop(observe.ErrCut) }) // while they are being armed it ends with ctx
	wait, err := r.observe(watching)
	if !unhook() && err == nil {
		err = errors.Join(context.Cause(ctx), wait())
	}
	if err != nil {
		stop(observe.ErrCut)
		return err
	}
	var canaries errgroup.Group
	if !r.byHand {
		r.watchMachine(watching, &canaries)
	}
	r.unwatch = sync.OnceValue(func() error {
		if r.cause != nil {
			r.world.Lab.Kill() // what else it does there is a load, while all else ends
		}
		stop(r.cause)
		return errors.Join(canaries.Wait(), wait())
	})
	r.undo = append(r.undo, r.unwatch)
	return nil
}

// watchMachine starts the clock's watch and the canaries.
func (r *rig) watchMachine(ctx context.Context, canaries *errgroup.Group) {
	canaries.Go(func() error { probe.WatchClock(ctx, r.dir); return nil })
	for what, f := range map[string]func(context.Context, record.Sink) error{
		"watch the machine's timers": observe.Canary,
		"watch the machine's load": func(ctx context.Context, out record.Sink) error {
			return observe.Load(ctx, out, r.loadAsked)
		},
	} {
		canaries.Go(observe.Mourn(ctx, r.events, what, func() error { return f(ctx, r.events) }))
	}
}

// loadKnown waits until the record says how busy the machine was up to now.
func (r *rig) loadKnown(ctx context.Context) error {
	reached := make(chan struct{})
	select {
	case r.loadAsked <- reached:
		<-reached
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *rig) observe(ctx context.Context) (wait func() error, err error) {
	o := observe.Options{Armed: r.counting("watching", len(r.cell.Topology.Nodes), "nodes")}
	if !r.byHand && !r.endless { // in which captures would grow for days
		o.PcapDir = filepath.Join(r.dir.Path(), "pcap", strings.TrimPrefix(r.suffix, "-"))
		if err := os.MkdirAll(o.PcapDir, 0o755); err != nil {
			return nil, fmt.Errorf("make directory for captures: %w", err)
		}
	}
	return observe.Start(ctx, r.world.Lab, o, r.events)
}

func (r *rig) finding(name, detail string) {
	r.dir.Emit(record.Event{At: record.Now(), Kind: record.KindFinding,
		Data: record.Finding{Name: name, Detail: detail}})
}

// close undoes what was made, last first. After an interrupt nothing is waited for:
// there is no trial that it belongs to.
func (r *rig) close(interrupted bool) error {
	if interrupted {
		r.cause = observe.ErrCut
	}
	r.say("take the lab down" + r.cell.suffix())
	err := r.undoTo(0)
	if interrupted && !r.byHand {
		r.say("the lab is gone; what was recorded is being judged")
	}
	return err
}
