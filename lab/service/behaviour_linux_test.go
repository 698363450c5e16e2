package service

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestBehave makes each server that can answer late, and wrongly, and well
// again.
func TestBehave(t *testing.T) {
	s := openSite(t)
	tests := []struct {
		kind, network string
		ask           func(net.Conn) (string, error)
	}{
		{"dns", "udp", whoDNS},
		{"http", "tcp", whoHTTP},
		{"udp", "udp", whoUDP},
	}
	for i, tt := range tests {
		t.Run(tt.kind, func(t *testing.T) {
			c := s.config(tt.kind, "none")
			c.Name, c.Port = tt.kind, 6000+i
			svc := s.start(t, c)
			const delay = 300 * time.Millisecond
			s.behave(t, svc, Behaviour{Delay: delay})
			if took, err := s.ask(t, svc, tt.network, tt.ask); took < delay || err != nil {
				t.Errorf("delayed: %v after %v", err, took)
			}
			s.behave(t, svc, Behaviour{Wrong: true})
			if _, err := s.ask(t, svc, tt.network, tt.ask); err == nil {
				t.Error("wrong: the answer is right")
			}
			s.behave(t, svc, Behaviour{})
			if _, err := s.ask(t, svc, tt.network, tt.ask); err != nil {
				t.Errorf("well again: %v", err)
			}
		})
	}
}

func (s *site) behave(t *testing.T, svc *Service, b Behaviour) {
	t.Helper()
	if err := svc.Behave(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if svc.Behaviour() != b {
		t.Errorf("behaviour %+v, want %+v", svc.Behaviour(), b)
	}
}

// ask asks the service who answers, and wants a.
func (s *site) ask(t *testing.T, svc *Service, network string, ask func(net.Conn) (string, error)) (time.Duration, error) {
	t.Helper()
	begin := time.Now()
	err := converse(t.Context(), s.a, network, netip.AddrPortFrom(svc.config.Addrs[0], uint16(svc.config.Port)), func(conn net.Conn) error {
		if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
			return err
		}
		who, err := ask(conn)
		if err == nil && who != "a" {
			err = errors.New("answered by " + who)
		}
		return err
	})
	return time.Since(begin), err
}

// TestBehaveDead: a dead process takes no orders, and the next one knows none.
func TestBehaveDead(t *testing.T) {
	s := openSite(t)
	svc := s.start(t, s.config("udp", "none"))
	s.behave(t, svc, Behaviour{Wrong: true})
	kill(t, svc)
	if svc.Behaviour().Wrong {
		t.Error("a dead process still answers")
	}
	if err := svc.Behave(t.Context(), Behaviour{Wrong: true}); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("an order to a dead process: %v", err)
	}
	if err := svc.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if svc.Behaviour() != (Behaviour{}) {
		t.Error("the new process misbehaves")
	}
	s.behave(t, svc, Behaviour{Wrong: true})
}

func TestPliable(t *testing.T) {
	for _, kind := range Kinds() {
		want := kind != "command" && kind != "tcp"
		if err := Pliable(kind); (err == nil) != want {
			t.Errorf("%s: %v", kind, err)
		}
	}
	s := openSite(t)
	svc := s.start(t, s.config("tcp", "none"))
	if err := svc.Behave(t.Context(), Behaviour{Wrong: true}); err == nil || !strings.Contains(err.Error(), "handshake") {
		t.Errorf("got %v", err)
	}
}

// TestOverride: the checker's word is healthy while it is overridden, and the
// truth afterwards, under checks that poll and under one that is told.
func TestOverride(t *testing.T) {
	for _, health := range []string{"udp", "process"} {
		t.Run(health, func(t *testing.T) {
			s := openSite(t)
			svc := s.start(t, s.config("udp", health))
			s.await(t, "healthy", "announce")
			svc.Override(t.Context(), true)
			kill(t, svc)
			// The checker has formed its opinion, and it is not heard.
			for deadline := time.Now().Add(patience); svc.opinionNow() == nil; time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("the checker did not notice")
				}
			}
			s.await(t, "healthy", "announce")
			if !svc.Healthy() || !svc.Overridden() {
				t.Errorf("healthy %v, overridden %v", svc.Healthy(), svc.Overridden())
			}
			svc.Override(t.Context(), false)
			s.await(t, "healthy", "announce", "unhealthy", "withdraw")
			svc.Override(t.Context(), true) // from sick to healthy as well
			s.await(t, "healthy", "announce", "unhealthy", "withdraw", "healthy", "announce")
		})
	}
}

// TestOverrideTruth: to lie and to stop lying about a healthy service changes
// nothing.
func TestOverrideTruth(t *testing.T) {
	s := openSite(t)
	svc := s.start(t, s.config("udp", "process"))
	s.await(t, "healthy", "announce")
	svc.Override(t.Context(), true)
	svc.Override(t.Context(), false)
	signal(t, svc, unix.SIGKILL)
	s.await(t, "healthy", "announce", "unhealthy", "withdraw")
}

func (s *Service) opinionNow() error {
	s.opinion.mu.Lock()
	defer s.opinion.mu.Unlock()
	return s.opinion.reason
}
