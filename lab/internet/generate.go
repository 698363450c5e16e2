package internet

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// What the Internet was like in September 2025 (78,638 ASes). Each curve says how
// many neighbors those ASes have at least that make up a share of all: how few ASes
// have very many neighbors is what makes a network behave like the Internet.
var (
	customersOfTransit = curve{{0, 6686}, {0.0002, 2529}, {0.0005, 1823}, {0.001, 1034}, {0.002, 620}, {0.005, 263}, {0.01, 173}, {0.02, 99}, {0.05, 40}, {0.1, 18}, {0.2, 8}, {0.3, 4}, {0.4, 3}, {0.5, 2}, {0.6, 1}, {1, 1}}
	peersOfTransit     = curve{{0, 9687}, {0.0002, 7567}, {0.0005, 5969}, {0.001, 4403}, {0.002, 2987}, {0.005, 1941}, {0.01, 1422}, {0.02, 704}, {0.05, 175}, {0.1, 108}, {0.2, 40}, {0.3, 25}, {0.4, 21}, {0.5, 16}, {0.6, 9}, {0.7, 5}, {0.8, 2}, {0.9, 1}, {1, 1}}
	peersOfStubs       = curve{{0, 3855}, {0.0002, 3141}, {0.0005, 1240}, {0.001, 932}, {0.002, 470}, {0.005, 202}, {0.01, 149}, {0.02, 104}, {0.05, 71}, {0.1, 31}, {0.2, 22}, {0.3, 16}, {0.4, 9}, {0.5, 5}, {0.6, 3}, {0.7, 2}, {0.8, 1}, {1, 1}}

	providersOfTransit = []float64{0, 0.217, 0.302, 0.202, 0.121, 0.064, 0.037, 0.021, 0.012, 0.009, 0.006, 0.005, 0.004} // shares with 0, 1, 2, ... of them
	providersOfStubs   = []float64{0, 0.466, 0.361, 0.107, 0.036, 0.013, 0.0065, 0.0032, 0.0016, 0.0013, 0.0012, 0.0010, 0.0014}
)

const (
	measured       = 78_638 // ASes in which the curves were taken
	transitShare   = 0.1577 // of all ASes
	peeringTransit = 0.585  // share of the transit ASes that have peers
	peeringStubs   = 0.136
	stubsAmong     = 0.14 // share of the stubs' ends of peerings that lead to other stubs
	cliqueSize     = 19
	rounds         = 4   // in which ends that can't be joined are dealt anew
	scatter        = 2.2 // how far the ranks by peers are from those by customers, as a factor's logarithm

	// FewestASes is how many a graph needs for these curves to mean anything.
	FewestASes = 100
)

// curve is a distribution: points of a falling line, on logarithmic axes.
type curve []struct{ share, value float64 }

func (c curve) at(share float64) float64 {
	i := max(1, slices.IndexFunc(c, func(p struct{ share, value float64 }) bool { return p.share >= share }))
	a, b := c[i-1], c[i]
	part := (share - a.share) / (b.share - a.share)
	return math.Exp(math.Log(a.value)*(1-part) + math.Log(b.value)*part)
}

// degrees gives n ASes their numbers of neighbors, the most first, in a graph that
// is by a factor as large as the one of the curve.
func (c curve) degrees(n int, factor float64) []int {
	list := make([]int, n)
	for i := range list {
		most := max(3, c[0].value*factor)
		list[i] = max(1, int(math.Round(min(most, c.at((float64(i)+0.5)/float64(n))))))
	}
	return list
}

// generator makes a graph whose ASes are numbered by rank: 1 has the most customers.
type generator struct {
	rand    *rand.Rand
	n       int
	transit int
	clique  int
	links   []Link
}

// Generate makes a graph of so many ASes that is like the Internet.
func Generate(ases int, seed uint64) *Graph {
	g := &generator{rand: rand.New(rand.NewPCG(seed, 2)), n: ases, transit: int(transitShare * float64(ases))}
	g.clique = min(cliqueSize, g.transit/3)
	for a := range g.clique {
		for b := range a {
			g.link(b, a, Peer)
		}
	}
	g.hierarchy()
	g.peerings()
	return NewGraph(g.links)
}

func (g *generator) link(a, b int, c Class) {
	g.links = append(g.links, Link{uint32(a + 1), uint32(b + 1), c})
}

// factor is how large the graph is, compared to the one that was measured.
func (g *generator) factor() float64 { return float64(g.n) / measured }

// hierarchy deals customers to providers: each transit AS has places for so many as
// it shall have customers. Transit ASes take places of ASes of a higher rank, stubs
// what is left.
func (g *generator) hierarchy() {
	var places []int // providers
	upTo := make([]int, g.transit)
	for as, n := range customersOfTransit.degrees(g.transit, g.factor()) {
		upTo[as] = len(places)
		for range n {
			places = append(places, as)
		}
	}
	for as := g.clique; as < g.transit; as++ {
		g.customer(as, g.drawn(providersOfTransit), func() int { return g.place(places[:upTo[as]]) })
	}
	free := slices.DeleteFunc(places, func(as int) bool { return as < 0 })
	all := slices.Clone(free)
	g.rand.Shuffle(len(free), func(i, j int) { free[i], free[j] = free[j], free[i] })
	for as := g.transit; as < g.n; as++ {
		g.customer(as, g.drawn(providersOfStubs), func() int {
			if len(free) == 0 {
				return all[g.rand.IntN(len(all))]
			}
			last := free[len(free)-1]
			free = free[:len(free)-1]
			return last
		})
	}
}

// customer gives an AS different providers, as far as some are found.
func (g *generator) customer(as, providers int, next func() int) {
	var have []int
	for range 3 * providers {
		if p := next(); len(have) < providers && !slices.Contains(have, p) {
			have = append(have, p)
			g.link(p, as, Customer)
		}
		if len(have) == providers {
			return
		}
	}
}

// place takes one of the places; of one that is taken its AS takes one more.
func (g *generator) place(places []int) int {
	i := g.rand.IntN(len(places))
	as := places[i]
	if as >= 0 {
		places[i] = -1 - as
		return as
	}
	return -1 - as
}

func (g *generator) drawn(shares []float64) int {
	at := g.rand.Float64()
	for n, share := range shares {
		if at -= share; at < 0 {
			return n
		}
	}
	return 1
}

// peerings joins peers at random, each with as many ends as it shall have peers.
func (g *generator) peerings() {
	transit := g.ends(g.ranked(), peersOfTransit, peeringTransit)
	var stubs []int
	for as := g.transit; as < g.n; as++ {
		stubs = append(stubs, as)
	}
	g.rand.Shuffle(len(stubs), func(i, j int) { stubs[i], stubs[j] = stubs[j], stubs[i] })
	lone := g.ends(stubs, peersOfStubs, peeringStubs)
	among := int(stubsAmong*float64(len(lone))) / 2 * 2
	seen := map[uint64]bool{}
	for _, l := range g.links {
		seen[l.pair()] = true
	}
	g.pair(lone[:among], seen)
	lone = lone[among:]
	n := min(len(lone), len(transit))
	var mixed []int // a stub's end behind each transit AS's
	for i := range n {
		mixed = append(mixed, transit[i], lone[i])
	}
	g.pair(append(g.pair(mixed, seen), transit[n:]...), seen)
}

// pair joins each end with the one behind it, and returns those that it can't join:
// they are of one AS, or of two that are joined already.
func (g *generator) pair(ends []int, seen map[uint64]bool) (left []int) {
	for range rounds {
		for i := 0; i+1 < len(ends); i += 2 {
			l := Link{uint32(ends[i] + 1), uint32(ends[i+1] + 1), Peer}
			if l.A == l.B || seen[l.pair()] {
				left = append(left, ends[i], ends[i+1])
				continue
			}
			seen[l.pair()] = true
			g.links = append(g.links, l)
		}
		ends, left = left, nil
		g.rand.Shuffle(len(ends), func(i, j int) { ends[i], ends[j] = ends[j], ends[i] })
	}
	return ends
}

// ranked are the transit ASes by how many peers they shall have: roughly as they
// are by customers.
func (g *generator) ranked() []int {
	list, key := make([]int, g.transit), make([]float64, g.transit)
	for as := range list {
		list[as], key[as] = as, math.Log(float64(as+1))+scatter*g.rand.NormFloat64()
	}
	slices.SortFunc(list, func(a, b int) int { return cmp.Compare(key[a], key[b]) })
	return list
}

// ends lists the first of the ASes, each as often as it shall have peers, in no order.
func (g *generator) ends(ases []int, c curve, share float64) []int {
	var list []int
	for i, n := range c.degrees(int(share*float64(len(ases))), g.factor()) {
		for range n {
			list = append(list, ases[i])
		}
	}
	g.rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}
