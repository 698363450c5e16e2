// Package service answers on an anycast address and announces it while healthy.
package service

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"anylab/lab"
	"anylab/lab/record"
)

// Config is one service on one node.
type Config struct {
	Name     string // unique on its node; names its log file
	Kind     string // see Kinds
	Port     int
	Command  []string // of kind command; {addr} {port} {node} {dir} {dev} {interval} are replaced
	Health   Health
	Restart  time.Duration  // after so long it is started again when its process ended; 0: it is not
	Ready    time.Duration  // after each start but the first it answers nobody for so long
	Addrs    []netip.Addr   // the anycast addresses that it answers on
	Own      []netip.Addr   // and those of its node's own
	Capacity float64        // datagrams a second that it can answer; 0: no bound is set
	Shed     bool           // beyond that it answers its own node first, and so its health check
	Prefixes []netip.Prefix // what is announced while it is healthy
}

// Health is how a service is watched. After Fall failed checks in a row it is
// unhealthy and withdrawn, after Rise good ones healthy and announced. Before
// the first verdict one good check is enough, so that labs come up fast.
type Health struct {
	Kind     string // see HealthKinds
	Interval time.Duration
	Timeout  time.Duration
	Fall     int
	Rise     int
	Command  []string // of kinds script and loop; placeholders as in Config.Command
}

// An Announcer is the node's BGP speaker.
type Announcer interface {
	Announce(ctx context.Context, p ...netip.Prefix) error
	Withdraw(ctx context.Context, p ...netip.Prefix) error
}

// Service is a running service with its health checker.
type Service struct {
	config Config
	node   *lab.Node
	sink   record.Sink
	route  route

	starting  sync.Mutex // held while a process is started or the service closed
	closed    bool
	halted    bool           // there is no health checker for now
	restarted chan *lab.Proc // the newest process that answers, for a watcher of processes

	current sync.Mutex
	proc    *lab.Proc
	orders  *orders // to proc

	opinion opinion // of the health checker

	stop     context.CancelFunc
	watching sync.WaitGroup

	supervised context.Context // until Close
	leave      context.CancelFunc
	reviving   sync.WaitGroup
}

// startTimeout bounds the time from a process's start to its first answer, in a
// small lab.
// Programs of the user's may load large zones or caches first.
const startTimeout = 15 * time.Second

// Start runs the service on n and watches its health. It returns once the
// service answers on all its addresses, or with an error that quotes its log
// if it died. The service then lives until Close, whatever becomes of ctx.
func Start(ctx context.Context, n *lab.Node, c Config, a Announcer, sink record.Sink) (*Service, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("service %s on %s: %w", c.Name, n.Name, err)
	}
	s := &Service{
		config:    c,
		node:      n,
		sink:      sink,
		route:     route{announcer: a, prefixes: c.Prefixes},
		restarted: make(chan *lab.Proc, 1),
	}
	s.supervised, s.leave = context.WithCancel(context.WithoutCancel(ctx))
	if err := s.launch(ctx); err != nil {
		s.leave()
		return nil, err
	}
	s.watch(ctx)
	return s, nil
}

// Name returns the service's name.
func (s *Service) Name() string { return s.config.Name }

// Node returns the name of the node that it runs on.
func (s *Service) Node() string { return s.node.Name }

// Proc returns the service's newest process, dead or alive.
func (s *Service) Proc() *lab.Proc {
	s.current.Lock()
	defer s.current.Unlock()
	return s.proc
}

// Healthy returns the checker's latest verdict: false until there is one.
func (s *Service) Healthy() bool { return s.route.healthy.Load() }

// Override makes the health checker say that the service is healthy, whatever
// its checks find, or ends that: then its latest finding counts at once.
func (s *Service) Override(ctx context.Context, on bool) {
	s.opinion.mu.Lock()
	defer s.opinion.mu.Unlock()
	s.opinion.overridden = on
	if s.opinion.known && s.Healthy() != s.opinion.healthy() {
		s.publish(ctx, record.Now())
	}
}

// Overridden says whether the health checker's word is overridden.
func (s *Service) Overridden() bool {
	s.opinion.mu.Lock()
	defer s.opinion.mu.Unlock()
	return s.opinion.overridden
}

// Restart starts the service again after its process died and returns once it
// answers. A process that still runs is left alone. The address is announced
// again when the health checker says so.
func (s *Service) Restart(ctx context.Context) error {
	s.starting.Lock()
	defer s.starting.Unlock()
	if s.closed {
		return fmt.Errorf("restart service %s on %s: it was closed", s.Name(), s.Node())
	}
	select {
	case <-s.Proc().Done():
	default:
		return nil
	}
	return s.again(ctx)
}

// again starts a new process; the caller holds starting.
func (s *Service) again(ctx context.Context) error {
	if err := s.launch(ctx); err != nil {
		return err
	}
	select {
	case <-s.restarted: // of a process that has died since; nobody wants it now
	default:
	}
	s.restarted <- s.Proc()
	return nil
}

// Drain withdraws the address as an operator would. The health checker goes on
// and records its verdicts, but nothing is announced until Undrain.
func (s *Service) Drain(ctx context.Context) error {
	if err := s.route.drain(ctx, true); err != nil {
		return fmt.Errorf("drain service %s on %s: %w", s.Name(), s.Node(), err)
	}
	return nil
}

// Undrain announces the address again if the service is healthy. It is no
// error if nothing was drained.
func (s *Service) Undrain(ctx context.Context) error {
	if err := s.route.drain(ctx, false); err != nil {
		return fmt.Errorf("undrain service %s on %s: %w", s.Name(), s.Node(), err)
	}
	return nil
}

// Leave ends the health checker and leaves everything else as it is: for a lab
// that is about to be killed.
func (s *Service) Leave() {
	s.leave()
	defer s.reviving.Wait()
	s.starting.Lock()
	defer s.starting.Unlock()
	s.stop()
	s.watching.Wait()
}

// Close ends the health checker, withdraws what is announced and stops the
// process. It is idempotent.
func (s *Service) Close() error {
	s.leave()
	defer s.reviving.Wait()
	s.starting.Lock()
	defer s.starting.Unlock()
	s.stop()
	s.watching.Wait()
	if s.closed {
		return nil
	}
	s.closed = true
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	err := errors.Join(s.route.drain(ctx, true), s.Proc().Stop(ctx), s.silence())
	if err != nil {
		return fmt.Errorf("close service %s on %s: %w", s.Name(), s.Node(), err)
	}
	return nil
}

// closeTimeout is enough for a withdrawal that hangs and for a process that
// has to be killed.
const closeTimeout = announceTimeout + 5*time.Second
