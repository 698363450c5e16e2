package timeline

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"anylab/lab/record"
)

// Mute is a site that a client's requests were led to while its answers had no way
// back to it.
type Mute struct {
	Client, Site string
	Node         string // that had no route to the client: the site, or a router after it
	Had          bool   // it had had one
	For          time.Duration
}

// written is of how many prefixes beside the anycast ones a node's routes are recorded.
const written = 1000

// mute returns, of each group, the site whose answers were missing for longest in its
// gaps because they had no way back; what was not noticeable is none.
func (t *trial) mute(x record.Experiment, cut []Interruption) []Mute {
	var list []Mute
	for i, r := range t.headline() {
		if x.Resolves(r.group.Service) {
			continue // its requests go to a site's own address
		}
		s := scene{topology: x.Topology, client: r.group.Client, prefix: r.prefix(x.Topology), past: t.past()}
		m := t.courses[r.group.Name].mute(s, cut[i].Gaps)
		elsewhere := func(one record.Service) bool { return one.Name == r.group.Service && !slices.Contains(one.On, m.Site) }
		if m.For >= noticeable && !slices.ContainsFunc(x.Services, elsewhere) {
			list = append(list, m)
		}
	}
	slices.SortStableFunc(list, func(a, b Mute) int { return cmp.Compare(b.For, a.For) })
	return list
}

func (c *course) mute(s scene, gaps []Gap) Mute {
	var most Mute
	client, ok := s.address()
	if !ok || c == nil || c.way == nil {
		return most
	}
	lasted := map[Mute]time.Duration{}
	for _, g := range gaps {
		if g.Length() < noticeable {
			continue
		}
		moments := c.moments(s, client, g)
		for i, at := range moments[1:] {
			m, ok := c.muteAt(s, client, moments[i]+1)
			if !ok {
				continue
			}
			lasted[m] += at.Sub(moments[i])
			if total := lasted[m]; total > most.For {
				most = m
				most.For = total
			}
		}
	}
	return most
}

// moments are those of a gap at which the way there or back may have become
// another, with its ends.
func (c *course) moments(s scene, client netip.Addr, g Gap) []record.Time {
	end := max(g.After, g.Last)
	moments := []record.Time{g.First, end}
	for _, e := range between(c.way.changes, g.First, end) {
		moments = append(moments, e.At)
	}
	for _, e := range between(c.history, g.First, end) {
		if e.Kind == record.KindFault || s.leadsBack(e, client) {
			moments = append(moments, e.At)
		}
	}
	slices.Sort(moments)
	return moments
}

// muteAt returns the site that requests were led to just before the time, if its
// answers had no way back.
func (c *course) muteAt(s scene, client netip.Addr, at record.Time) (Mute, bool) {
	sites := c.way.sites(at, c.places(at, func(f Steps) bool { return f.Silences || len(f.On) > 1 }))
	if len(sites) != 1 {
		return Mute{}, false
	}
	node, had := s.deadEnd(sites[0], client, at)
	return Mute{Client: s.client, Site: sites[0], Node: node, Had: had}, node != ""
}

// deadEnd returns the first node from the site on that had no route to the client
// just before the time, and whether it had had one; none if some way may have led
// there, or the record does not tell.
func (s scene) deadEnd(from string, client netip.Addr, before record.Time) (node string, had bool) {
	back, wrote, once := map[string][]record.Hop{}, map[string]int{}, map[string]bool{}
	for at, events := range s.past.upTo(before).routed(func(entry) bool { return true }) {
		if slices.ContainsFunc(s.topology.Anycast, func(p netip.Prefix) bool { return covers(p.Masked(), at.to.Addr()) }) {
			continue
		}
		wrote[at.node]++
		if d, _ := events[len(events)-1].Data.(record.Route); at.to.Contains(client) {
			back[at.node] = append(back[at.node], d.Hops...)
			once[at.node] = true
		}
	}
	todo := []string{from}
	for i := 0; i < len(todo); i++ {
		n := todo[i]
		hops := without(back[n], func(h record.Hop) bool { return h.Down })
		if !once[n] && !s.allTold(n, wrote) || s.adjoins(n) || s.static(n, client) || slices.ContainsFunc(hops, func(h record.Hop) bool { return h.Node == "" }) {
			return "", false
		}
		for _, h := range hops {
			if !slices.Contains(todo, h.Node) {
				todo = append(todo, h.Node)
			}
		}
		if len(hops) == 0 && node == "" {
			node, had = n, once[n]
		}
	}
	return node, had
}

// allTold says whether a route of the node's would be recorded: its daemon, or the same
// of another node, writes routes, and they are not too many.
func (s scene) allTold(node string, wrote map[string]int) bool {
	n, _ := s.topology.Node(node)
	writes := func(o record.Node) bool {
		return wrote[o.Name] > 0 && (o.Name == node || o.Daemon != "" && o.Daemon == n.Daemon)
	}
	return wrote[node] < written && slices.ContainsFunc(s.topology.Nodes, writes)
}

// adjoins says whether the node is on a link of the client's.
func (s scene) adjoins(node string) bool {
	for l := range s.topology.LinksOf(s.client) {
		if l.Far(s.client).Node == node {
			return true
		}
	}
	return false
}

// static says whether the node has a static route to the client, which no event tells of.
func (s scene) static(node string, client netip.Addr) bool {
	n, _ := s.topology.Node(node)
	return slices.ContainsFunc(n.Routes, func(r string) bool {
		to, _, _ := strings.Cut(r, " ")
		p, err := netip.ParsePrefix(to)
		return err != nil || p.Contains(client)
	})
}
