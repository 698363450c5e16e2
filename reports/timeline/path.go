package timeline

import (
	"maps"
	"slices"

	"anylab/lab/record"
)

// passage is where a client's packets may go: every node that they pass, with
// its next hops.
type passage map[string][]string

// passage follows the packets of the client whose outcome decides. Where they
// reach a site, that is the end. If the record does not tell where the client
// is, its packets may pass every router.
func (s scene) passage(f forwarding) passage {
	p := passage{}
	var todo []string
	for l := range s.topology.LinksOf(s.client) {
		todo = append(todo, l.Far(s.client).Node)
	}
	if len(todo) == 0 {
		todo = slices.Sorted(maps.Keys(f.nodes))
	}
	for i := 0; i < len(todo); i++ {
		n := todo[i]
		if _, seen := p[n]; seen {
			continue
		}
		p[n] = nil
		if s.role(n) != record.AnycastNode {
			p[n] = f.nodes[n].leadingTo()
		}
		todo = append(todo, p[n]...)
	}
	return p
}

// leadingTo returns the nodes that packets may go to next.
func (h hops) leadingTo() []string {
	list := h.next()
	slices.Sort(list)
	return slices.DeleteFunc(slices.Compact(list), func(n string) bool { return n == "" })
}

func (s scene) role(node string) record.NodeRole {
	n, _ := s.topology.Node(node)
	return n.Role
}

// reaches says whether packets may pass the node.
func (p passage) reaches(node string) bool {
	_, ok := p[node]
	return ok
}

// toward returns the nodes, by name, from which packets may come to the target.
func (p passage) toward(target string) []string {
	lead := map[string]bool{target: true}
	for n := 0; n != len(lead); {
		n = len(lead)
		for node, next := range p {
			if slices.ContainsFunc(next, func(h string) bool { return lead[h] }) {
				lead[node] = true
			}
		}
	}
	delete(lead, target)
	return slices.Sorted(maps.Keys(lead))
}

// chain returns the nodes of a shortest way from the router to the node, the
// other way round: as news of the node comes to the router.
func (p passage) chain(node, router string) []string {
	from := map[string]string{router: ""}
	todo := []string{router}
	for i := 0; i < len(todo) && todo[i] != node; i++ {
		for _, h := range p[todo[i]] {
			if _, seen := from[h]; !seen {
				from[h] = todo[i]
				todo = append(todo, h)
			}
		}
	}
	list := []string{node}
	for n := from[node]; n != ""; n = from[n] {
		list = append(list, n)
	}
	return list
}

// turn is what a router on the client's way has to do before users are served.
type turn struct {
	router string
	away   []string    // next hops that it must no longer have,
	onto   []string    // and those of which it must have one; none: any
	takes  []string    // from the site that it leads to then, to the router
	news   []string    // from the node that failed, or is back, to the router
	by     record.Time // when users were served: what it did since is another matter
}

// near returns the routers that hear first, one for each turn.
func near(turns []turn) []string {
	var list []string
	for _, t := range turns {
		if len(t.news) > 1 && !slices.Contains(list, t.news[1]) {
			list = append(list, t.news[1])
		}
	}
	return list
}

func routersOf(turns []turn) []string {
	var list []string
	for _, t := range turns {
		list = append(list, t.router)
	}
	return list
}

// leaving returns the routers on the way to the failed node that no longer lead
// there afterwards. If none does, it is those that hand packets to the node:
// they would have had to.
func (s scene) leaving(before, after passage, by record.Time) []turn {
	var list []turn
	leads := before.toward(s.node)
	lost := func(h string) bool { return h == s.node || slices.Contains(leads, h) }
	for _, r := range leads {
		now := after[r]
		away := without(before[r], func(h string) bool { return !lost(h) || slices.Contains(now, h) })
		if len(now) > 0 && len(away) > 0 {
			list = append(list, turn{r, away, now, s.takes(after, r), before.chain(s.node, r), by})
		}
	}
	if len(list) > 0 {
		return list
	}
	for _, r := range leads {
		if slices.Contains(before[r], s.node) {
			list = append(list, turn{router: r, away: []string{s.node}, news: []string{s.node, r}, by: by})
		}
	}
	return list
}

// takes returns the way from the nearest site that the router leads to.
func (s scene) takes(p passage, router string) []string {
	var best []string
	for _, site := range slices.Sorted(maps.Keys(p)) {
		if s.role(site) != record.AnycastNode || !slices.Contains(p.toward(site), router) {
			continue
		}
		if way := p.chain(site, router); best == nil || len(way) < len(best) {
			best = way
		}
	}
	return best
}

// joining returns the routers on the way to the node that did not lead there
// before.
func (s scene) joining(after passage, by record.Time) []turn {
	var list []turn
	leads := after.toward(s.node)
	for _, r := range leads {
		had := s.fib.nodes[r].leadingTo()
		onto := without(after[r], func(h string) bool {
			return h != s.node && !slices.Contains(leads, h) || slices.Contains(had, h)
		})
		if len(onto) > 0 {
			list = append(list, turn{router: r, onto: onto, news: after.chain(s.node, r), by: by})
		}
	}
	return list
}

func without[T any](list []T, out func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(list), out)
}

// settled returns the client's ways as they were at the first moment at which
// done held, between two times, and that moment; if there is none, the later one.
func (s scene) settled(history []record.Event, from, until record.Time, done func(passage) bool) (passage, record.Time) {
	f := s.fib.until(history, from, s.prefix)
	p := s.passage(f)
	for _, e := range between(history, from, until) {
		if done(p) {
			return p, e.At
		}
		if h, ok := f.learn(e, s.prefix); ok {
			f.nodes[e.Node] = h
			p = s.passage(f)
		}
	}
	return p, max(from, until)
}

// moved says whether the ways lead to whoever serves now and not to the failed
// node.
func (s scene) moved(served string) func(passage) bool {
	return func(p passage) bool {
		if served == s.node {
			return p.reaches(served)
		}
		arrives := p.reaches(served)
		for n := range p {
			arrives = arrives || served == "" && s.role(n) == record.AnycastNode
		}
		return arrives && !p.reaches(s.node)
	}
}
