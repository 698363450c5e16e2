package observe

import (
	"bufio"
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"anylab/lab/record"
)

// The difference of two samples is what happened in between, and the thread
// that waited longest is named by its role.
func TestLoadIsTheDifferenceOfTwoSamples(t *testing.T) {
	const ms = time.Millisecond
	before := machine{at: 1000, work: 100 * ms, idle: 50 * ms, steal: 5 * ms, stall: 10 * ms, threads: map[thread]usage{
		{1, 1}: {record.Observing, 10 * ms, 2 * ms, 20},
		{1, 2}: {record.Sending, 10 * ms, 0, 1},
		{7, 7}: {record.Observed, 30 * ms, 1 * ms, 3},
	}}
	after := machine{at: 2000, work: 180 * ms, idle: 70 * ms, steal: 6 * ms, stall: 25 * ms, missed: []string{"a", "b"}, threads: map[thread]usage{
		{1, 1}: {record.Observing, 15 * ms, 3 * ms, 32},
		{1, 2}: {record.Sending, 20 * ms, worthTelling - 1, 2}, // too little to tell
		{7, 7}: {record.Observed, 40 * ms, 2 * ms, 4},
		{9, 9}: {record.Observed, 5 * ms, 8 * ms, 5}, // new
	}}
	got := after.since(before)
	if got.From != 1000 || got.Steal != ms || got.Idle != 20*ms || got.Stall != 15*ms || got.Missed != "a; b" {
		t.Errorf("%+v", got)
	}
	if want := 80*ms - (5+10+10+5)*ms; got.Foreign != want {
		t.Errorf("others used %v, want %v", got.Foreign, want)
	}
	want := []record.Wait{{Role: record.Observing, PID: 1, For: ms, Times: 12}, {Role: record.Observed, PID: 9, For: 8 * ms, Times: 5}}
	if len(got.Waits) != 2 || got.Waits[0] != want[0] || got.Waits[1] != want[1] {
		t.Errorf("waits %+v, want %+v", got.Waits, want)
	}
}

// On a real machine the sampler sees its own threads, and tells a prober's
// sending thread from the others.
func TestSamplerReadsThisMachine(t *testing.T) {
	named, done := make(chan int), make(chan struct{})
	go func() {
		runtime.LockOSThread() // and never unlocked: the name goes with the thread
		name := append([]byte(record.SendingThread), 0)
		_ = unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(&name[0])), 0, 0, 0)
		named <- unix.Gettid()
		<-done
	}()
	sender := <-named
	defer close(done)
	s := newSampler()
	m := s.sample()
	if m.work == 0 || m.idle == 0 {
		t.Errorf("work %v, idle %v since the machine started", m.work, m.idle)
	}
	for _, missed := range m.missed {
		t.Log("this kernel does not tell: ", missed)
	}
	if len(m.missed) > 0 {
		t.Skip("without schedstat no threads are seen")
	}
	if got := m.threads[thread{s.self, sender}].role; got != record.Sending {
		t.Errorf("the sending thread is %q", got)
	}
	others := 0
	for id, u := range m.threads {
		if id.pid == s.self && u.role == record.Observing {
			others++
		}
	}
	if others == 0 {
		t.Error("no thread but the sending one was seen")
	}
}

// A thread that shares one processor with a busy one waits, and is found.
func TestWaitingIsSeen(t *testing.T) {
	events := make(chan record.Event, 64)
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	ended := make(chan error, 1)
	go func() { ended <- Load(ctx, record.SinkFunc(func(e record.Event) { events <- e }), nil) }()
	var burning atomic.Bool
	burning.Store(true)
	for range 2 {
		go burnOn(0, &burning)
	}
	found := false
	for !found && ctx.Err() == nil {
		select {
		case e := <-events:
			l := e.Data.(record.Load)
			if l.Missed != "" {
				t.Log(l.Missed)
				found = true
			}
			for _, w := range l.Waits {
				found = found || w.Role == record.Observing && w.For > 5*time.Millisecond
			}
		case <-ctx.Done():
		}
	}
	burning.Store(false)
	stop()
	for waiting := true; waiting; {
		select {
		case <-events:
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
			waiting = false
		}
	}
	if !found {
		t.Error("of two threads that burn one processor neither was seen to wait")
	}
}

// Whoever asks finds the record to reach until then, however long it is to the next sample.
func TestLoadIsKnownWhereAsked(t *testing.T) {
	var until atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	asked, ended := make(chan chan<- struct{}), make(chan error, 1)
	go func() {
		ended <- Load(ctx, record.SinkFunc(func(e record.Event) {
			l := e.Data.(record.Load)
			if last := record.Time(until.Swap(int64(e.At))); last != 0 && l.From != last {
				t.Errorf("a sample is of the time from %v on, want %v: the end of the one before", l.From, last)
			}
		}), asked)
	}()
	for range 50 {
		reached, at := make(chan struct{}), record.Now()
		asked <- reached
		<-reached
		if got := record.Time(until.Load()); got < at {
			t.Errorf("asked at %v, it is known up to %v", at, got)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// burnOn burns one processor for as long as it is told to.
func burnOn(cpu int, burning *atomic.Bool) {
	runtime.LockOSThread() // and never unlocked: the affinity goes with the thread
	var set unix.CPUSet
	set.Set(cpu)
	_ = unix.SchedSetaffinity(0, &set)
	for burning.Load() {
	}
}

// A prober's process has a name, which it may not have yet when it is first
// seen; any other process is one of those that are tested.
func TestRolesOfProcesses(t *testing.T) {
	s := newSampler()
	if missed := s.sample().missed; len(missed) > 0 {
		t.Skip("without schedstat no threads are seen: ", missed)
	}
	for name, want := range map[string]record.Role{record.ProbingProcess: record.Observing, "anything": record.Observed} {
		cmd := exec.Command("sh", "-c", "read go; echo "+name+" >/proc/self/comm; echo named; read end; true")
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		id := thread{cmd.Process.Pid, cmd.Process.Pid}
		before := s.sample().threads[id].role
		fmt.Fprintln(in, "go")
		if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		if after := s.sample().threads[id].role; before != record.Observed || after != want {
			t.Errorf("%s was %q, then %q; want %q", name, before, after, want)
		}
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
}
