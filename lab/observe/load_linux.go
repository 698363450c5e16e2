package observe

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"anylab/lab/record"
)

// The machine is sampled every loadEvery, or less often where samples take
// so long that they would themselves be a load.
const (
	loadEvery = 100 * time.Millisecond
	loadCost  = 50 // a sample may take this part of the time between two
)

// Load records through the run, until ctx ends, how busy the machine is and
// how long the lab's threads waited for a processor. It closes a channel that it gets
// from asked once the record reaches until then.
func Load(ctx context.Context, out record.Sink, asked <-chan chan<- struct{}) error {
	s := newSampler()
	before := s.sample()
	var cost time.Duration
	timer := time.NewTimer(loadEvery)
	defer timer.Stop()
	for {
		var reached chan<- struct{}
		select {
		case <-ctx.Done():
		case <-timer.C:
		case reached = <-asked:
		}
		started := record.Now()
		now := s.sample()
		out.Emit(record.Event{At: now.at, Kind: record.KindLoad, Data: now.since(before)})
		if reached != nil {
			close(reached)
		}
		if ctx.Err() != nil {
			return nil // the last sample reaches until here
		}
		before = now
		took := record.Now().Sub(started)
		timer.Reset(max(loadEvery, loadCost*min(cost, took))) // one that was held up says nothing of the next
		cost = took
	}
}

// machine is what the kernel has counted up to a moment.
type machine struct {
	at      record.Time
	work    time.Duration // of programs, on all processors
	idle    time.Duration
	steal   time.Duration
	stall   time.Duration
	threads map[thread]usage
	missed  []string
}

// thread is one task of one process of the sandbox.
type thread struct{ pid, tid int }

// usage is what a thread used and waited for.
type usage struct {
	role      record.Role
	ran, wait time.Duration
	times     int
}

// since returns what happened between two samples. A thread that is new has
// done everything since then.
func (m machine) since(before machine) record.Load {
	l := record.Load{
		From: before.at, Steal: m.steal - before.steal, Idle: m.idle - before.idle, Stall: m.stall - before.stall,
		Missed: strings.Join(m.missed, "; "),
	}
	var ran time.Duration
	worst := map[record.Role]record.Wait{}
	for id, u := range m.threads {
		ran += u.ran - before.threads[id].ran
		wait := u.wait - before.threads[id].wait
		if wait > worst[u.role].For {
			worst[u.role] = record.Wait{Role: u.role, PID: id.pid, For: wait, Times: u.times - before.threads[id].times}
		}
	}
	// Threads that ended in between take what they used with them: it counts as
	// foreign, which is the careful side.
	l.Foreign = max(0, m.work-before.work-ran)
	for _, role := range []record.Role{record.Observing, record.Sending, record.Observed} {
		if w := worst[role]; w.For >= worthTelling {
			l.Waits = append(l.Waits, w)
		}
	}
	return l
}

// worthTelling is the least wait that is recorded.
const worthTelling = 100 * time.Microsecond

// sampler reads the counters. It keeps its buffers, and what it knows of threads.
type sampler struct {
	self  int
	buf   []byte
	roles map[thread]role
}

func newSampler() *sampler {
	return &sampler{self: os.Getpid(), buf: make([]byte, 4096), roles: map[thread]role{}}
}

func (s *sampler) sample() machine {
	m := machine{at: record.Now(), threads: map[thread]usage{}}
	for _, read := range []func(*machine) error{s.processors, s.pressure, s.tasks} {
		if err := read(&m); err != nil {
			m.missed = append(m.missed, err.Error())
		}
	}
	return m
}

// tick is the unit of /proc/stat: USER_HZ is 100 on every architecture that Go
// runs on (proc_stat(5)).
const tick = 10 * time.Millisecond

// processors reads /proc/stat: user nice system idle iowait irq softirq steal.
// Interrupts are left out: packets of the lab cause most of them.
func (s *sampler) processors(m *machine) error {
	text, err := s.read("/proc/stat")
	if err != nil {
		return err
	}
	var user, nice, system, idle, iowait, irq, softirq, steal int64
	if _, err := fmt.Sscanf(text, "cpu %d %d %d %d %d %d %d %d", &user, &nice, &system, &idle, &iowait, &irq, &softirq, &steal); err != nil {
		return fmt.Errorf("read /proc/stat: %w", err)
	}
	m.work = time.Duration(user+nice+system) * tick
	m.idle, m.steal = time.Duration(idle+iowait)*tick, time.Duration(steal)*tick
	return nil
}

// pressure reads how long some task had to wait for a processor: the total, in
// microseconds, of the line "some" (Documentation/accounting/psi.rst).
func (s *sampler) pressure(m *machine) error {
	text, err := s.read("/proc/pressure/cpu")
	if err != nil {
		return err
	}
	_, total, _ := strings.Cut(text, "total=")
	var us int64
	if _, err := fmt.Sscan(total, &us); err != nil {
		return fmt.Errorf("read /proc/pressure/cpu: %w", err)
	}
	m.stall = time.Duration(us) * time.Microsecond
	return nil
}
