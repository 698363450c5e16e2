package service

import (
	"net/netip"
	"strings"
	"testing"
)

// TestCommand runs a program that knows where to listen only by placeholders.
func TestCommand(t *testing.T) {
	s := openSite(t)
	c := s.config("command", "udp")
	c.Addrs = c.Addrs[:1]
	c.Command = []string{"/proc/self/exe", "service", `{"Kind":"udp","Node":"{node}","Port":{port},"Addrs":["{addr}"]}`}
	svc := s.start(t, c)
	s.await(t, "healthy", "announce")
	s.whoAnswers(t, "udp", netip.AddrPortFrom(c.Addrs[0], uint16(c.Port)), whoUDP)
	kill(t, svc)
	s.await(t, "healthy", "announce", "unhealthy", "withdraw")
}

func TestCommandThatDies(t *testing.T) {
	s := openSite(t)
	c := s.config("command", "none")
	c.Command = []string{"sh", "-c", "echo cannot read the zone of {node} >&2; exit 3"}
	_, err := Start(t.Context(), s.a, c, s, s)
	for _, want := range []string{"start service svc on a", "exit status 3", "cannot read the zone of a", "svc.log"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	s.await(t) // nothing was announced
}

func TestCommandThatIsMissing(t *testing.T) {
	s := openSite(t)
	c := s.config("command", "none")
	c.Command = []string{"/nonexistent/unbound"}
	if _, err := Start(t.Context(), s.a, c, s, s); err == nil || !strings.Contains(err.Error(), "/nonexistent/unbound") {
		t.Errorf("got %v", err)
	}
}
