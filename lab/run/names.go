package run

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"anylab/lab/fault"
	"anylab/lab/probe"
	"anylab/lab/service"
	"anylab/scenarios"
	"anylab/topologies"
	"anylab/topologies/document"
)

// ownAddresses are those of a site's own at which users who resolve find it.
func ownAddresses(t topologies.Topology, node string) []netip.Addr {
	var list []netip.Addr
	for _, p := range t.Anycast {
		list = append(list, t.Own(node, p.Addr().Is6()))
	}
	return list
}

// namePorts are where, on every client, the authoritative server and the resolvers of
// the first service listen that is found by DNS; those of the next follow.
const namePorts = 5300

// The places of a service's name servers.
const (
	authority = iota
	obedient  // the resolver that keeps answers for their TTL
	extending // and the one that keeps them for longer
	namePlaces
)

func nameServer(s scenarios.Scenario, svc scenarios.Service, place int) netip.AddrPort {
	i := slices.IndexFunc(s.Services, func(o scenarios.Service) bool { return o.Name == svc.Name })
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(namePorts+i*namePlaces+place))
}

// users are who asks over the probe's flows, and where they begin; nil for an anycast
// service.
func users(s scenarios.Scenario, spec scenarios.Probe, v6 bool) (*probe.Users, netip.Addr) {
	svc := serviceNamed(s, spec.Service)
	if svc.DNS == nil {
		return nil, netip.Addr{}
	}
	u := &probe.Users{}
	for _, site := range svc.On {
		u.Sites = append(u.Sites, s.Topology.Own(site, v6))
	}
	extended := svc.DNS.Extends(spec.Flows)
	for _, r := range []probe.Resolver{
		{Addr: nameServer(s, svc, obedient), Users: spec.Flows - extended, Keeps: svc.DNS.TTL},
		{Addr: nameServer(s, svc, extending), Users: extended, Keeps: max(svc.DNS.TTL, svc.DNS.MinTTL)},
	} {
		if r.Users > 0 {
			u.Resolvers = append(u.Resolvers, r)
		}
	}
	return u, u.Sites[0]
}

// startNames starts the authoritative server of every service that is found by DNS,
// which asks from the first client that asks it, and the resolvers, on each of these.
func (r *rig) startNames(ctx context.Context) error {
	for _, svc := range r.cell.Services {
		if svc.DNS == nil {
			continue
		}
		if err := r.startName(ctx, svc); err != nil {
			return err
		}
	}
	return nil
}

func (r *rig) startName(ctx context.Context, svc scenarios.Service) error {
	var a *service.Authority
	seen := map[string]bool{}
	for _, p := range r.cell.Probes {
		if p.Service != svc.Name || seen[p.From] {
			continue
		}
		seen[p.From] = true
		n, err := r.world.Lab.Node(p.From)
		if err != nil {
			return err
		}
		if a == nil {
			var sites []service.Site
			for _, site := range svc.On {
				sites = append(sites, service.Site{Node: site, Addrs: ownAddresses(r.cell.Topology, site)})
			}
			a, err = service.Lead(ctx, n, serviceConfig(r.cell.Topology, svc), svc.DNS.TTL, sites, r.events)
			if err != nil {
				return err
			}
			r.undo = append(r.undo, a.Close)
		}
		at := nameServer(r.cell.Scenario, svc, authority)
		if err := a.Listen(n, at); err != nil { //nolint:contextcheck // to listen takes no time
			return err
		}
		for place, least := range map[int]time.Duration{obedient: 0, extending: svc.DNS.MinTTL} {
			if place == extending && svc.DNS.Extends(p.Flows) == 0 {
				continue
			}
			if err := a.Resolve(ctx, n, nameServer(r.cell.Scenario, svc, place), at, least, "ready.example."); err != nil {
				return err
			}
		}
	}
	return nil
}

// led returns the theory of the fault as users see it who are led by DNS: the
// authoritative server's checks find out about services alone.
func (c cell) led(f planned) fault.Theory {
	t := f.Theory
	if f.Service == "" && slices.ContainsFunc(c.Services, func(s scenarios.Service) bool { return s.DNS != nil }) {
		return fault.Theory{Unbounded: true, Told: fault.Nothing, Period: t.Period, Why: "the authoritative server finds out by its checks"}
	}
	return t
}

// longest says for how long users may be cut off who are led by DNS.
func (c cell) longest() []string {
	var said []string
	for _, svc := range c.Experiment().Services {
		if svc.DNS == nil {
			continue
		}
		h := svc.Health
		text := fmt.Sprintf("users of %s who obey its TTL are cut off for at most (%s + %s) x (%d + 1) + %s = %s, a second of it for TTLs that are counted in whole ones",
			svc.Name, document.Duration(h.Interval), document.Duration(h.Timeout), h.Fall, document.Duration(svc.DNS.TTL), document.Duration(svc.Longest()))
		said = append(said, text)
	}
	return said
}

// checkNames refuses what no authoritative server could do.
func checkNames(s scenarios.Scenario) error {
	for i, svc := range s.Services {
		about, _ := service.AboutHealth(svc.Health.Kind)
		if svc.DNS != nil && (!about.Polls || about.Command) {
			return s.Source.Root().Errorf(fmt.Sprintf("services.%d.health.kind", i), "service %s is found by DNS: its health check is made from elsewhere, which one of kind %s can't be", svc.Name, svc.Health.Kind)
		}
	}
	return nil
}
