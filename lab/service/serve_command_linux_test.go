package service

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"anylab/lab/labtest"
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

// TestCommandPrograms runs real servers, each probed over its own protocol.
func TestCommandPrograms(t *testing.T) {
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin")
	tests := []struct {
		health, network string
		command         []string
		ask             func(net.Conn) (string, error)
		config          string
	}{
		{"dns", "udp", []string{"unbound", "-d", "-c", "{dir}/config"}, whoDNS, `server:
  interface: 192.0.2.100@5300
  interface: 2001:db8::100@5300
  ip-freebind: yes
  access-control: 0.0.0.0/0 allow
  access-control: ::/0 allow
  username: ""
  chroot: ""
  directory: "."
  pidfile: ""
  use-syslog: no
  module-config: "iterator"
  identity: a
`},
		{"dns", "udp", []string{"dnsdist", "--supervised", "--disable-syslog", "-C", "{dir}/config"}, whoDNS, `addLocal('192.0.2.100:5300')
addLocal('[2001:db8::100]:5300')
setACL({'0.0.0.0/0', '::/0'}) -- the node's own check comes from the anycast address
setSecurityPollSuffix('')
addAction(AllRule(), SpoofRawAction('\1a'))
`},
		{"http", "tcp", []string{"nginx", "-e", "stderr", "-p", "{dir}", "-c", "{dir}/config"}, whoHTTP, `user root; # an ordinary user's sandbox has no other
daemon off;
master_process off;
pid nginx.pid;
events {}
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server {
    listen 192.0.2.100:5300;
    listen [2001:db8::100]:5300;
    location / { add_header X-Anycast-Node a; return 200 "a\n"; }
  }
}
`},
	}
	for _, tt := range tests {
		t.Run(tt.command[0], func(t *testing.T) {
			labtest.Require(t, tt.command[0])
			s := openSite(t)
			if err := os.WriteFile(filepath.Join(s.a.Dir(), "config"), []byte(tt.config), 0o644); err != nil {
				t.Fatal(err)
			}
			c := s.config("command", tt.health)
			c.Command = tt.command
			svc := s.start(t, c)
			s.await(t, "healthy", "announce")
			for _, a := range c.Addrs {
				s.whoAnswers(t, tt.network, netip.AddrPortFrom(a, uint16(c.Port)), tt.ask)
			}
			kill(t, svc)
			s.await(t, "healthy", "announce", "unhealthy", "withdraw")
			if err := svc.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
			s.await(t, "healthy", "announce", "unhealthy", "withdraw", "healthy", "announce")
		})
	}
}
