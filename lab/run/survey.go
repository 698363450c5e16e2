package run

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/probe"
	"anylab/lab/record"
	"anylab/lab/world"
	"anylab/topologies"
	"anylab/topologies/document"
)

// surveying bounds one survey of the whole lab, and tracing the wait for answers
// of routers in it, without the time that they take: a daemon that hangs does not
// answer, nor does one that is cut off.
const (
	surveying = 1500 * time.Millisecond
	tracing   = 500 * time.Millisecond
)

// survey saves what an operator would look at, of every node: sessions, paths
// and kernel routes of those with a daemon, the way of each client to the
// anycast address. It records where traffic goes. It is done outside of what
// is measured; what can't be had is said in the files, and is no failure.
func (t *trial) survey(ctx context.Context, when record.When) {
	t.told(when, t.looked(ctx, when))
	if when == record.Healed {
		t.alerts(ctx)
	}
}

// looked saves what is seen, and returns where traffic goes.
func (t *trial) looked(ctx context.Context, when record.When) map[string][]record.State {
	return t.look(ctx, fmt.Sprintf("state-%03d-%s.txt", t.number, when), t.what(when), t.index == 0)
}

// told records where traffic goes.
func (t *trial) told(when record.When, states map[string][]record.State) {
	for node, list := range states {
		for _, seen := range list {
			seen.Index, seen.Cell, seen.When = t.index, t.cell.Cell, when
			t.dir.Emit(record.Event{At: record.Now(), Kind: record.KindState, Node: node, Data: seen})
		}
	}
}

// look saves what is seen of every node in a file of that name, and returns where
// traffic goes. To have mtr look too takes half a second longer.
func (r *rig) look(ctx context.Context, name, head string, mtr bool) map[string][]record.State {
	states := map[string][]record.State{}
	if ctx.Err() != nil {
		return states
	}
	ctx, cancel := context.WithTimeout(ctx, surveying+r.cell.roundTrip())
	defer cancel()
	var mu sync.Mutex
	var all errgroup.Group
	all.SetLimit(askedAtOnce)
	for _, n := range r.world.Lab.Nodes() {
		all.Go(func() error {
			v := view{mtr: mtr}
			if n.Role == topologies.Client {
				r.askFrom(ctx, n, &v)
			} else {
				r.askDaemon(ctx, n, &v)
			}
			if r.cell.Topology.LargestTable() == 0 {
				v.routes(n)
			}
			v.save(n, name, head)
			mu.Lock()
			defer mu.Unlock()
			states[n.Name] = v.states
			return nil
		})
	}
	_ = all.Wait() // what can't be had is said in the files
	return states
}

func (t *trial) what(when record.When) string {
	return fmt.Sprintf("trial %d%s, %s: %s", t.index+1, t.cell.suffix(), when, t.cell.what())
}

// view is what was seen of one node.
type view struct {
	mtr    bool
	text   strings.Builder
	states []record.State
}

func (v *view) failed(err error) {
	if err != nil {
		fmt.Fprintf(&v.text, "! %v\n", err)
	}
}

// askDaemon asks the node's daemon.
func (r *rig) askDaemon(ctx context.Context, n *lab.Node, v *view) {
	d, ok := r.world.Speakers[n.Name]
	if !ok {
		return
	}
	if world.Frozen(d.Procs()) {
		v.failed(errors.New("the daemon's processes are stopped: it gives no answer"))
		return
	}
	text, err := d.Show(ctx)
	v.text.WriteString(strings.TrimRight(text, "\n") + "\n")
	v.failed(err)
	paths, err := d.Paths(ctx)
	if err != nil || paths == nil {
		return // Show has said why; or the daemon has no table
	}
	v.states = append(v.states, record.State{What: record.BestPath, Nodes: r.best(n.Name, paths)})
	if held := r.damped(paths); len(held) > 0 {
		v.states = append(v.states, record.State{What: record.Damped, Nodes: held})
	}
}

// damped names the nodes whose paths to the anycast address are held back.
func (r *rig) damped(paths []bgp.Path) []string {
	var held []string
	for _, p := range paths {
		if owner := r.world.Lab.Owner(p.NextHop); p.Damped && owner != "" && p.Prefix == r.cell.Topology.Anycast[0] {
			held = append(held, owner)
		}
	}
	slices.Sort(held)
	return slices.Compact(held)
}

// best names the node that the best path to the anycast address leads to.
func (r *rig) best(node string, paths []bgp.Path) []string {
	for _, p := range paths {
		switch {
		case p.Prefix != r.cell.Topology.Anycast[0] || !p.Best:
		case p.Own():
			return []string{node}
		default:
			if owner := r.world.Lab.Owner(p.NextHop); owner != "" {
				return []string{owner}
			}
		}
	}
	return []string{}
}

// askFrom finds the client's way to the anycast addresses, and who answers.
func (r *rig) askFrom(ctx context.Context, n *lab.Node, v *view) {
	served, known := r.clients.serving(record.Now(), n.Name)
	for i, p := range r.cell.Topology.Anycast {
		fmt.Fprintf(&v.text, "> traceroute %s\n", p.Addr())
		mtr := func() string { return "" }
		if v.mtr {
			mtr = r.mtr(ctx, n, p.Addr())
		}
		hops, err := probe.Trace(ctx, n, p.Addr(), tracing+r.cell.roundTrip())
		for n, h := range hops {
			fmt.Fprintf(&v.text, "%2d  %s\n", n+1, r.hopText(h))
		}
		if len(hops) == 0 || !hops[len(hops)-1].Reached && !hops[len(hops)-1].Refused {
			fmt.Fprintf(&v.text, "%2d  *\n", len(hops)+1)
		}
		if i == 0 && err == nil {
			v.states = append(v.states, record.State{What: record.Way, Nodes: r.trodden(hops, served, known)})
		}
		v.failed(err)
		v.text.WriteString(mtr())
	}
	fmt.Fprintf(&v.text, "\n> who answers the probes\n%s\n", answering(served, known))
	if known {
		v.states = append(v.states, record.State{What: record.Catchment, Nodes: served})
	}
}

// trodden names the nodes of a way. Its end is an address that several have: who that
// was, the probes say.
func (r *rig) trodden(hops []probe.Hop, served []string, known bool) []string {
	list := []string{}
	for _, h := range hops {
		name := r.nameOf(h.Addr)
		switch {
		case h.Reached && known && len(served) > 0:
			name = strings.Join(served, "+")
		case h.Refused:
			name = "!" // no way on from there
		case name == "":
			name = "*"
		}
		list = append(list, name)
	}
	if len(hops) == 0 || !hops[len(hops)-1].Reached && !hops[len(hops)-1].Refused {
		list = append(list, "*")
	}
	return list
}

// answering says who answers, for people.
func answering(served []string, known bool) string {
	switch {
	case !known:
		return "somebody who gives no name"
	case len(served) == 0:
		return "nobody"
	}
	return document.Some(served)
}

func (r *rig) hopText(h probe.Hop) string {
	if !h.Addr.IsValid() {
		if h.Refused {
			return "no route"
		}
		return "*"
	}
	text := h.Addr.String()
	if name := r.nameOf(h.Addr); name != "" {
		text += " (" + name + ")"
	}
	if h.Refused {
		return text + "  unreachable"
	}
	return fmt.Sprintf("%s  %.3f ms", text, float64(h.RTT)/float64(time.Millisecond))
}

func (r *rig) nameOf(a netip.Addr) string {
	for _, p := range r.cell.Topology.Anycast {
		if p.Addr() == a {
			return "anycast"
		}
	}
	return r.world.Lab.Owner(a)
}

func (v *view) routes(n *lab.Node) {
	lines, err := n.RouteTable()
	fmt.Fprintf(&v.text, "\n> ip route\n%s\n", strings.Join(lines, "\n"))
	v.failed(err)
}

// save writes the file among the node's logs.
func (v *view) save(n *lab.Node, name, head string) {
	if n.LogDir() == "" {
		return
	}
	text := "# " + n.Name + ", " + head + "\n\n" + v.text.String()
	if err := os.WriteFile(filepath.Join(n.LogDir(), name), []byte(text), 0o644); err != nil {
		v.states = nil // a run whose files can't be written ends elsewhere
	}
}

// surveyFirst comes before a trial, and waits until the lab is as quiet as it was. It
// returns whether it has come to rest elsewhere.
func (t *trial) surveyFirst(ctx context.Context, limit record.Time) (moved bool, err error) {
	states := t.looked(ctx, record.Before)
	since := record.Now()
	r := reminder{since: since}
	_, err = await(ctx, max(limit, since.Add(10*quiet+t.trip())), func(now record.Time) bool {
		r.remind(t.gate, now, t.unserved)
		moved = t.astray(now, since)
		return moved || t.atHome(now, since, quiet/2)
	})
	if !moved {
		t.told(record.Before, states)
	}
	return moved, err // one that is not quiet shows in the trial
}

// surveyAhead is how long before the healing is due the lab is surveyed, if the
// outcome is not known by then.
const surveyAhead = 300 * time.Millisecond

// outcomeBy waits for the outcome of the faults and surveys the lab then, but
// in time before they are due to be healed; it returns when they are due. 0:
// with the outcome.
func (t *trial) outcomeBy(ctx context.Context, due record.Time) error {
	switch {
	case t.surveyed && due != 0:
		return until(ctx, due)
	case t.decided:
		return nil // faults without a time of their own are healed together
	case t.surveyed:
		_, err := t.outcome(ctx, record.Now())
		return err
	}
	waiting, inTime, enough := ctx, ctx, context.CancelFunc(func() {})
	if left := due.Sub(record.Now()); due != 0 {
		inTime, enough = context.WithTimeout(ctx, left)
		defer enough()
		waiting, enough = context.WithTimeout(ctx, left-min(surveyAhead+t.cell.roundTrip(), left/4))
	}
	defer enough()
	served, err := t.outcome(waiting, record.Now())
	if err != nil && (ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded)) {
		return err
	}
	t.survey(inTime, record.After)
	t.surveyed, t.decided = true, due == 0
	moments := []Moment{AtOutcome}
	if !served {
		moments = append(moments, AtFail)
	}
	if err := t.pauseOn(ctx, moments...); err != nil {
		return err
	}
	return until(ctx, max(due, record.Now()))
}
