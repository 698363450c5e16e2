package service

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/miekg/dns"

	"anylab/lab"
	"anylab/lab/record"
)

// Site is where a service answers on an address of its own, one in each family.
type Site struct {
	Node  string
	Addrs []netip.Addr
}

// Authority is the authoritative name server of a service that is not anycast. It
// asks each site whether it is well, and leads every name to the first one that is.
type Authority struct {
	ttl   time.Duration
	sites []Site
	watch []*Service // of each site
	stop  context.CancelFunc
	ends  []func() error
	all   sync.WaitGroup
}

// Lead starts an authority that asks from n, by the service's health check. It returns
// once it knows of each site whether it is well, and lives until Close.
func Lead(ctx context.Context, n *lab.Node, c Config, ttl time.Duration, sites []Site, sink record.Sink) (*Authority, error) {
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	a := &Authority{ttl: ttl, sites: sites, stop: stop}
	for _, site := range sites {
		verdict := make(chan struct{})
		known := sync.OnceFunc(func() { close(verdict) })
		at := record.SinkFunc(func(e record.Event) {
			e.Node = site.Node // it is about the site, wherever it was asked from
			sink.Emit(e)
			known()
		})
		of := c
		of.Addrs = site.Addrs
		s := &Service{config: of, node: n, sink: at, route: route{announcer: unannounced{}}}
		a.watch = append(a.watch, s)
		a.all.Go(func() { healthKinds[c.Health.Kind].watch(watching, s) })
		select {
		case <-verdict:
		case <-ctx.Done():
			return nil, fmt.Errorf("watch %s on %s: %w", c.Name, site.Node, a.closed(ctx.Err()))
		}
	}
	return a, nil
}

// unannounced stands for a speaker: nobody is told but who asks for the name.
type unannounced struct{}

func (unannounced) Announce(context.Context, ...netip.Prefix) error { return nil }
func (unannounced) Withdraw(context.Context, ...netip.Prefix) error { return nil }

// Listen answers on an address of a node.
func (a *Authority) Listen(n *lab.Node, at netip.AddrPort) error {
	return a.serve(n, at, func(query []byte) []byte {
		m := new(dns.Msg)
		if m.Unpack(query) != nil || len(m.Question) != 1 {
			return nil
		}
		packed, _ := a.answer(m).Pack() // of nothing that could not be packed
		return packed
	})
}

// serve answers datagrams until Close.
func (a *Authority) serve(n *lab.Node, at netip.AddrPort, answer func(query []byte) []byte) error {
	var conn *net.UDPConn
	err := n.Do(func() (err error) {
		conn, err = listenUDP(at)
		return err
	})
	if err != nil {
		return fmt.Errorf("answer for names on %s: %w", n.Name, err)
	}
	a.ends = append(a.ends, conn.Close)
	a.all.Go(func() {
		buf := make([]byte, 1<<12)
		for {
			size, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return // it was closed
			}
			_, _ = conn.WriteToUDPAddrPort(answer(buf[:size]), from) // who asks asks again
		}
	})
	return nil
}

// answer leads any name to the first site that is well; to the first of all where none
// is, for who says so may be the one who is cut off.
func (a *Authority) answer(query *dns.Msg) *dns.Msg {
	m := new(dns.Msg).SetReply(query)
	m.Authoritative = true
	site := a.sites[0]
	for i, s := range a.watch {
		if s.Healthy() {
			site = a.sites[i]
			break
		}
	}
	q := query.Question[0]
	head := dns.RR_Header{Name: q.Name, Rrtype: q.Qtype, Class: q.Qclass, Ttl: uint32(a.ttl / time.Second)}
	m.Answer = addresses(head, site.Addrs)
	return m
}

// Close ends what watches and answers. It is idempotent.
func (a *Authority) Close() error { return a.closed(nil) }

func (a *Authority) closed(err error) error {
	a.stop()
	for _, end := range a.ends {
		_ = end() // of a socket that nobody needs
	}
	a.all.Wait()
	return err
}
