package fault

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"anylab/topologies"
)

// AnnouncePrefixes makes a node announce so many more routes: a neighbor leaks its table,
// or a transit session comes up.
type AnnouncePrefixes struct {
	daemonAt
	Count int    `yaml:"count,required" min:"1" max:"1000000" doc:"so many IPv4 routes, of the shape of the Internet's table; its neighbors pass them on to nobody"`
	Seed  uint64 `yaml:"seed" default:"2" doc:"of their prefixes; those of a node's table are of seed 1"`
}

// Table is many routes, which are announced beside whatever else is.
type Table struct {
	Routes int
	Seed   uint64
}

// Check says whether the node has a daemon that can be told so many.
func (f *AnnouncePrefixes) Check(s Setting) error {
	if err := f.daemonAt.Check(s); err != nil {
		return err
	}
	n, _ := s.Topology.Node(f.place.On[0])
	return s.Daemons.Can(n, AnnounceTables)
}

// Declare says: nothing is taken away, and what waits behind the routes comes late,
// unless a neighbor allows fewer.
func (f *AnnouncePrefixes) Declare(s Setting) Declaration {
	return Declaration{
		Theory:  f.theory(s),
		Changes: []string{fmt.Sprintf("the %d routes of seed %d that %s announces", f.Count, f.Seed, f.place.On[0])},
		Routes:  f.Count,
		Real:    "how long daemons work on many routes is not known there",
	}
}

// theory: who hears more prefixes than it allows ends the session with a NOTIFICATION
// (RFC 4486 section 4, Maximum Number of Prefixes Reached).
func (f *AnnouncePrefixes) theory(s Setting) Theory {
	node, _ := s.Topology.Node(f.place.On[0])
	routes := max(f.Count, node.Table)
	if node.Role == topologies.Anycast && slices.ContainsFunc(s.Topology.Anycast, func(p netip.Prefix) bool { return p.Addr().Is4() }) {
		routes++
	}
	var all []Theory
	for _, l := range speakersLinks(s, node.Name) {
		end, ear := l.Of(node.Name)
		if most := end.Policy.MaxPrefixes; most > 0 && routes > most {
			all = append(all, atOnce(SessionEnd, "%s hears more than its max_prefixes, %d, and ends the session, which stays down until somebody clears it", ear.Node, most))
		}
	}
	if len(all) > 0 {
		return last(all...)
	}
	return never("more routes take nothing away; what waits behind them comes late")
}

// Inject announces the routes, and returns once the daemon has taken the last of them.
// Healing takes them back.
func (f *AnnouncePrefixes) Inject(ctx context.Context, w *World) (Injected, error) {
	d, err := w.speaker(f.place.On[0])
	if err != nil {
		return Injected{}, err
	}
	table := Table{f.Count, f.Seed}
	in := Injected{
		active: func(context.Context) (bool, error) { return slices.Contains(d.Tables(), table), nil },
		heal: func(ctx context.Context) error {
			if !slices.Contains(d.Tables(), table) {
				return nil
			}
			return d.WithdrawTable(ctx, table)
		},
	}
	return in, d.AnnounceTable(ctx, table)
}
