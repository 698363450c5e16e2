package run

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"anylab/lab/fault"
	"anylab/lab/record"
	"anylab/scenarios"
	"anylab/topologies"
)

// compileServing makes the fault for every site that may serve the client: which
// one it strikes is known in the trial. What is declared of it holds for all.
func (c cell) compileServing(id int, spec scenarios.Fault, client string) (planned, error) {
	p := planned{spec: spec, id: id, client: client, sites: map[string]planned{}}
	for _, site := range c.Sites(client) {
		at, err := c.servingPlace(spec, client, site)
		if err != nil {
			return p, err
		}
		at.id = id
		p.sites[site] = at
		if p.Fault == nil {
			p.Fault, p.Declaration = at.Fault, at.Declaration
			continue
		}
		p.Theory = p.Theory.Or(at.Theory)
		p.Silences = p.Silences && at.Silences
		p.Changes = append(p.Changes, at.Changes...)
	}
	if _, prepares := p.Fault.(fault.Preparer); prepares {
		return p, spec.Params.Errorf("on", "fault %s strikes a site that does not serve yet: name the site", spec.Kind)
	}
	return p, nil
}

// servingPlace makes the fault at the site, or else at its link towards the client.
func (c cell) servingPlace(spec scenarios.Fault, client, site string) (planned, error) {
	at := spec
	at.On = []string{site}
	f, err := newFault(at)
	if err == nil {
		err = f.Check(c.setting)
	}
	if errors.Is(err, fault.ErrLink) {
		w, found := c.Topology.Way(client, site)
		if !found || len(w.Links) == 0 {
			return planned{}, spec.Params.Errorf("on", "no way leads from %s to %s", client, site)
		}
		near, far := c.Topology.Links[w.Links[len(w.Links)-1]].Of(site)
		at.On = []string{far.Node, near.Node}
	}
	if f, err = compileFault(at, c.setting); err != nil {
		return planned{}, err
	}
	return planned{Fault: f, Declaration: f.Declare(c.setting), spec: at}, nil
}

// resolved returns the fault at its place: of one that strikes whoever serves a
// client, at the site that answers most of what the client asks now.
func (t *trial) resolved(f planned, active []broken) (planned, error) {
	if f.sites == nil {
		return f, nil
	}
	site := t.clients.mostServing(record.Now(), f.client)
	at, ok := f.sites[site]
	if !ok {
		return f, fmt.Errorf("inject %s on %s: nobody serves %s who says where the answers come from", f.spec.Kind, f.spec.On[0], f.client)
	}
	for _, b := range active {
		if shared := fault.Shared(b.Declaration, at.Declaration); shared != "" {
			return f, fmt.Errorf("inject %s on %s: that is %s, and %s changes %s already", f.spec.Kind, f.spec.On[0], site, b.spec.Kind, shared)
		}
	}
	t.struck = append(t.struck, strings.Join(at.spec.On, "-"))
	return at, nil
}

// mostServing returns the node that answers most of the client's flows, of several
// the first by name. A flow that gets no answer just now counts where nobody
// answers any.
func (c *clients) mostServing(now record.Time, client string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, silent := range []bool{false, true} {
		counts := map[string]int{}
		for _, g := range c.groups {
			for i := range g.flows {
				if f := &g.flows[i]; g.Client == client && f.node != "" && (silent || !f.silent(now, g.Interval())) {
					counts[f.node]++
				}
			}
		}
		if len(counts) > 0 {
			return slices.MaxFunc(slices.Sorted(maps.Keys(counts)), func(a, b string) int { return counts[a] - counts[b] })
		}
	}
	return ""
}

// strikes lists the sites at which the faults are; none where one of them is at no
// site, or at one that is known in the trial only.
func (c cell) strikes() []string {
	var struck []string
	for _, f := range c.faults {
		sites := slices.DeleteFunc(slices.Clone(f.spec.On), func(name string) bool {
			n, _ := c.Topology.Node(name)
			return n.Role != topologies.Anycast
		})
		if len(sites) == 0 || f.sites != nil {
			return nil
		}
		struck = append(struck, sites...)
	}
	return struck
}

// moved says whether the sites at which the faults are answer nobody any more of
// those whom they served when the trial began: whatever detects them has done so.
func (t *trial) moved() bool {
	struck := t.cell.strikes()
	answers := func(by []string) bool {
		return slices.ContainsFunc(by, func(n string) bool { return slices.Contains(struck, n) })
	}
	left := false
	for group, by := range t.clients.answering() {
		if len(by) == 0 || answers(by) {
			return false
		}
		left = left || answers(t.home[group])
	}
	return left
}

// roams says whether a trial may begin wherever the clients are served: all its
// faults strike whoever serves, and nothing else is asked for.
func (c cell) roams() bool {
	return len(c.faults) > 0 && len(c.Start) == 0 && !slices.ContainsFunc(c.faults, func(f planned) bool { return f.sites == nil })
}
