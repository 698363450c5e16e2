package probe

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"anylab/lab/record"

	"golang.org/x/sys/unix"
)

// fake is a transport without a network: send does what the test says, and
// answers come back at once.
type fake struct {
	onSend  func(seq uint64) error
	fail    error // of receive
	answers chan uint64
	closed  bool
}

func (f *fake) open() error { return nil }

func (f *fake) send(seq uint64, _ int) error {
	if err := f.onSend(seq); err != nil {
		return err
	}
	f.answers <- seq
	return nil
}

func (f *fake) receive(to inbox) (record.Time, error) {
	now := record.Now()
	if f.fail != nil {
		return now, f.fail
	}
	for {
		select {
		case seq := <-f.answers:
			to.answer(seq, ^uint64(0), int(seq%2), record.Now(), []byte("a"))
		case <-time.After(time.Millisecond):
			return now, nil
		}
	}
}

func (f *fake) forget(uint64) (record.Time, bool) { return 0, false }

func (f *fake) close() error {
	f.closed = true
	return nil
}

// notes is a Recorder that keeps everything; it is read after the run.
type notes struct {
	samples  []record.Sample
	findings []record.Event
}

func (n *notes) Write(s record.Sample) { n.samples = append(n.samples, s) }
func (n *notes) Emit(e record.Event)   { n.findings = append(n.findings, e) }
func (n *notes) Flush() error          { return nil }

// of returns the details of the findings with the name.
func (n *notes) of(name string) []string {
	var details []string
	for _, e := range n.findings {
		if f, ok := e.Data.(record.Finding); ok && f.Name == name && e.Node == "c" && e.Kind == record.KindFinding {
			details = append(details, f.Detail)
		}
	}
	return details
}

// carry runs f until its send has seen the given number of requests.
func carry(t *testing.T, f *fake, requests uint64) (*notes, error) {
	t.Helper()
	n := &notes{}
	f.answers = make(chan uint64, 1000)
	r := newRun(Config{Name: "p", Rate: 500, Flows: 2, Timeout: 2 * time.Second}, f, "c", n)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	inner := f.onSend
	f.onSend = func(seq uint64) error {
		if seq == requests-1 {
			cancel()
		}
		return inner(seq)
	}
	err := r.carry(ctx, func(string) {})
	if !f.closed {
		t.Error("the transport was not closed")
	}
	if uint64(len(n.samples)) != requests {
		t.Errorf("%d samples, want %d", len(n.samples), requests)
	}
	return n, err
}

// While one send hangs, the next requests become due: they leave late, at
// once, and a finding says so.
func TestLateSenderIsFound(t *testing.T) {
	n, err := carry(t, &fake{onSend: func(seq uint64) error {
		if seq == 10 {
			time.Sleep(50 * time.Millisecond)
		}
		return nil
	}}, 60)
	if err != nil {
		t.Fatal(err)
	}
	late := n.of(lateSender)
	if len(late) == 0 || !strings.HasPrefix(late[0], "p: ") || !strings.Contains(late[0], "requests, worst ") {
		t.Errorf("findings %+v", n.findings)
	}
	// Request 11 was due 2 ms after request 10, and left when that one was done.
	if s := n.samples[11]; s.Seq != 11 || s.Sent.Sub(s.Due) < 40*time.Millisecond {
		t.Errorf("sample %+v", s)
	}
	for _, s := range n.samples {
		if s.Lost() || s.Node != "a" {
			t.Errorf("sample %+v", s)
		}
	}
}

func TestUnsentIsLost(t *testing.T) {
	n, err := carry(t, &fake{onSend: func(seq uint64) error {
		switch seq % 10 {
		case 3:
			return unix.ENETUNREACH // the network's doing
		case 5:
			return unix.EMFILE // ours
		}
		return nil
	}}, 40)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range n.samples {
		if unsent := s.Seq%10 == 3 || s.Seq%10 == 5; s.Lost() != unsent {
			t.Errorf("sample %+v", s)
		}
	}
	if len(n.of(exhausted)) == 0 {
		t.Errorf("findings %+v", n.findings)
	}
}

// When answers cannot be read, the probe goes on to its end, says that all is
// lost, and returns the reason.
func TestReceiveFails(t *testing.T) {
	broken := errors.New("broken")
	n, err := carry(t, &fake{fail: broken, onSend: func(uint64) error { return nil }}, 300)
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if !n.samples[len(n.samples)-1].Lost() || len(n.of(Died)) == 0 {
		t.Errorf("last sample %+v, findings %+v", n.samples[len(n.samples)-1], n.findings)
	}
}
