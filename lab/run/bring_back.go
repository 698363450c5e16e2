package run

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"anylab/lab/bgp"
	"anylab/lab/record"
	"anylab/topologies"
)

// force is a way of bringing a lab back to its beginning that leaves it standing.
// It returns the nodes that it did something to; none if there was nothing to do.
type force struct {
	how record.Forcing
	do  func(g *gate, ctx context.Context) ([]string, error)
}

// forces are tried in turn, the cheapest first. Restarted daemons may learn the
// routes in another order, so the sessions are looked at once more.
var forces = []force{
	{record.ClearSessions, (*gate).clearSessions},
	{record.RestartDaemons, (*gate).restartDaemons},
	{record.ClearSessions, (*gate).clearSessions},
}

// forcing bounds one such step.
const forcing = 30 * time.Second

// ready waits until the trial can begin. Where the lab does not come back to its
// beginning by itself, it is brought there: routers that keep the oldest path, or
// daemons that wait for minutes after an error, are no reason to end a run.
func (t *trial) ready(ctx context.Context) (reunited record.Time, err error) {
	shut := t.left
	if shut == nil || t.begins(record.Now(), 0) {
		if reunited, err = t.open(ctx, t.limit()); !errors.As(err, &shut) {
			return reunited, err
		}
	}
	for _, f := range forces {
		on, err := f.do(t.gate, ctx)
		if err != nil {
			return 0, fmt.Errorf("bring the lab back to its beginning: %w", err)
		}
		if len(on) == 0 {
			continue
		}
		t.forced(f.how, on, shut.Missing)
		if reunited, err = t.open(ctx, t.limit()); !errors.As(err, &shut) {
			return reunited, err
		}
	}
	return 0, shut
}

// limit is when the trial must have begun by.
func (t *trial) limit() record.Time {
	return record.Now().Add(max(t.cell.Limit, t.standing(), 2*t.undisturbed()) + t.trip())
}

func (t *trial) forced(how record.Forcing, on, why []string) {
	t.say("the lab is not as at the beginning (" + list(why) + "): " + string(how) + onNodes(on))
	t.dir.Emit(record.Event{At: record.Now(), Kind: record.KindForce,
		Data: record.Force{Index: t.index, Cell: t.cell.Cell, How: how, On: on, Why: why}})
}

func onNodes(on []string) string {
	if len(on) == 0 {
		return ""
	}
	return " on " + strings.Join(on, ", ")
}

// clearSessions resets the sessions that are not up, and those of the sites that
// serve a client but don't at the beginning: their routes come back as the newest.
func (g *gate) clearSessions(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, forcing)
	defer cancel()
	cleared := map[string]bool{}
	for _, ends := range g.unwanted(ctx) {
		for _, end := range [][2]string{{ends[0], ends[1]}, {ends[1], ends[0]}} {
			reset, err := g.reset(ctx, end[0], end[1])
			if err != nil {
				return nil, err
			}
			if reset {
				cleared[end[0]] = true
				break // the other end is told
			}
		}
	}
	return slices.Sorted(maps.Keys(cleared)), nil
}

// unwanted lists the sessions that clearSessions resets, each as its speaker and
// the peer.
func (g *gate) unwanted(ctx context.Context) [][2]string {
	var list [][2]string
	strayed := g.strayed()
	for node := range g.world.Speakers {
		peers, _ := g.peers(ctx, node) // one that does not say is for a restart
		for _, p := range peers {
			if p.State != bgp.Established || slices.Contains(strayed, node) {
				list = append(list, [2]string{node, p.Node})
			}
		}
	}
	return list
}

// reset resets a node's session with a peer, if its driver can.
func (g *gate) reset(ctx context.Context, node, peer string) (bool, error) {
	n, _ := g.cell.Topology.Node(node)
	d := g.world.Speakers[node]
	if d == nil || bgp.Can(n, bgp.ResetSessions) != nil {
		return false, nil
	}
	return true, d.Reset(ctx, peer, false)
}

// strayed lists the sites that serve a client, and don't at the beginning.
func (g *gate) strayed() []string {
	var list []string
	for group, by := range g.clients.answering() {
		for _, site := range by {
			if !slices.Contains(g.home[group], site) && !slices.Contains(list, site) {
				list = append(list, site)
			}
		}
	}
	return list
}

// restartDaemons restarts the routers' daemons, which forget all that they know
// of paths and of how often these have flapped, and those of sites whose sessions
// are not up.
func (g *gate) restartDaemons(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, forcing)
	defer cancel()
	var restarted []string
	for _, node := range slices.Sorted(maps.Keys(g.world.Speakers)) {
		n, _ := g.cell.Topology.Node(node)
		if n.Role != topologies.Router && len(g.down(ctx, node)) == 0 {
			continue
		}
		if err := g.world.Speakers[node].Restart(ctx); err != nil {
			return nil, err
		}
		restarted = append(restarted, node)
	}
	return restarted, nil
}
