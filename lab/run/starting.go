package run

import (
	"context"
	"errors"
	"maps"
	"net/netip"
	"slices"
	"sync"

	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/probe"
	"anylab/lab/record"
	"anylab/lab/service"
	"anylab/scenarios"
	"anylab/topologies"
)

func (r *rig) startSpeakers(ctx context.Context) error {
	var mu sync.Mutex
	nodes := slices.DeleteFunc(r.world.Lab.Nodes(), func(n *lab.Node) bool { return n.Daemon == "" })
	calledFirst(r.cell.Topology, nodes)
	started := r.counting("starting", len(nodes), "BGP speakers")
	return onEach(ctx, nodes, func(n *lab.Node) error {
		d, err := r.startSpeaker(ctx, n)
		if err != nil {
			return err
		}
		started()
		mu.Lock()
		defer mu.Unlock()
		r.world.Speakers[n.Name] = d
		return nil
	})
}

// calledFirst sorts the nodes by how many sessions they open (the first end of a link
// does): whoever is called is there, so that nobody has to call again.
func calledFirst(t topologies.Topology, nodes []*lab.Node) {
	opens := map[string]int{}
	for _, l := range t.Links {
		opens[l.Ends[0].Node]++
	}
	slices.SortStableFunc(nodes, func(a, b *lab.Node) int { return opens[a.Name] - opens[b.Name] })
}

func (r *rig) startSpeaker(ctx context.Context, n *lab.Node) (*bgp.Daemon, error) {
	driver, err := bgp.Of(n.Node)
	if err != nil {
		return nil, err
	}
	c, err := bgp.Configure(r.cell.Topology, n.Name)
	if err != nil {
		return nil, err
	}
	r.selfAnnounced(n, driver, &c)
	// Its processes outlive an interrupt: they are needed for healing.
	return bgp.Start(context.WithoutCancel(ctx), driver, n, c)
}

func (r *rig) startServices(ctx context.Context) error {
	var mu sync.Mutex
	nodes := slices.Collect(maps.Keys(r.cell.services))
	started := r.counting("starting", len(nodes), "sites' services")
	return onEach(ctx, nodes, func(node string) error {
		n, err := r.world.Lab.Node(node)
		if err != nil {
			return err
		}
		driver, err := bgp.Of(n.Node)
		if err != nil {
			return err
		}
		for _, c := range r.cell.services[node] {
			running, err := service.Start(context.WithoutCancel(ctx), n, watched(n, c, driver), r.world.Speakers[node], r.dir)
			if err != nil {
				return err
			}
			mu.Lock()
			r.world.Running[node] = append(r.world.Running[node], running)
			mu.Unlock()
		}
		started()
		return nil
	})
}

// startProbes starts every prober. They stop before anything else is closed,
// so that taking the lab down is not taken for a loss.
func (r *rig) startProbes(ctx context.Context) error {
	probing, stop := context.WithCancel(context.WithoutCancel(ctx))
	var ends []func() error
	r.undo = append(r.undo, func() error {
		stop()
		var errs []error
		for _, end := range ends {
			errs = append(errs, end())
		}
		return errors.Join(errs...)
	})
	for _, spec := range r.cell.Probes {
		for _, p := range r.cell.Topology.Anycast {
			end, err := r.startProbe(probing, spec, p.Addr())
			if err != nil {
				return err
			}
			ends = append(ends, end)
		}
	}
	return nil
}

// startProbe starts one prober. end waits for its last answer and closes its
// file, once ctx has ended.
func (r *rig) startProbe(ctx context.Context, spec scenarios.Probe, target netip.Addr) (end func() error, err error) {
	group, config := group(r.cell.Scenario, spec, target)
	group.Name, group.Cell = group.Name+r.suffix, r.cell.Cell
	config.Name = group.Name
	n, err := r.world.Lab.Node(spec.From)
	if err != nil {
		return nil, err
	}
	p, err := probe.New(config)
	if err != nil {
		return nil, err
	}
	out, err := r.dir.Samples(group)
	if err != nil {
		return nil, err
	}
	r.clients.add(group)
	wait, err := p.Start(ctx, n, tee{out, r.events, &r.clients, group.Name})
	if err != nil {
		return nil, errors.Join(err, out.Close())
	}
	return func() error { return errors.Join(wait(), out.Close()) }, nil
}

// tee records what a prober finds and lets the clients' state follow from it.
type tee struct {
	samples *record.SampleWriter
	events  record.Sink
	clients *clients
	group   string
}

func (t tee) Write(s record.Sample) {
	t.clients.see(t.group, s, record.Now())
	t.samples.Write(s)
}

func (t tee) Emit(e record.Event) { t.events.Emit(e) }
