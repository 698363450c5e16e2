package simulate

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"anylab/lab/fault"
	"anylab/lab/record"
	"anylab/scenarios"
	"anylab/topologies"
)

// Cell is what is simulated: a scenario without a matrix.
type Cell struct {
	scenarios.Scenario
	Setting  fault.Setting
	Profiles Profiles
	Faults   []Fault
	Groups   []Group
	Trip     time.Duration                                // of the slowest request and its answer, by the links' delays
	Period   time.Duration                                // over which the faults' moments are drawn
	Moment   func(trial int, now record.Time) record.Time // of a trial's fault, from now on
	Own      []bool                                       // which trials are recorded: those of a shard; nil: all
	Enough   func(made int) (bool, error)                 // whether so many trials are
}

// Fault is one that every trial makes.
type Fault struct {
	fault.Fault
	Service string // the one that it strikes
	ID      int
	Spec    scenarios.Fault
	Known   time.Duration // theory has it detected by then; 0: not known
}

// Group is a probe group, whose requests take so many round trips to their answers, of
// which a connection's handshake is one.
type Group struct {
	record.ProbeGroup
	Trips int
}

// Refused says what of the cell can't be simulated, nil if all can.
func (c Cell) Refused() error {
	for _, l := range c.Topology.Links {
		if err := refusedLink(l); err != nil {
			return err
		}
	}
	for _, n := range c.Topology.Nodes {
		switch _, known := c.Profiles[n.Daemon]; {
		case n.Config != "":
			return fmt.Errorf("node %s has a configuration file of its own, which is not simulated", n.Name)
		case n.Daemon != "" && !known:
			return fmt.Errorf("node %s runs %s, of which there is no profile", n.Name, n.Daemon)
		case n.Table > 0:
			return fmt.Errorf("node %s announces a table of %d routes, which is not simulated: how long daemons work on many routes is in no profile", n.Name, n.Table)
		case n.Damping != nil && c.Profiles[n.Daemon].Damping == nil:
			return fmt.Errorf("node %s damps routes, and how %s does that is in no profile", n.Name, n.Daemon)
		case len(n.Routes) > 0:
			return fmt.Errorf("node %s has routes of its own, which are not simulated", n.Name)
		}
	}
	for _, s := range c.Services {
		if slices.Contains([]string{"script", "loop"}, s.Health.Kind) || len(s.Command) > 0 {
			return fmt.Errorf("service %s has commands, which are not simulated", s.Name)
		}
		if s.DNS != nil || s.Capacity > 0 || len(s.Global) > 0 {
			return fmt.Errorf("service %s is found by DNS, has a capacity or global sites, which is not simulated", s.Name)
		}
	}
	for _, l := range c.Topology.Links {
		if err := c.refusedAgain(l); err != nil {
			return err
		}
		for _, e := range l.Ends {
			if w := c.Setting.Daemons.Watch(l, e.Node); w.Outlasts && w.NextHops {
				return fmt.Errorf("node %s follows next hops without fast_external_failover, which is not simulated", e.Node)
			}
		}
	}
	for _, f := range c.Faults {
		if why := f.Declare(c.Setting).Real; why != "" {
			return fmt.Errorf("fault %s is not simulated: %s", f.Spec.Kind, why)
		}
	}
	if c.Monitoring != nil {
		return errors.New("its monitoring is not simulated: Prometheus is a real one")
	}
	return nil
}

// refusedAgain: how long daemons take to try again is in no profile; that of the embedded
// speaker is its code's.
func (c Cell) refusedAgain(l topologies.Link) error {
	for _, e := range l.Ends {
		if n, _ := c.Topology.Node(e.Node); l.BGP.Longest() > 0 && n.Daemon != topologies.Embedded {
			return fmt.Errorf("link %s has connect_retry or idle_hold, and when %s tries again is in no profile", l.Name, n.Daemon)
		}
	}
	if l.BGP.ConnectRetry > 0 && l.BGP.Restart > 0 {
		return fmt.Errorf("link %s has connect_retry with graceful_restart, which is not simulated", l.Name)
	}
	return nil
}

func refusedLink(l topologies.Link) error {
	near, far := l.Ends[0], l.Ends[1]
	switch {
	case l.VRRP != nil:
		return fmt.Errorf("segment %s has VRRP, which is not simulated", l.Segment)
	case l.Segment != "":
		return fmt.Errorf("segment %s is shared by more than two, which is not simulated", l.Segment)
	case l.Uneven():
		return fmt.Errorf("link %s has BFD that differs by its ends, which is not simulated", l.Name)
	case l.BFD != nil && l.BFD.Echo > 0:
		return fmt.Errorf("link %s has BFD with echo packets, which is not simulated", l.Name)
	case near.Policy.MaxPrefixes > 0 || far.Policy.MaxPrefixes > 0:
		return fmt.Errorf("link %s has max_prefixes, which is not simulated", l.Name)
	case near.Policy.AddPath || far.Policy.AddPath:
		return fmt.Errorf("link %s has add_path, which is not simulated", l.Name)
	case near.Shape.Rate > 0 || far.Shape.Rate > 0:
		return fmt.Errorf("link %s has a rate, which is not simulated", l.Name)
	}
	return nil
}

// cellRun is a cell that is carried out.
type cellRun struct {
	Cell
	*Lab
	home [][]string
}

// Run makes the trials of the cell, from a virtual time on, and returns when it ends.
func (c Cell) Run(ctx context.Context, dir *record.Dir, suffix string, from record.Time, seed uint64) (record.Time, error) {
	recorded := c.Own == nil || slices.Contains(c.Own, true)
	r := &cellRun{Cell: c, Lab: open(c.Scenario, c.Setting, c.Profiles, kept(dir, recorded), from, seed)}
	if err := r.startProbes(ctx, dir, suffix, recorded); err != nil {
		return from, err
	}
	for i := range c.Trials {
		if ctx.Err() != nil {
			return r.now, ctx.Err()
		}
		own := c.Own == nil || c.Own[i]
		r.out = kept(dir, own)
		for _, p := range r.probers {
			p.keep(r.now, own)
		}
		if err := r.trial(ctx, i); err != nil {
			return r.now, fmt.Errorf("trial %d: %w", i+1, err)
		}
		if enough, err := r.enough(dir, i+1); enough || err != nil {
			return r.now, err
		}
	}
	return r.now, r.flush(dir)
}

// enough judges, by the scenario's rule, what is recorded so far.
func (r *cellRun) enough(dir *record.Dir, made int) (bool, error) {
	if r.Until == nil {
		return false, nil
	}
	if err := r.flush(dir); err != nil {
		return false, err
	}
	return r.Enough(made)
}

// flush writes what is known so far.
func (r *cellRun) flush(dir *record.Dir) error {
	for _, p := range r.probers {
		p.flush()
	}
	return dir.Flush()
}

// kept is where events go that are recorded, or not.
func kept(out record.Sink, own bool) record.Sink {
	if !own {
		return record.SinkFunc(func(record.Event) {})
	}
	return out
}

func (r *cellRun) startProbes(ctx context.Context, dir *record.Dir, suffix string, recorded bool) error {
	for _, f := range r.Faults {
		if p, ok := f.Fault.(fault.Preparer); ok {
			if err := p.Prepare(ctx, r.world(0)); err != nil {
				return err
			}
		}
	}
	if err := r.settled(settling, 0, func() bool { return r.up() }); err != nil {
		return err
	}
	for _, g := range r.Groups {
		g.Name, g.Cell = g.Name+suffix, r.Scenario.Cell
		p := &prober{ProbeGroup: g.ProbeGroup, lab: r.Lab, client: r.nodes[g.Client], prefix: r.asked(g.ProbeGroup), due: r.now, flows: make([]flowSeen, g.Flows)}
		if recorded {
			var err error
			if p.out, err = dir.Samples(g.ProbeGroup); err != nil {
				return err
			}
		}
		if g.Carried() != record.Datagram {
			p.pooled, p.answers = g.Carried() == record.Connection && r.spreads(), map[string]record.Time{}
			p.calls = newCaller(p, g.Trips)
		}
		r.probers = append(r.probers, p)
	}
	return nil
}

// spreads says whether a router may send the connections of one client to several sites.
func (l *Lab) spreads() bool {
	return slices.ContainsFunc(l.order, func(n *node) bool { return n.Role == topologies.Router && n.Multipath })
}

// asked is the prefix of the address that a group asks.
func (r *cellRun) asked(g record.ProbeGroup) netip.Prefix {
	target, _ := netip.ParseAddrPort(g.Target)
	i := slices.IndexFunc(r.Topology.Anycast, func(p netip.Prefix) bool { return p.Contains(target.Addr()) })
	return r.Topology.Anycast[i]
}

const (
	settling = 5 * time.Minute
	look     = 5 * time.Millisecond   // how often the probes' fates are looked at
	quiet    = 500 * time.Millisecond // nothing may be lost for so long before a trial
	before   = 50 * time.Millisecond
)

// settled lets time pass until something is so.
func (r *cellRun) settled(limit, pause time.Duration, is func() bool) error {
	for end := r.now.Add(limit); !is(); {
		if r.now >= end {
			return fmt.Errorf("it did not settle within %v", limit)
		}
		r.pass(max(look, pause))
	}
	return nil
}

func (r *cellRun) pass(d time.Duration) {
	r.runUntil(r.now.Add(d))
	r.catchUp()
}

func (r *cellRun) passUntil(t record.Time) {
	for r.now < t {
		r.pass(min(look, t.Sub(r.now)))
	}
}

func (r *cellRun) served(after record.Time, quiet time.Duration) bool {
	return !slices.ContainsFunc(r.probers, func(p *prober) bool { return !p.served(after, quiet) })
}

// atHome says whether all are served by whom they were served by at first.
func (r *cellRun) atHome() bool {
	for i, p := range r.probers {
		if r.home != nil && !slices.Equal(r.home[i], p.nodes()) {
			return false
		}
	}
	return true
}
