package timeline

import (
	"cmp"
	"slices"
	"time"

	"anylab/lab/record"
)

// Client is a trial as one client saw it: read as if nobody else had asked.
type Client struct {
	Name    string
	Service string // that it asked; empty: all that it asked, where those are several
	Family  string // of the address that it asked; empty: all of them
	Failover
}

// RoundTrips are the median times from requests to their answers; 0 where there
// was none.
type RoundTrips struct{ Before, After, Healed time.Duration }

// Of returns what one client saw of the trial.
func (f *Failover) Of(client string) (*Client, bool) {
	at := slices.IndexFunc(f.Clients, func(c Client) bool { return c.Name == client })
	if at < 0 {
		return nil, false
	}
	return &f.Clients[at], true
}

// clients reads the trial once for each client and service, by name. What a
// client saw of all services comes before what it saw of each.
func (t *trial) clients(in Input, x record.Experiment, fib forwarding, all Failover) []Client {
	services := map[string][]string{}
	for _, r := range t.groups {
		if g := r.group; !slices.Contains(services[g.Client], g.Service) {
			services[g.Client] = append(services[g.Client], g.Service)
		}
	}
	var list []Client
	for name, asked := range services {
		if len(asked) > 1 {
			asked = append(asked, "")
		}
		for _, s := range asked {
			list = append(list, t.seenBy(in, x, fib, all, name, s))
		}
	}
	slices.SortFunc(list, func(a, b Client) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Service, b.Service)) })
	return list
}

func (t *trial) seenBy(in Input, x record.Experiment, fib forwarding, all Failover, name, service string) Client {
	own := *t
	own.groups = without(t.groups, func(r *requests) bool {
		return r.group.Client != name || service != "" && r.group.Service != service
	})
	c := Client{Name: name, Service: service, Failover: all}
	if len(own.groups) < len(t.groups) {
		c.Failover = own.failover(in, x, fib)
	}
	if service != "" && len(x.Topology.Anycast) > 1 {
		c.Families = own.families(in, x, fib, c)
	}
	return c
}

// families reads what a client saw of a service once for each of several address families
// over which it asked.
func (t *trial) families(in Input, x record.Experiment, fib forwarding, of Client) []Client {
	var list []Client
	for _, family := range []string{"IPv4", "IPv6"} {
		own := *t
		own.groups = without(t.groups, func(r *requests) bool { return r.prefix(x.Topology).Addr().Is6() != (family == "IPv6") })
		if len(own.groups) == 0 || len(own.groups) == len(t.groups) {
			return nil
		}
		list = append(list, Client{Name: of.Name, Service: of.Service, Family: family, Failover: own.failover(in, x, fib)})
	}
	return list
}

// roundTrips returns those of the trial: of the quiet before the fault, and of the
// last sustain time of each episode.
func (t *trial) roundTrips(f Failover, sustain time.Duration) RoundTrips {
	if f.Fault == "" {
		return RoundTrips{Before: t.usual(f.Broken.Start, f.Broken.Until)}
	}
	last := func(e Episode) time.Duration { return t.usual(max(e.Start, e.Until.Add(-sustain)), e.Until) }
	r := RoundTrips{Before: t.usual(t.begin, f.Broken.Start), After: last(f.Broken)}
	if f.Mended.Zero != 0 {
		r.Healed = last(f.Mended)
	}
	return r
}

// usual is the median round trip of requests that were sent between two times.
func (t *trial) usual(from, to record.Time) time.Duration {
	trips := forTrips.take(0)
	defer func() { forTrips.leave(trips) }()
	for _, r := range t.groups {
		sent := r.sent(from, to)
		trips = slices.Grow(trips, len(sent))
		for _, s := range sent {
			if !s.Lost() {
				trips = append(trips, s.Received.Sub(s.Sent))
			}
		}
	}
	if len(trips) == 0 {
		return 0
	}
	slices.Sort(trips)
	return trips[(len(trips)-1)/2]
}
