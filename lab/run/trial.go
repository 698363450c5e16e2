package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"anylab/lab"
	"anylab/lab/bfd"
	"anylab/lab/bgp"
	"anylab/lab/record"
)

// quiet is for how long nothing may be lost before a trial begins, and before
// the lab counts as settled.
const quiet = 500 * time.Millisecond

// asBefore is the least time from a trial's begin to its fault. The requests of
// that time show who served whom, and that nothing was lost.
const asBefore = 50 * time.Millisecond

// GateError says that the lab did not come up: no measurement was made.
type GateError struct{ Missing []string }

func (e *GateError) Error() string {
	return "the lab did not settle: " + strings.Join(e.Missing, "; ")
}

// settle waits for the first gate: all sessions up, all services healthy,
// every client served without loss. It remembers who serves whom.
func (s *stage) settle(ctx context.Context) error {
	s.tally.ui.Step("wait until every session is up and every client is served without loss")
	if err := s.connected(ctx); err != nil {
		return err
	}
	if err := flushRoutes(); err != nil {
		return err
	}
	since := record.Now().Add(s.cell.rebalance())
	ok, err := await(ctx, since.Add(s.patience), func(now record.Time) bool {
		return s.watch.served(now, since, quiet)
	})
	if err != nil {
		return err
	}
	if !ok {
		missing := s.missing(ctx)
		if len(missing) == 0 {
			missing = s.unserved()
		}
		return &GateError{missing}
	}
	s.home = s.watch.answering()
	return nil
}

// connected waits until every session is up and every service healthy.
func (s *stage) connected(ctx context.Context) error {
	var missing []string
	p := newHeadway(s.patience)
	_, err := await(ctx, math.MaxInt64, func(now record.Time) bool {
		missing = s.missing(ctx)
		return len(missing) == 0 || p.over(len(missing), now)
	})
	if err == nil && len(missing) > 0 {
		err = &GateError{missing}
	}
	return err
}

// flushRoutes waits until the kernel has made every change that was asked for
// so far: a session that is up says nothing about the route behind it.
func flushRoutes() error {
	lock, err := lab.OpenKernelLock()
	if err != nil {
		return err
	}
	defer lock.Close()
	_, err = lock.Take()
	return err
}

// missing lists the BGP and BFD sessions that are not up and the services that
// are not healthy.
func (s *stage) missing(ctx context.Context) []string {
	var missing []string
	for _, node := range slices.Sorted(maps.Keys(s.world.Speakers)) {
		peers, err := s.peers(ctx, node)
		if err != nil {
			missing = append(missing, fmt.Sprintf("speaker on %s: %v", node, err))
		}
		for _, p := range peers {
			if p.State != bgp.Established {
				missing = append(missing, fmt.Sprintf("session %s to %s (%s) is %s", node, p.Node, p.Addr, p.State))
			}
			if p.BFD != "" && p.BFD != bfd.Up.String() {
				missing = append(missing, fmt.Sprintf("BFD %s to %s (%s) is %s", node, p.Node, p.Addr, p.BFD))
			}
			if none := s.unheard(node, p); none != "" {
				missing = append(missing, none)
			}
		}
	}
	for _, node := range slices.Sorted(maps.Keys(s.world.Running)) {
		for _, r := range s.world.Running[node] {
			if !r.Healthy() {
				missing = append(missing, fmt.Sprintf("service %s on %s is not healthy", r.Name(), node))
			}
		}
	}
	return missing
}

// asking bounds the wait for one daemon's answer: a frozen one gives none.
const asking = 3 * time.Second

func (s *stage) peers(ctx context.Context, node string) ([]bgp.Peer, error) {
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	return s.world.Speakers[node].Peers(ctx)
}

// unserved says what is wrong with the service of the clients.
func (s *stage) unserved() []string {
	var lines []string
	for group, nodes := range s.watch.answering() {
		by, home := strings.Join(nodes, ", "), strings.Join(s.home[group], ", ")
		switch {
		case by == "":
			lines = append(lines, fmt.Sprintf("probe %s gets no answer", group))
		case home != "" && by != home:
			lines = append(lines, fmt.Sprintf("probe %s is answered by %s, not by %s as at first", group, by, home))
		default:
			lines = append(lines, fmt.Sprintf("probe %s, answered by %s, keeps losing requests", group, by))
		}
	}
	slices.Sort(lines)
	return lines
}

// unquiet says why a trial can't begin.
func (s *stage) unquiet(ctx context.Context) []string {
	reasons := s.missing(ctx)
	now := record.Now()
	if !s.updates.over(now) {
		reasons = append(reasons, fmt.Sprintf("an UPDATE was sent within the last %v", undisturbed))
	}
	if !s.atHome(now, 0, quiet) {
		reasons = append(reasons, s.unserved()...)
	}
	if len(reasons) == 0 {
		reasons = append(reasons, "it was quiet too late")
	}
	return reasons
}

// atHome says whether every client is served by whom it was served by when
// the lab had settled, for at least as long as still, since after.
func (s *stage) atHome(now, after record.Time, still time.Duration) bool {
	return s.watch.served(now, after, still) && maps.EqualFunc(s.home, s.watch.answering(), slices.Equal)
}

// trial gates, breaks, waits, mends and gates again. The faults know nothing
// of stamps and records: this is the one place that does.
func (s *stage) trial(ctx context.Context, index int) error {
	begin := record.Now()
	limit := begin.Add(s.cell.Limit)
	// Being served is not enough: BFD, which starts slowly, may come up long
	// after BGP, and a fault before that would be found by BGP alone.
	ok, err := await(ctx, limit, func(now record.Time) bool {
		calm := s.atHome(now, 0, quiet)
		if calm && s.updates.over(now) && len(s.missing(ctx)) == 0 {
			return true
		}
		if calm || !s.atHome(now, 0, 0) {
			s.spent.Reunion = record.Now().Sub(s.spent.from)
		}
		return false
	})
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("trial %d: %w", index+1, &GateError{s.unquiet(ctx)})
	}
	if err := s.lookFirst(ctx, index, limit); err != nil {
		return err
	}
	defer s.look(ctx, index, record.Healed)
	s.mark(index, record.TrialBegin, nil)
	defer func() { s.mark(index, record.TrialEnd, s.spent.total()) }()
	if len(s.cell.faults) == 0 {
		return timed(&s.spent.Fault, func() error { return until(ctx, record.Now().Add(2*s.cell.Sustain)) })
	}
	moment := s.phases.next(index, s.cell.theory.Period, record.Now().Add(asBefore))
	if err := timed(&s.spent.Phase, func() error { return until(ctx, moment) }); err != nil {
		return err
	}
	healed, err := s.breakAndMend(ctx)
	if err != nil {
		return fmt.Errorf("trial %d: %w", index+1, err)
	}
	return timed(&s.spent.Recovery, func() error { return s.recovered(ctx, healed) })
}

func (s *stage) mark(index int, phase record.TrialPhase, spent *record.Spent) {
	s.dir.Emit(record.Event{At: record.Now(), Kind: record.KindTrial,
		Data: record.Trial{Index: index, Cell: s.cell.Cell, Phase: phase, Spent: spent}})
}

// recovered waits until the clients are back home for the sustain time. A lab
// that does not recover ends the visit: its next trial could not begin.
func (s *stage) recovered(ctx context.Context, healed record.Time) error {
	ok, err := await(ctx, healed.Add(s.cell.Limit), func(now record.Time) bool {
		return s.atHome(now, healed, s.cell.Sustain)
	})
	if err != nil || ok {
		return err
	}
	missing := append(s.missing(ctx), s.unserved()...)
	s.finding("not-recovered", strings.Join(missing, "; "))
	return fmt.Errorf("after healing: %w", &GateError{missing})
}

func (s *stage) finding(name, detail string) {
	s.dir.Emit(record.Event{At: record.Now(), Kind: record.KindFinding,
		Data: record.Finding{Name: name, Detail: detail}})
}

// broken is a fault that is in effect.
type broken struct {
	planned
	heal record.Time // when to heal; 0: when the outcome is known
}

// breakAndMend injects the faults at their offsets and heals each after its
// time, or all once the outcome is known. It returns when the last one was
// healed. Healing survives an interrupt and a failed injection.
func (s *stage) breakAndMend(ctx context.Context) (record.Time, error) {
	waiting := slices.Clone(s.cell.faults)
	slices.SortStableFunc(waiting, func(a, b planned) int { return cmp.Compare(a.spec.After, b.spec.After) })
	var active []broken
	start := record.Now()
	for len(waiting) > 0 || len(active) > 0 {
		var next *broken
		err := timed(&s.spent.Fault, func() (err error) {
			next, err = s.wait(ctx, start, waiting, active)
			return err
		})
		if err == nil && next == nil {
			f := waiting[0]
			waiting = waiting[1:]
			var effective record.Time
			effective, err = s.inject(ctx, f)
			if len(active) == 0 && effective != 0 {
				start = effective.Add(-f.spec.After)
			}
			active = append(active, broken{f, healTime(effective, f.spec.For)})
		}
		if err != nil {
			return 0, errors.Join(err, s.healAll(ctx, active))
		}
		if next != nil {
			if err := s.heal(ctx, next.planned); err != nil {
				return 0, errors.Join(err, s.healAll(ctx, active))
			}
			active = slices.DeleteFunc(active, func(b broken) bool { return b.id == next.id })
		}
	}
	return record.Now(), nil
}

func healTime(effective record.Time, after time.Duration) record.Time {
	if after == 0 {
		return 0
	}
	return effective.Add(after)
}

// wait waits for what comes next and returns the fault that is to be healed,
// or nil when the next one is to be injected.
func (s *stage) wait(ctx context.Context, start record.Time, waiting []planned, active []broken) (*broken, error) {
	var due *broken
	for i, b := range active {
		if b.heal != 0 && (due == nil || b.heal < due.heal) {
			due = &active[i]
		}
	}
	if len(waiting) > 0 {
		inject := start.Add(waiting[0].spec.After)
		if due == nil || inject <= due.heal {
			return nil, until(ctx, inject)
		}
	}
	switch {
	case due != nil && (len(waiting) > 0 || s.looked):
		return due, until(ctx, due.heal)
	case due != nil:
		return due, s.lookBy(ctx, due.heal)
	}
	last := &active[len(active)-1]
	return last, s.lookBy(ctx, 0)
}

// outcome waits until every client has been served without loss for the
// sustain time, after theory would have the fault detected, or until the
// limit.
func (s *stage) outcome(ctx context.Context, injected record.Time) error {
	known := injected
	if !s.cell.theory.Unbounded {
		known = injected.Add(s.cell.theory.High)
	}
	_, err := await(ctx, injected.Add(s.cell.Limit), func(now record.Time) bool {
		return s.watch.served(now, known, s.cell.Sustain)
	})
	return err
}
