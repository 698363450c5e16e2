package service

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/miekg/dns"

	"anylab/lab"
)

// resolving is the program that resolves names where it is installed.
const resolving = "unbound"

// Resolver says what resolves names on this machine.
func Resolver() string {
	if _, err := find(resolving, nil); err != nil {
		return "the built-in resolver"
	}
	return resolving
}

// Resolve starts a resolver on n that asks the authority, at an address of the node's,
// and keeps answers for least at least. It returns once it answers for the name.
func (a *Authority) Resolve(ctx context.Context, n *lab.Node, at, authority netip.AddrPort, least time.Duration, name string) error {
	start := a.cache
	if Resolver() == resolving {
		start = a.unbound
	}
	if err := start(ctx, n, at, authority, least); err != nil {
		return fmt.Errorf("start a resolver on %s: %w", n.Name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, n.StartWithin(startTimeout))
	defer cancel()
	for {
		err := converse(ctx, n, "udp", at, func(c net.Conn) error { return lookUp(c, name) })
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("start a resolver on %s: it does not answer: %w", n.Name, errors.Join(err, a.Close()))
		case <-time.After(readyPoll):
		}
	}
}

// lookUp asks once, and waits for a moment.
func lookUp(c net.Conn, name string) error {
	if err := c.SetDeadline(time.Now().Add(askTimeout)); err != nil {
		return err
	}
	conn := &dns.Conn{Conn: c}
	if err := conn.WriteMsg(new(dns.Msg).SetQuestion(name, dns.TypeA)); err != nil {
		return err
	}
	m, err := conn.ReadMsg()
	if err == nil && m.Rcode != dns.RcodeSuccess {
		err = fmt.Errorf("the answer is %s", dns.RcodeToString[m.Rcode])
	}
	return err
}

// unboundConfig is that of a resolver that has nobody to ask but the authority.
const unboundConfig = `server:
  do-daemonize: no
  chroot: ""
  username: ""
  directory: %[1]q
  pidfile: ""
  use-syslog: no
  interface: %[2]s
  port: %[3]d
  do-ip6: no
  do-not-query-localhost: no
  access-control: 0.0.0.0/0 allow
  num-threads: 1
  module-config: "iterator"
  cache-min-ttl: %[4]d
forward-zone:
  name: "."
  forward-addr: %[5]s@%[6]d
`

func (a *Authority) unbound(ctx context.Context, n *lab.Node, at, authority netip.AddrPort, least time.Duration) error {
	program, err := find(resolving, nil)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%s-%d", resolving, at.Port())
	file := filepath.Join(n.Dir(), name+".conf")
	text := fmt.Sprintf(unboundConfig, n.Dir(), at.Addr(), at.Port(), least/time.Second, authority.Addr(), authority.Port())
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return err
	}
	_, err = n.Start(context.WithoutCancel(ctx), name, exec.Command(program, "-d", "-c", file)) // it ends with the lab
	return err
}

// cache is a resolver of our own: it keeps answers, and gives them with what is left
// of their TTL, in whole seconds.
func (a *Authority) cache(_ context.Context, n *lab.Node, at, _ netip.AddrPort, least time.Duration) error {
	type kept struct {
		answer *dns.Msg
		until  time.Time
	}
	var mu sync.Mutex
	known := map[dns.Question]kept{}
	keeps := max(a.ttl, least)
	return a.serve(n, at, func(packet []byte) []byte { //nolint:contextcheck // to listen takes no time
		query := new(dns.Msg)
		if query.Unpack(packet) != nil || len(query.Question) != 1 {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		k := known[query.Question[0]]
		if left := time.Until(k.until); left <= 0 {
			k = kept{a.answer(query), time.Now().Add(keeps)}
			known[query.Question[0]] = k
		}
		answer := k.answer.Copy()
		answer.Id = query.Id
		for _, rr := range answer.Answer {
			rr.Header().Ttl = uint32(time.Until(k.until) / time.Second)
		}
		packed, _ := answer.Pack() // it was packed before
		return packed
	})
}
