package service

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"anylab/lab"
	"anylab/lab/record"
)

// until asks again and again, for nothing tells what a checker does.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

func (j *journal) seen() []record.Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.events)
}

func (s *site) loop(script string) Config {
	c := s.config("http", "loop")
	c.Prefixes = nil
	c.Health.Command = []string{"sh", "-c", script}
	return c
}

// The checker runs in the node, knows where it is, and dies with the service.
// Nothing is announced or recorded on its behalf.
func TestLoopRunsByItself(t *testing.T) {
	s := openSite(t)
	svc := s.start(t, s.loop("echo {dev} {node} {addr} {port} {interval} > {dir}/seen; exec sleep 1000"))
	until(t, "the checker has run", func() bool {
		text, err := os.ReadFile(filepath.Join(s.a.Dir(), "seen"))
		return err == nil && string(text) == "anycast0 a 192.0.2.100 5300 0.02\n"
	})
	until(t, "the checker runs", svc.Healthy)
	if err := svc.Close(); err != nil {
		t.Fatal(err)
	}
	if svc.Healthy() {
		t.Error("a service without a checker is healthy")
	}
	if n := len(s.a.Procs()); n != 0 {
		t.Errorf("%d processes outlive the service", n)
	}
	for _, e := range s.seen() {
		if e.Kind == record.KindHealth || e.Kind == record.KindFinding {
			t.Errorf("recorded %+v", e)
		}
	}
}

// A checker asks localhost, whose answer does not depend on the anycast
// interface.
func TestLoopMayAskLocalhost(t *testing.T) {
	s := openSite(t)
	svc := s.start(t, s.loop("exec sleep 1000"))
	if got := svc.config.listening(); !slices.ContainsFunc(got, func(a netip.Addr) bool { return a.IsLoopback() }) {
		t.Errorf("it listens on %v only", got)
	}
	polled := s.config("http", "http")
	if got := polled.listening(); slices.ContainsFunc(got, func(a netip.Addr) bool { return a.IsLoopback() }) {
		t.Errorf("without such a checker it listens on %v", got)
	}
}

// A checker that ends leaves the service unwatched: nobody may believe what is
// measured then.
func TestLoopThatEndsIsADoubt(t *testing.T) {
	s := openSite(t)
	svc := s.start(t, s.loop("exit 3"))
	until(t, "a finding", func() bool {
		return slices.ContainsFunc(s.seen(), func(e record.Event) bool {
			f, ok := e.Data.(record.Finding)
			return ok && f.Name == "health-checker-ended" && strings.Contains(f.Detail, "exit status 3")
		})
	})
	if svc.Healthy() {
		t.Error("the service is healthy")
	}
}

func TestMissingNamesThePackage(t *testing.T) {
	if err := Missing(nil, "sh"); err != nil {
		t.Errorf("sh: %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	err := Missing(nil, "no-such-program")
	var lacking lab.Unavailable
	if !errors.As(err, &lacking) || lacking.Fix != "install no-such-program" {
		t.Errorf("got %v", err)
	}
	more := map[string]string{"no-such-program": "some-package"}
	if !errors.As(Missing(more, "no-such-program"), &lacking) || !strings.HasSuffix(lacking.Fix, "apt-get install --no-install-recommends some-package") {
		t.Errorf("fix %q", lacking.Fix)
	}
}
