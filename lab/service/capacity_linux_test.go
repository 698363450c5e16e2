package service

import (
	"context"
	"net/netip"
	"testing"
	"time"
)

// A site that gets twenty times what it can answer fails its own health check, unless it
// answers that first.
func TestCapacity(t *testing.T) {
	for name, shed := range map[string]bool{"serves all alike": false, "sheds": true} {
		t.Run(name, func(t *testing.T) { overload(t, shed) }) // which ends its site, whose checks go on until then
	}
}

func overload(t *testing.T, shed bool) {
	s := openSite(t)
	c := s.config("udp", "udp")
	c.Capacity, c.Shed = 20, shed
	c.Health.Fall, c.Health.Timeout = 3, 200*time.Millisecond
	if shed {
		c.Health.Timeout = 5 * time.Second // of a busy machine
	}
	svc := s.start(t, c)
	s.await(t, "healthy", "announce")
	stop := s.press(t, netip.AddrPortFrom(c.Addrs[0], uint16(c.Port)))
	defer stop()
	if !shed {
		s.await(t, "healthy", "announce", "unhealthy", "withdraw")
	} else if time.Sleep(time.Second); !svc.Healthy() {
		t.Errorf("it is unhealthy: %s", s.reason())
	}
}

// press asks 400 times a second, and waits for no answer.
func (s *site) press(t *testing.T, at netip.AddrPort) (stop func()) {
	t.Helper()
	conn, err := dial(t.Context(), s.london, "udp", at)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() {
		defer close(over)
		for turns := time.NewTicker(2500 * time.Microsecond); ctx.Err() == nil; <-turns.C {
			_, _ = conn.Write([]byte("please"))
		}
	}()
	return func() {
		cancel()
		<-over
		_ = conn.Close()
	}
}
