package run

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"anylab/lab"
	"anylab/lab/record"
	"anylab/topologies"
	"anylab/topologies/document"
)

// quiet is for how long nothing may be lost before a trial begins, and before
// the lab counts as settled.
const quiet = 500 * time.Millisecond

// GateError says that the lab did not come up: no measurement was made.
type GateError struct{ Missing []string }

func (e *GateError) Error() string {
	return "the lab did not settle: " + document.Joined(e.Missing, "; ")
}

// gate lets a trial begin once the lab is as it was when it had settled.
type gate struct {
	*rig
	patience time.Duration       // see the constants of that name
	home     map[string][]string // who answers each probe group when a trial begins
	fixed    bool                // every trial begins so; else the next one may begin wherever the lab has come to rest
	tried    bool                // a trial has begun so
	bound    []string            // clients for whom no failover can do anything: the outcome is that of the others
}

// settle waits, once all sessions are up and all services healthy, until every
// client is served without loss. It remembers who serves whom.
func (g *gate) settle(ctx context.Context) error {
	if err := flushRoutes(); err != nil {
		return err
	}
	if err := g.supplied(ctx); err != nil {
		return err
	}
	if err := g.resolve(ctx); err != nil {
		return err
	}
	if g.home == nil {
		g.home = g.stated(g.clients.answering())
	}
	if strangers := g.strangers(); len(strangers) > 0 {
		return &GateError{strangers}
	}
	return nil
}

// askEvery is the least time between two rounds of questions to the daemons.
const askEvery = 20 * time.Millisecond

// connected waits until every session is up and every service healthy. Once nothing
// has moved for a while nothing will, unless a daemon waits before it tries again, or
// a service takes long to start. After a while it says what it waits for.
func (g *gate) connected(ctx context.Context) error {
	g.say("wait until every session is up and every client is served without loss")
	began, next := record.Now(), retry{}
	all := g.speaking()
	asked := all // only those of whom something was missing are asked again, and in the end all
	for h := newHeadway(g.patience); ; {
		from := record.Now()
		lacking, missing := g.missingOn(ctx, asked)
		if len(missing) == 0 && len(asked) == len(all) {
			return nil
		}
		took := record.Now().Sub(from)
		if err := until(ctx, record.Now().Add(max(askEvery, took))); err != nil { // it keeps the daemons from their work
			return err
		}
		if asked = lacking; len(missing) == 0 {
			asked = all
			continue
		}
		now := record.Now()
		over := h.over(len(missing), now)
		still := now.Sub(began) >= g.standing() && g.changes.over(now, g.standing())
		if next.asks(now, h.without(now) >= g.standing()) {
			ends := g.idleEnds(ctx)
			if next.told(now, ends); next.due > now || !still {
				g.say("still waiting: " + list(append(g.why(ctx), g.waits(ends)...)))
			}
		}
		if now >= next.due && (over || still && len(missing) > len(g.unhealthy())) {
			return g.unsettled(ctx)
		}
	}
}

// supplied waits until every client is served without loss, or nothing has moved for
// a while and somebody is not served at all.
func (g *gate) supplied(ctx context.Context) error {
	since := record.Now().Add(g.cell.rebalance())
	r := reminder{since: since}
	for limit := since.Add(g.patience); ; {
		now := record.Now()
		if g.clients.served(now, since, quiet) && g.changes.over(now, g.undisturbed()) && len(g.changes.lacking(now)) == 0 {
			return nil
		}
		r.remind(g, now, func() []string { return append(g.changes.lacking(now), g.unserved()...) })
		dead := now.Sub(since) >= g.standing() && g.changes.over(now, g.standing()) && g.clients.deserted(now)
		if dead || now > limit {
			return g.unsettled(ctx)
		}
		if err := until(ctx, now.Add(poll)); err != nil {
			return err
		}
	}
}

// unsettled says why the lab did not settle, and leaves behind what an operator
// would look at.
func (g *gate) unsettled(ctx context.Context) error {
	reasons := g.why(ctx)
	g.look(ctx, "state-unsettled"+g.suffix+".txt", "the lab did not settle", true)
	return &GateError{orLate(reasons)}
}

// flushRoutes waits until the kernel has made every change that was asked for
// so far: a session that is up says nothing about the route behind it.
func flushRoutes() error {
	lock, err := lab.OpenKernelLock()
	if err != nil {
		return err
	}
	defer lock.Close()
	_, err = lock.Take()
	return err
}

// open waits until a trial can begin: every client is at home without loss,
// nothing changes, and no session or service is missing. It returns when the last
// of that was so; what came after was waiting for nothing to be lost. It gives up
// at the limit, or once all stands still elsewhere.
func (g *gate) open(ctx context.Context, limit record.Time) (reunited record.Time, err error) {
	r := reminder{since: record.Now()}
	for {
		now := record.Now()
		calm, pause := g.begins(now, g.quiet()), poll
		switch {
		case calm && g.still(now):
			// Being served is not enough: BFD, which starts slowly, may come up
			// long after BGP, and a fault before that would be found by BGP alone.
			missing := g.missing(ctx) // meanwhile things may change
			now := record.Now()
			if len(missing) == 0 && g.begins(now, g.quiet()) && g.still(now) {
				if !g.fixed {
					g.home, g.fixed = g.clients.answering(), !g.cell.roams()
				}
				return reunited, nil
			}
			reunited, pause = now, askEvery
		case calm || !g.begins(now, 0):
			reunited = now
		}
		if now > limit || g.stuck(ctx, now) {
			return 0, &GateError{g.unquiet(ctx)}
		}
		r.remind(g, now, func() []string { return g.hinders(ctx) })
		if err := until(ctx, record.Now().Add(pause)); err != nil {
			return 0, err
		}
	}
}

// standstill is after how long a lab in which nothing happens is believed to be
// one in which nothing will.
const standstill = 8 * time.Second

// standing is how long nothing may have changed until it is believed that nothing
// will.
func (g *gate) standing() time.Duration {
	return max(standstill, g.undisturbed(), takeover(g.cell.Topology)) + g.cell.rebalance() + g.cell.scan + g.cell.waiting()
}

// undisturbed is for how long nothing may have changed before a trial begins, and
// quiet for how long nothing may have been lost. Where it is known who serves then, no
// takeover is waited for that would have somebody else serve.
func (g *gate) undisturbed() time.Duration {
	still, moves := cmp.Or(g.cell.Settle, undisturbed), takeover(g.cell.Topology)
	if moves == 0 || g.placed() {
		return still
	}
	return max(still, moves)
}

// placed says whether it is known who serves each client when a trial begins.
func (g *gate) placed() bool {
	return g.fixed || !slices.ContainsFunc(g.clients.list(), func(p record.ProbeGroup) bool { return g.cell.Start[p.Client] == nil })
}

// takeover is how long after the last change a member of a VRRP may still take the
// address: it must have been silent for that long, and says nothing meanwhile that the
// gate would hear.
func takeover(t topologies.Topology) time.Duration {
	var longest time.Duration
	for _, l := range t.Links {
		for _, e := range l.Ends {
			if l.VRRP != nil {
				longest = max(longest, l.VRRP.MasterDown(e.Priority)+undisturbed)
			}
		}
	}
	return longest
}

func (g *gate) quiet() time.Duration { return max(quiet, g.cell.Settle) }

// still says whether nothing has changed for so long, and nothing is due of sessions
// that came up a short while ago.
func (g *gate) still(now record.Time) bool {
	return g.changes.over(now, g.undisturbed()) && len(g.changes.lacking(now)) == 0
}

// stated returns who serves whom when a trial begins: as the scenario says, else as
// the lab has settled.
func (g *gate) stated(home map[string][]string) map[string][]string {
	for _, p := range g.clients.list() {
		if sites, ok := g.cell.Start[p.Client]; ok {
			home[p.Name] = sites
		}
	}
	return home
}

// begins says whether every client has been served for so long where a trial begins:
// at home, or before that is known by whom the scenario says, if it does.
func (g *gate) begins(now record.Time, still time.Duration) bool {
	if g.fixed {
		return g.atHome(now, 0, still)
	}
	by := g.clients.answering()
	return g.clients.served(now, 0, still) && maps.EqualFunc(by, g.stated(maps.Clone(by)), slices.Equal)
}

// stuck says whether the clients are not at home, and nothing is under way that
// could bring them there.
func (g *gate) stuck(ctx context.Context, now record.Time) bool {
	return !g.begins(now, 0) && g.changes.over(now, g.standing()) && len(g.missing(ctx)) == 0
}

// unquiet says why a trial could not begin.
func (g *gate) unquiet(ctx context.Context) []string { return orLate(g.hinders(ctx)) }

// hinders says why a trial can't begin.
func (g *gate) hinders(ctx context.Context) []string {
	reasons := g.missing(ctx)
	now := record.Now()
	if !g.changes.over(now, g.undisturbed()) {
		reasons = append(reasons, fmt.Sprintf("nothing may have changed for %v, but %s", document.Duration(g.undisturbed()), g.changes.latest(now)))
	}
	reasons = append(reasons, g.changes.lacking(now)...)
	if !g.begins(now, g.quiet()) {
		reasons = append(reasons, g.unserved()...)
	}
	return reasons
}

// astray says whether the lab has come to rest elsewhere before any trial has begun:
// what was taken for home was on the way there.
func (g *gate) astray(now, after record.Time) bool {
	return !g.tried && len(g.cell.Start) == 0 && g.still(now) && g.clients.served(now, after, quiet) && !g.atHome(now, after, 0)
}

// atHome says whether every client is served by whom it was served by when
// the lab had settled, for at least as long as still, since after.
func (g *gate) atHome(now, after record.Time, still time.Duration) bool {
	return g.clients.served(now, after, still) && maps.EqualFunc(g.home, g.clients.answering(), slices.Equal)
}
