package run

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/fault"
	"anylab/lab/observe"
	"anylab/lab/probe"
	"anylab/lab/record"
	"anylab/lab/service"
	"anylab/scenarios"
)

// stage is one visit's running lab.
type stage struct {
	cell   cell
	visit  visit
	dir    *record.Dir
	random *rand.Rand
	phases phases
	tally  *tally
	stop   *stopping
	suffix string // keeps the files of several visits apart

	calibration Calibration // before the first trial

	guard   record.Sink // in front of dir: ends the visit when something is lost that it needs
	updates *updates    // behind guard: when routers last told each other something
	world   fault.World
	watch   watch
	files   []*record.SampleWriter

	patience time.Duration // see the constants of that name

	home  map[string][]string // who answers each probe group when nothing is broken
	undo  []func() error      // last made, first undone
	spent spent               // of the trial that is being made

	index  int  // of the trial that is being made, within its cell
	looked bool // after its faults
}

// play builds the lab, makes the visit's trials and takes the lab down.
func (s *stage) play(ctx context.Context, about *record.Run) (err error) {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	s.updates = &updates{Sink: &guard{s.dir, end}}
	s.guard = s.updates
	defer func() { err = errors.Join(because(ctx, err), s.close()) }()
	if err := s.build(ctx); err != nil {
		return err
	}
	for _, f := range s.world.Lab.Fallbacks() {
		if !slices.Contains(about.Fallbacks, f) {
			about.Fallbacks = append(about.Fallbacks, f)
		}
	}
	if err := s.settle(ctx); err != nil {
		return err
	}
	if err := s.calibrate(ctx, s.calibration); err != nil {
		return err
	}
	s.spent = spent{from: record.Now()}
	for i := range s.visit.trials {
		if err := s.trial(ctx, s.visit.first+i); err != nil {
			return err
		}
		s.tally.done++
		s.tally.ui.Trial(s.tally.done, s.tally.total, s.cell.what()+s.cell.suffix())
		if err := s.dir.Flush(); err != nil {
			return fmt.Errorf("write the record: %w", err)
		}
		enough, err := s.stop.after(s.visit.cell, s.cell, s.visit.first+i+1)
		if err != nil {
			return err
		}
		if enough {
			s.tally.total -= s.visit.trials - i - 1
			break
		}
	}
	return nil
}

func (s *stage) build(ctx context.Context) error {
	t := s.cell.Topology
	s.tally.ui.Step("build " + t.Name + s.cell.suffix())
	l, err := lab.Open(ctx, t, lab.Options{Sink: s.guard, Logs: filepath.Join(s.dir.Path(), "logs")})
	if err != nil {
		return err
	}
	s.undo = append(s.undo, l.Close)
	s.world = fault.World{Setting: s.cell.setting, Lab: l,
		Speakers: map[string]*bgp.Daemon{}, Running: map[string][]*service.Service{}}
	if err := s.arm(ctx); err != nil {
		return err
	}
	s.tally.ui.Step("start " + list(s.cell.starts()))
	if err := s.startSpeakers(ctx); err != nil {
		return err
	}
	if err := s.startServices(ctx); err != nil {
		return err
	}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	return s.startProbes(ctx)
}

// prepare brings the lab into the state that the faults start from.
func (s *stage) prepare(ctx context.Context) error {
	for _, f := range s.cell.faults {
		if p, ok := f.Fault.(fault.Preparer); ok {
			if err := p.Prepare(ctx, &s.world); err != nil {
				return fmt.Errorf("prepare %s on %v: %w", f.spec.Kind, f.spec.On, err)
			}
		}
	}
	return nil
}

// arm starts the observers, the clock's watch and the canary. They end when the stage
// closes, not when ctx does: healing must be seen too.
func (s *stage) arm(ctx context.Context) error {
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	wait, err := s.observe(watching)
	if err != nil {
		stop()
		return err
	}
	var canaries errgroup.Group
	canaries.Go(func() error { probe.WatchClock(watching, s.dir); return nil })
	for what, f := range map[string]func(context.Context, record.Sink) error{
		"watch the machine's timers": observe.Canary,
		"watch the machine's load":   observe.Load,
	} {
		canaries.Go(observe.Mourn(watching, s.guard, what, func() error { return f(watching, s.guard) }))
	}
	s.undo = append(s.undo, func() error {
		stop()
		return errors.Join(canaries.Wait(), wait())
	})
	return nil
}

func (s *stage) observe(ctx context.Context) (wait func() error, err error) {
	captures := filepath.Join(s.dir.Path(), "pcap", strings.TrimPrefix(s.suffix, "-"))
	if err := os.MkdirAll(captures, 0o755); err != nil {
		return nil, fmt.Errorf("make directory for captures: %w", err)
	}
	return observe.Start(ctx, s.world.Lab, observe.Options{PcapDir: captures}, s.guard)
}

func (s *stage) startSpeakers(ctx context.Context) error {
	var mu sync.Mutex
	var starting errgroup.Group
	for _, n := range s.world.Lab.Nodes() {
		if n.Daemon == "" {
			continue
		}
		starting.Go(func() error {
			d, err := s.startSpeaker(ctx, n)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			s.world.Speakers[n.Name] = d
			s.undo = append(s.undo, d.Close)
			return nil
		})
	}
	return starting.Wait()
}

func (s *stage) startSpeaker(ctx context.Context, n *lab.Node) (*bgp.Daemon, error) {
	driver, err := bgp.Named(n.Daemon)
	if err != nil {
		return nil, err
	}
	c, err := bgp.Configure(s.cell.Topology, n.Name)
	if err != nil {
		return nil, err
	}
	s.selfAnnounced(n, driver, &c)
	// Its processes outlive an interrupt: they are needed for healing.
	return bgp.Start(context.WithoutCancel(ctx), driver, n, c)
}

func (s *stage) startServices(ctx context.Context) error {
	for node, configs := range s.cell.setting.Services {
		n, err := s.world.Lab.Node(node)
		if err != nil {
			return err
		}
		driver, err := bgp.Named(n.Daemon)
		if err != nil {
			return err
		}
		for _, c := range configs {
			running, err := service.Start(context.WithoutCancel(ctx), n, watched(n, c, driver), s.world.Speakers[node], s.dir)
			if err != nil {
				return err
			}
			s.world.Running[node] = append(s.world.Running[node], running)
			s.undo = append(s.undo, running.Close)
		}
	}
	return nil
}

// startProbes starts every prober. They stop before anything else is closed,
// so that taking the lab down is not taken for a loss.
func (s *stage) startProbes(ctx context.Context) error {
	probing, stop := context.WithCancel(context.WithoutCancel(ctx))
	var waits []func() error
	s.undo = append(s.undo, func() error {
		stop()
		var errs []error
		for _, wait := range waits {
			errs = append(errs, wait())
		}
		for _, f := range s.files {
			errs = append(errs, f.Close())
		}
		return errors.Join(errs...)
	})
	for _, spec := range s.cell.Probes {
		for _, p := range s.cell.Topology.Anycast {
			wait, err := s.startProbe(probing, spec, p.Addr())
			if err != nil {
				return err
			}
			waits = append(waits, wait)
		}
	}
	return nil
}

func (s *stage) startProbe(ctx context.Context, spec scenarios.Probe, target netip.Addr) (func() error, error) {
	group, config := group(s.cell.Scenario, spec, target)
	group.Name, group.Cell = group.Name+s.suffix, s.cell.Cell
	config.Name = group.Name
	n, err := s.world.Lab.Node(spec.From)
	if err != nil {
		return nil, err
	}
	p, err := probe.New(config)
	if err != nil {
		return nil, err
	}
	out, err := s.dir.Samples(group)
	if err != nil {
		return nil, err
	}
	s.files = append(s.files, out) // which closes it, whether or not the prober starts
	s.watch.add(group)
	return p.Start(ctx, n, tee{out, s.guard, &s.watch, group.Name})
}

// tee records what a prober finds and lets the watch see it.
type tee struct {
	samples *record.SampleWriter
	events  record.Sink
	watch   *watch
	group   string
}

func (t tee) Write(s record.Sample) {
	t.watch.see(t.group, s)
	t.samples.Write(s)
}

func (t tee) Emit(e record.Event) { t.events.Emit(e) }

// close undoes what was made, last first.
func (s *stage) close() error {
	s.tally.ui.Step("take the lab down" + s.cell.suffix())
	var errs []error
	for _, undo := range slices.Backward(s.undo) {
		errs = append(errs, undo())
	}
	s.undo = nil
	return errors.Join(errs...)
}
