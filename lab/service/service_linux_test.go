package service

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"anylab/lab/labtest"
)

// TestCrash kills the process under each kind of health check that can know.
func TestCrash(t *testing.T) {
	tests := []struct{ kind, health, reason string }{
		{"dns", "dns", "connection refused"},
		{"http", "http", "connection refused"},
		{"tcp", "tcp", "connection refused"},
		{"udp", "udp", "connection refused"},
		{"udp", "process", "signal: killed"},
	}
	for _, tt := range tests {
		t.Run(tt.health, func(t *testing.T) {
			s := openSite(t)
			svc := s.start(t, s.config(tt.kind, tt.health))
			s.await(t, "healthy", "announce")
			kill(t, svc)
			s.await(t, "healthy", "announce", "unhealthy", "withdraw")
			if !strings.Contains(s.reason(), tt.reason) || svc.Healthy() {
				t.Errorf("healthy %v, reason %q, want %q", svc.Healthy(), s.reason(), tt.reason)
			}
			if err := svc.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
			s.await(t, "healthy", "announce", "unhealthy", "withdraw", "healthy", "announce")
		})
	}
}

// TestHang freezes the process: its sockets stay open, and only an answer
// that does not come tells.
func TestHang(t *testing.T) {
	for _, kind := range []string{"dns", "http", "udp"} {
		t.Run(kind, func(t *testing.T) {
			s := openSite(t)
			c := s.config(kind, kind)
			c.Health.Timeout = 200 * time.Millisecond
			c.Health.Fall = 3
			svc := s.start(t, c)
			s.await(t, "healthy", "announce")
			signal(t, svc, unix.SIGSTOP)
			s.await(t, "healthy", "announce", "unhealthy", "withdraw")
			if !strings.Contains(s.reason(), "timeout") {
				t.Errorf("reason %q, want a timeout", s.reason())
			}
			signal(t, svc, unix.SIGCONT)
			s.await(t, "healthy", "announce", "unhealthy", "withdraw", "healthy", "announce")
		})
	}
}

// TestTCPCheckMissesAHang holds what askTCP documents: the kernel completes
// the connection for a frozen process.
func TestTCPCheckMissesAHang(t *testing.T) {
	s := openSite(t)
	svc := s.start(t, s.config("http", "none"))
	labtest.Freeze(t, svc.Proc())
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := exchange("tcp", askTCP)(ctx, svc); err != nil {
		t.Errorf("tcp: %v, want no error", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := exchange("tcp", askHTTP)(ctx, svc); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("http: %v, want the deadline", err)
	}
}

// TestNone is the black hole: dead, and announced until Close.
func TestNone(t *testing.T) {
	s := openSite(t)
	svc := s.start(t, s.config("udp", "none"))
	s.await(t, "healthy", "announce")
	kill(t, svc)
	if err := svc.Close(); err != nil {
		t.Fatal(err)
	}
	s.await(t, "healthy", "announce", "withdraw")
}

// A supervisor starts the service again: a health check that looks seldom never
// notices. Without power nothing is started.
func TestSupervisor(t *testing.T) {
	s := openSite(t)
	c := s.config("udp", "udp")
	c.Restart, c.Health.Interval, c.Health.Fall = 100*time.Millisecond, time.Second, 60
	svc := s.start(t, c)
	s.await(t, "healthy", "announce")
	old := svc.Proc()
	kill(t, svc)
	for deadline := time.Now().Add(patience); svc.Proc() == old; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it was not started again")
		}
	}
	svc.starting.Lock()   // until it answers
	svc.starting.Unlock() //nolint:staticcheck // nothing else is to be waited for
	s.whoAnswers(t, "udp", netip.AddrPortFrom(c.Addrs[0], uint16(c.Port)), whoUDP)
	s.await(t, "healthy", "announce")
	svc.Halt()
	old = svc.Proc()
	kill(t, svc)
	time.Sleep(4 * c.Restart)
	if svc.Proc() != old {
		t.Error("it was started again without power")
	}
}

// A slow start is one of every start but the first.
func TestSlowStart(t *testing.T) {
	s := openSite(t)
	c := s.config("udp", "udp")
	const long = 300 * time.Millisecond
	c.Ready = 20 * time.Second
	began := time.Now()
	svc := s.start(t, c)
	if took := time.Since(began); took >= c.Ready {
		t.Errorf("the first start took %v", took)
	}
	svc.config.Ready = long
	kill(t, svc)
	began = time.Now()
	if err := svc.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < long {
		t.Errorf("it answered after %v, want %v at least", took, long)
	}
	s.whoAnswers(t, "udp", netip.AddrPortFrom(c.Addrs[0], uint16(c.Port)), whoUDP)
}

// TestScript fails by the exit status, then by the timeout, and mends.
func TestScript(t *testing.T) {
	s := openSite(t)
	c := s.config("udp", "script")
	c.Health.Timeout = 2 * time.Second
	c.Health.Fall = 3
	c.Health.Command = []string{"sh", "-c", `echo {addr} {port} {node} >>ran; if test -e {dir}/hang; then sleep 1000; fi; test ! -e {dir}/sick`}
	svc := s.start(t, c)
	s.await(t, "healthy", "announce")
	sick, hang := filepath.Join(s.a.Dir(), "sick"), filepath.Join(s.a.Dir(), "hang")
	touch(t, sick)
	ran := len(s.ran(t))
	s.await(t, "healthy", "announce", "unhealthy", "withdraw")
	if !strings.Contains(s.reason(), "exit status 1") {
		t.Errorf("reason %q", s.reason())
	}
	lines := s.ran(t)
	// The run counted last may have looked before the file was there.
	if n := len(lines) - ran; n < c.Health.Fall-1 {
		t.Errorf("withdrawn after %d checks, want at least %d", n, c.Health.Fall-1)
	}
	if lines[0] != "192.0.2.100 5300 a" {
		t.Errorf("placeholders became %q", lines[0])
	}
	remove(t, sick)
	s.await(t, "healthy", "announce", "unhealthy", "withdraw", "healthy", "announce")
	touch(t, hang)
	s.await(t, "healthy", "announce", "unhealthy", "withdraw", "healthy", "announce", "unhealthy", "withdraw")
	if !strings.Contains(s.reason(), "killed after 2 s") {
		t.Errorf("reason %q", s.reason())
	}
	if err := svc.Close(); err != nil { // with a script under way
		t.Fatal(err)
	}
}

// ran returns a line for each run of the script, which it writes to its own
// directory.
func (s *site) ran(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(s.a.LogDir(), "cwd/svc/ran"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(data)), "\n")
}

func TestDrain(t *testing.T) {
	s := openSite(t)
	svc := s.start(t, s.config("udp", "process"))
	s.await(t, "healthy", "announce")
	drain := func(f func(context.Context) error) {
		t.Helper()
		if err := f(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	drain(svc.Drain)
	drain(svc.Drain)
	s.await(t, "healthy", "announce", "withdraw")
	kill(t, svc)
	s.await(t, "healthy", "announce", "withdraw", "unhealthy")
	drain(svc.Undrain)
	s.await(t, "healthy", "announce", "withdraw", "unhealthy")
	if err := svc.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.await(t, "healthy", "announce", "withdraw", "unhealthy", "healthy", "announce")
}

func TestDrainReportsTheSpeaker(t *testing.T) {
	s := openSite(t)
	svc := s.start(t, s.config("udp", "udp"))
	s.await(t, "healthy", "announce")
	s.fail(errors.New("no speaker"))
	if err := svc.Drain(t.Context()); err == nil || !strings.Contains(err.Error(), "drain service svc on a: withdraw") {
		t.Errorf("got %v", err)
	}
	s.fail(nil)
	if err := svc.Drain(t.Context()); err != nil {
		t.Errorf("with the speaker back: %v", err)
	}
}

func TestRestartLeavesTheLivingAlone(t *testing.T) {
	s := openSite(t)
	svc := s.start(t, s.config("udp", "process"))
	p := svc.Proc()
	if err := svc.Restart(t.Context()); err != nil || svc.Proc() != p {
		t.Errorf("error %v, another process: %v", err, svc.Proc() != p)
	}
}

func TestCloseLeavesNoProcess(t *testing.T) {
	s := openSite(t)
	svc := s.start(t, s.config("dns", "dns"))
	s.await(t, "healthy", "announce")
	signal(t, svc, unix.SIGSTOP) // even a frozen one
	for range 2 {
		if err := svc.Close(); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-svc.Proc().Done():
	default:
		t.Error("the process is still there")
	}
	s.await(t, "healthy", "announce", "withdraw")
	if err := svc.Restart(t.Context()); err == nil {
		t.Error("restarted after Close")
	}
}

func touch(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}
