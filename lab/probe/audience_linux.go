package probe

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
)

// audience is the users at work.
type audience struct {
	Users
	to   []atomic.Pointer[sockaddr] // where each flow's user asks
	from []sockaddr                 // who may answer
	stop context.CancelFunc
	all  sync.WaitGroup
}

// newAudience is nil where all ask the target.
func newAudience(c Config, port uint16) *audience {
	if c.Users == nil {
		return nil
	}
	a := &audience{Users: *c.Users, to: make([]atomic.Pointer[sockaddr], c.Flows)}
	target := newSockaddr(netip.AddrPortFrom(c.Target.Addr(), port))
	for i := range a.to {
		a.to[i].Store(&target)
	}
	for _, s := range a.Sites {
		a.from = append(a.from, newSockaddr(netip.AddrPortFrom(s, port)))
	}
	return a
}

// begin lets the users look their names up until end.
func (a *audience) begin(port uint16) {
	ctx, stop := context.WithCancel(context.Background())
	a.stop = stop
	flow := 0
	for _, r := range a.Resolvers {
		for i := range r.Users {
			user, first := flow, r.Keeps*time.Duration(2*i+1)/time.Duration(2*r.Users)
			a.all.Go(func() { a.follow(ctx, user, port, r.Addr, first) })
			flow++
		}
	}
}

func (a *audience) end() {
	a.stop()
	a.all.Wait()
}

// leastKept is for how long an answer is kept whatever its TTL, and after how long one
// that does not come is asked for again; what was known is used meanwhile.
const leastKept = time.Second

// follow is what one user does.
func (a *audience) follow(ctx context.Context, user int, port uint16, resolver netip.AddrPort, wait time.Duration) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		at, ttl, err := lookUp(ctx, resolver, NameOf(user), a.from[0].is4())
		if err == nil {
			to := newSockaddr(netip.AddrPortFrom(at, port))
			a.to[user].Store(&to)
		}
		wait = max(ttl, leastKept)
	}
}

// lookUp asks a resolver for the address of a name.
func lookUp(ctx context.Context, resolver netip.AddrPort, name string, v4 bool) (at netip.Addr, ttl time.Duration, err error) {
	kind := dns.TypeAAAA
	if v4 {
		kind = dns.TypeA
	}
	c := dns.Client{Timeout: leastKept}
	m, _, err := c.ExchangeContext(ctx, new(dns.Msg).SetQuestion(name, kind), resolver.String())
	if err != nil {
		return at, 0, err
	}
	for _, rr := range m.Answer {
		switch rr := rr.(type) {
		case *dns.A:
			at, _ = netip.AddrFromSlice(rr.A.To4())
		case *dns.AAAA:
			at, _ = netip.AddrFromSlice(rr.AAAA)
		}
		if at.IsValid() {
			return at, time.Duration(rr.Header().Ttl) * time.Second, nil
		}
	}
	return at, 0, errors.New("no address in the answer")
}
