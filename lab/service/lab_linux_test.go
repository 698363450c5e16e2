package service

import (
	"errors"
	"net/netip"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/labtest"
	"anylab/topologies"
)

func TestMain(m *testing.M) {
	labtest.Main(m, map[string]func([]string) int{"service": Main})
}

const oneSite = `
name: one-site
nodes:
  upstream: {role: router, asn: 65000}
  a:        {role: anycast, asn: 65001}
  london:   {role: client}
links:
  - endpoints: [upstream, a]
  - endpoints: [upstream, london]
anycast: [192.0.2.100/32, 2001:db8::100/128]
`

// site is a lab with one anycast node and a client that reaches it.
type site struct {
	*journal
	lab       *lab.Lab
	a, london *lab.Node
}

func openSite(t testing.TB) *site {
	t.Helper()
	l := labtest.Open(t, oneSite)
	s := &site{journal: newJournal(), lab: l, a: node(t, l, "a"), london: node(t, l, "london")}
	up := node(t, l, "upstream")
	toA, toUp := s.a.Interfaces()[0], s.london.Interfaces()[0]
	for _, p := range l.Topology().Anycast {
		addRoute(t, up, p, addrLike(p, toA.End))
	}
	addRoute(t, s.a, toUp.IPv4, addrLike(toA.IPv4, toA.Peer))
	addRoute(t, s.a, toUp.IPv6, addrLike(toA.IPv6, toA.Peer))
	return s
}

func node(t testing.TB, l *lab.Lab, name string) *lab.Node {
	t.Helper()
	n, err := l.Node(name)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// addrLike returns the end's address of the prefix's family.
func addrLike(p netip.Prefix, e topologies.End) netip.Addr {
	if p.Addr().Is4() {
		return e.IPv4.Addr()
	}
	return e.IPv6.Addr()
}

// addRoute does what BGP would.
func addRoute(t testing.TB, n *lab.Node, p netip.Prefix, via netip.Addr) {
	t.Helper()
	err := n.Do(func() error {
		r, err := lab.NewRoutes()
		if err != nil {
			return err
		}
		return errors.Join(r.Replace(p.Masked(), []netip.Addr{via}), r.Close())
	})
	if err != nil {
		t.Fatal(err)
	}
}

// config is a service of a kind, checked by another, on all anycast addresses.
// The timeout is long enough for a busy machine not to be taken for a failure.
func (s *site) config(kind, health string) Config {
	c := Config{
		Name: "svc", Kind: kind, Port: 5300, Prefixes: s.lab.Topology().Anycast,
		Health: Health{Kind: health, Interval: 20 * time.Millisecond, Timeout: 5 * time.Second, Fall: 2, Rise: 2},
	}
	for _, p := range c.Prefixes {
		c.Addrs = append(c.Addrs, p.Addr())
	}
	return c
}

// start starts a service that is closed when the test ends, before the lab.
func (s *site) start(t testing.TB, c Config) *Service {
	t.Helper()
	svc, err := Start(t.Context(), s.a, c, s, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := svc.Close(); err != nil {
			t.Error(err)
		}
	})
	return svc
}

func kill(t *testing.T, s *Service) {
	t.Helper()
	p := s.Proc()
	signal(t, s, unix.SIGKILL)
	select {
	case <-p.Done():
	case <-time.After(patience):
		t.Fatal("the process survives SIGKILL")
	}
}

func signal(t *testing.T, s *Service, sig os.Signal) {
	t.Helper()
	if err := s.Proc().Signal(sig); err != nil {
		t.Fatal(err)
	}
}
