package topologies

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"anylab/topologies/document"
)

// generateFile asks for nodes and links that are made by a rule.
type generateFile struct {
	Kind    string       `yaml:"kind,required" enum:"star ring leaf-spine clique world" doc:"star: one router; ring: a router for each site; leaf-spine: two spines, a leaf for each site; clique: routers that are all neighbors of each other; world: a router in each of so many cities, linked to its nearest ones"`
	Sites   int          `yaml:"sites" default:"3" min:"1" max:"10000" doc:"anycast nodes: s1, s2, ..."`
	Clients int          `yaml:"clients" default:"1" min:"1" max:"10000" doc:"clients: c1, c2, ..., spread over the routers"`
	Routers int          `yaml:"routers" min:"0" max:"1000" doc:"of a clique or a ring, at least one for each site; the sites' number"`
	Prepend int          `yaml:"prepend" min:"0" max:"255" doc:"how many more times the sites but the first prepend their AS, as backups do; not in a world"`
	Seed    uint64       `yaml:"seed" doc:"of the cities that a world is made of"`
	At      document.Raw `yaml:",self"`
}

// generated is a network in the making: routers, sites and clients by number.
type generated struct {
	nodes, links []string
}

func (g *generated) router(name string, asn uint32, more string) {
	g.nodes = append(g.nodes, fmt.Sprintf("  %s: {role: router, asn: %d%s}", name, asn, more))
}

func (g *generated) link(a, b, more string) {
	g.links = append(g.links, fmt.Sprintf("  - {endpoints: [%s, %s]%s}", a, b, more))
}

// The numbers of the autonomous systems: each router and each site is one of its own.
const (
	firstRouter uint32 = 4200000000 // private ones (RFC 6996)
	firstSite   uint32 = 4200100000
)

// What is generated has at most so many: far more than any machine carries out.
const mostNodes, mostLinks = 3000, 6000

// size says how many nodes and links expand makes; of a world's links, how many at most.
func (f generateFile) size() (nodes, links int) {
	routers, between := f.routers(), 0
	switch f.Kind {
	case "star":
		routers = 1
	case "ring":
		between = routers
	case "clique":
		between = routers * (routers - 1) / 2
	case "leaf-spine":
		routers, between = f.Sites+2, 2*f.Sites
	case "world":
		between = 3 * f.Sites
	}
	return routers + f.Sites + f.Clients, between + f.Sites + f.Clients
}

// expand makes the text of nodes and links.
func (f generateFile) expand() string {
	g := &generated{}
	var homes []string // of sites and clients by turns
	switch f.Kind {
	case "star":
		g.router("hub", firstRouter, "")
		homes = []string{"hub"}
	case "ring":
		homes = g.routers(f.routers())
		for i := range homes {
			if next := (i + 1) % len(homes); next > i || len(homes) > 2 && next == 0 {
				g.link(homes[i], homes[next], "")
			}
		}
	case "clique":
		homes = g.routers(f.routers())
		for i, a := range homes {
			for _, b := range homes[i+1:] {
				g.link(a, b, "")
			}
		}
	case "leaf-spine":
		homes = g.leafSpine(f.Sites)
	case "world":
		g.world(f)
		return g.String()
	}
	g.attach(f, homes)
	return g.String()
}

func (g *generated) String() string {
	return "nodes:\n" + strings.Join(g.nodes, "\n") + "\nlinks:\n" + strings.Join(g.links, "\n") + "\n"
}

func (f generateFile) routers() int { return max(f.Routers, f.Sites) }

func (g *generated) routers(n int) []string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("r%d", i+1))
		g.router(names[i], firstRouter+uint32(i), "")
	}
	return names
}

func (g *generated) leafSpine(leaves int) []string {
	for i := range 2 {
		g.router(fmt.Sprintf("spine%d", i+1), firstRouter+uint32(i), "")
	}
	var names []string
	for i := range leaves {
		names = append(names, fmt.Sprintf("leaf%d", i+1))
		g.router(names[i], firstRouter+2+uint32(i), "")
		for s := range 2 {
			g.link(fmt.Sprintf("spine%d", s+1), names[i], "")
		}
	}
	return names
}

// attach gives the routers their sites and clients by turns. Clients begin at the
// last one, so that the first of them is not served next door alone, and so do backups:
// of ways that are as long as each other the one through the first router is best, so
// that the last is where all of them are tried.
func (g *generated) attach(f generateFile, homes []string) {
	for i := range f.Sites {
		g.nodes = append(g.nodes, fmt.Sprintf("  s%d: {role: anycast, asn: %d}", i+1, firstSite+uint32(i)))
		home, backup := homes[i%len(homes)], ""
		if f.Prepend > 0 && i > 0 {
			home = homes[len(homes)-1-(i-1)%len(homes)]
			backup = fmt.Sprintf(", to: {%s: {prepend: %d}}", home, f.Prepend)
		}
		g.link(home, fmt.Sprintf("s%d", i+1), backup)
	}
	for i := range f.Clients {
		g.nodes = append(g.nodes, fmt.Sprintf("  c%d: {role: client}", i+1))
		g.link(homes[len(homes)-1-i%len(homes)], fmt.Sprintf("c%d", i+1), "")
	}
}

// world puts a site into each of some cities, drawn by the seed, and a client into
// each of some others as long as there are any. Each city with a site has a router,
// linked to the two nearest ones and, so that all hang together, to the nearest one
// before it; clients hang on the nearest router.
func (g *generated) world(f generateFile) {
	order := slices.Sorted(maps.Keys(cities))
	rand.New(rand.NewPCG(f.Seed, 0)).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	place := func(i int) Place {
		name := order[i%len(order)]
		return Place{name, cities[name][0], cities[name][1]}
	}
	const far = ", delay: distance"
	for i := range f.Sites {
		g.router(fmt.Sprintf("r%d", i+1), firstRouter+uint32(i), ", at: "+place(i).Name)
	}
	linked := map[[2]int]bool{}
	for i := range f.Sites {
		near := nearest(place, i, f.Sites)
		for _, j := range append(near[:min(2, len(near))], nearest(place, i, i)[:min(1, i)]...) {
			pair := [2]int{min(i, j), max(i, j)}
			if !linked[pair] {
				linked[pair] = true
				g.link(fmt.Sprintf("r%d", pair[0]+1), fmt.Sprintf("r%d", pair[1]+1), far)
			}
		}
	}
	for i := range f.Sites {
		g.nodes = append(g.nodes, fmt.Sprintf("  s%d: {role: anycast, asn: %d, at: %s}", i+1, firstSite+uint32(i), place(i).Name))
		g.link(fmt.Sprintf("r%d", i+1), fmt.Sprintf("s%d", i+1), "")
	}
	for i := range f.Clients {
		at := f.Sites + i
		g.nodes = append(g.nodes, fmt.Sprintf("  c%d: {role: client, at: %s}", i+1, place(at).Name))
		g.link(fmt.Sprintf("r%d", nearest(place, at, f.Sites)[0]+1), fmt.Sprintf("c%d", i+1), far)
	}
}

// nearest returns the first n places but for one, nearest to it first.
func nearest(place func(int) Place, of, n int) []int {
	var list []int
	for i := range n {
		if i != of {
			list = append(list, i)
		}
	}
	far := make([]float64, n)
	for _, i := range list {
		far[i] = place(of).Kilometres(place(i))
	}
	slices.SortFunc(list, func(a, b int) int { return cmp.Or(cmp.Compare(far[a], far[b]), cmp.Compare(a, b)) })
	return list
}

// generate replaces what the file asks for by the nodes and links that it means.
func (f *topologyFile) generate() error {
	g := f.Generate
	if g == nil {
		for _, key := range []string{"nodes", "links"} {
			if !f.At.Has(key) {
				return f.At.Errorf("", "the key %q is missing; or say generate: {kind: star, sites: 3}", key)
			}
		}
		return nil
	}
	for _, key := range []string{"nodes", "links"} {
		if f.At.Has(key) {
			return f.At.KeyErrorf(key, "%s can't stand beside generate, which makes them: anylab show --expand prints what it makes, to be changed by hand", key)
		}
	}
	if g.Routers != 0 && g.Kind != "clique" && g.Kind != "ring" {
		return g.At.KeyErrorf("routers", "the routers of a %s follow from its sites; only a ring or a clique may have more", g.Kind)
	}
	if g.Routers != 0 && g.Routers < g.Sites {
		return g.At.Errorf("routers", "%d routers are too few: each of %d sites has one", g.Routers, g.Sites)
	}
	if g.Prepend != 0 && g.Kind == "world" {
		return g.At.KeyErrorf("prepend", "no site of a world is a backup")
	}
	if g.At.Has("seed") && g.Kind != "world" {
		return g.At.KeyErrorf("seed", "nothing of a %s is drawn", g.Kind)
	}
	if nodes, links := g.size(); nodes > mostNodes || links > mostLinks {
		return g.At.Errorf("sites", "these are %d nodes and %d links; a topology that is generated may have %d and %d", nodes, links, mostNodes, mostLinks)
	}
	d, err := document.Parse("generated "+g.Kind, []byte(g.expand()))
	if err != nil {
		return err
	}
	var made struct {
		Nodes []nodeFile `yaml:"nodes,keyed"`
		Links []linkFile `yaml:"links"`
	}
	if err := d.Root().Decode(&made); err != nil {
		return err
	}
	f.Nodes, f.Links = made.Nodes, made.Links
	return nil
}

// Expand returns the text of a topology with the nodes and links that it asks to be
// generated, and the text as it is where it asks for none.
func Expand(d *document.Document) (string, error) {
	var f topologyFile
	if err := d.Root().Decode(&f); err != nil {
		return "", err
	}
	if err := f.generate(); err != nil || f.Generate == nil {
		return d.String(), err
	}
	return d.Without("generate").String() + f.Generate.expand(), nil
}
