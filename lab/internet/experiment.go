package internet

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"

	"anylab/lab/record"
	"anylab/scenarios"
)

// Experiment is a scenario of the Internet, of its matrix one cell, on its graph.
type Experiment struct {
	scenario scenarios.Internet
	bare     *Graph      // without the sites
	at       *deployment // nil while it is not simulated
	about    record.Internet
}

// attach lets the sites join the graph.
func (x *Experiment) attach() error {
	s, g := x.scenario, x.bare
	sites, err := attached(g, s)
	if err != nil {
		return err
	}
	d := &deployment{}
	if d.graph, err = g.WithSites(sites); err != nil {
		return err
	}
	x.about.Sites = nil
	for i, site := range sites {
		d.names, d.sites = append(d.names, site.Name), append(d.sites, int32(g.Len()+i))
		x.about.Sites = append(x.about.Sites, record.InternetSite(site))
	}
	if s.Weights != "" {
		x.about.Weighted = true
		if d.weights, err = readWeights(s.Weights, d.graph); err != nil {
			return err
		}
	}
	x.at, x.about.Fault, x.about.Unicast = d, inWords(s.Faults), s.Unicast
	return x.check()
}

// leastTransit is how many customers an AS has that sites are attached to by chance.
const leastTransit = 50

// attached finds the providers of each site.
func attached(g *Graph, s scenarios.Internet) ([]Site, error) {
	var transit []uint32
	for least := leastTransit; len(transit) < 20 && least > 0; least /= 2 {
		transit = nil
		for as := range int32(g.Len()) {
			if from, to := g.of(as, Customer); int(to-from) >= least {
				transit = append(transit, g.ASN[as])
			}
		}
	}
	r := rand.New(rand.NewPCG(s.GraphSeed, 3))
	var sites []Site
	for _, site := range s.Sites {
		under := site.Under
		if site.Transit > len(transit) {
			return nil, fmt.Errorf("attach site %s to %d ASes: only %d have customers", site.Name, site.Transit, len(transit))
		}
		for len(under) < site.Transit {
			if as := transit[r.IntN(len(transit))]; !slices.Contains(under, as) {
				under = append(under, as)
			}
		}
		sites = append(sites, Site{site.Name, under})
	}
	return sites, nil
}

// readWeights reads how much the clients of ASes count: lines of an AS number and a
// weight. Those of others count nothing.
func readWeights(path string, g *Graph) ([]float64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	weights := make([]float64, g.Len())
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || text[0] == '#' {
			continue
		}
		var number uint32
		var weight float64
		if _, err := fmt.Sscanf(strings.TrimPrefix(text, "AS"), "%d %g", &number, &weight); err != nil || !(weight >= 0 && weight < 1e15) {
			return nil, fmt.Errorf("%s:%d: %q is no weight; it is written AS3356 12.5", path, n, text)
		}
		if as, ok := g.AS(number); ok {
			weights[as] = weight
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if total(weights) == 0 {
		return nil, fmt.Errorf("%s gives no AS of the graph a weight", path)
	}
	return weights, nil
}

// check finds out whether what the faults strike is there.
func (x *Experiment) check() error {
	for _, f := range x.scenario.Faults {
		var on []int32
		for _, name := range f.On {
			if name == scenarios.InternetEach {
				continue
			}
			as, err := x.at.find(name)
			if err != nil {
				return err
			}
			on = append(on, as)
		}
		if len(on) == 2 && x.at.graph.find(on[0], on[1]) < 0 {
			return fmt.Errorf("%s and %s can't part: they are not joined", f.On[0], f.On[1])
		}
	}
	return nil
}

// rules is what a run's record says of how the ASes behave.
func (x *Experiment) rules() []string {
	s := x.scenario
	rules := "; withdrawals are sent at once"
	if s.HeldBack {
		rules = "; withdrawals wait for it, too"
	}
	return []string{
		fmt.Sprintf("MRAI %s, up to %.0f%% shorter each time%s", portions(s.MRAI), 100*s.Jitter, rules),
		"processing of a message: 0 to " + portions(s.Work),
		fmt.Sprintf("links: %v to %v", s.Delay[0], s.Delay[1]),
		"policy: customers before peers before providers, then the shortest path, then the lowest neighbor",
	}
}

func portions(m []scenarios.Portion) string {
	if len(m) == 0 {
		return "0s"
	}
	var list []string
	for _, p := range m {
		list = append(list, fmt.Sprintf("%v (%g%%)", p.Time, 100*p.Share))
	}
	return strings.Join(list, ", ")
}

func inWords(faults []scenarios.InternetFault) string {
	var list []string
	for _, f := range faults {
		text := f.Kind + " " + strings.Join(f.On, " ")
		if f.After > 0 {
			text += fmt.Sprintf(" after %v", f.After)
		}
		switch {
		case f.Hold > 0:
			text += fmt.Sprintf(", noticed by a hold time of %v", f.Hold)
		case f.BFD[0] > 0:
			text += fmt.Sprintf(", noticed by BFD in %v", f.BFD[1])
		}
		list = append(list, text)
	}
	return strings.Join(list, "; ")
}

// cases are the cells of the report: of each site in turn, or one.
func (x *Experiment) cases() []map[string]string {
	if !x.scenario.Each {
		return []map[string]string{x.scenario.Cell}
	}
	var list []map[string]string
	for _, site := range x.scenario.Sites {
		c := maps.Clone(x.scenario.Cell)
		if c == nil {
			c = map[string]string{}
		}
		c["on"] = site.Name
		list = append(list, c)
	}
	return list
}

// job is a trial of a cell.
type job struct {
	cell  map[string]string
	index int
}

// jobs are the trials of all cells.
func (x *Experiment) jobs() []job {
	var jobs []job
	for _, c := range x.cases() {
		for i := range x.scenario.Trials {
			jobs = append(jobs, job{c, i})
		}
	}
	return jobs
}

// run simulates every trial, side by side on all cores, and records each as soon as
// those before it are. The first seed is given; the others follow from it.
func (x *Experiment) run(ctx context.Context, seed uint64, out record.Sink, done func(what string)) error {
	jobs := x.jobs()
	results, errs := make([]*record.InternetTrial, len(jobs)), make([]error, len(jobs))
	base := x.start(seed)
	next, written := 0, 0
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(jobs)) {
		wg.Go(func() {
			w := x.worker(base)
			for ctx.Err() == nil {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= len(jobs) {
					return
				}
				j := jobs[i]
				r, err := w.trial(j.cell, seed+uint64(j.index))
				r.Cell, r.Index = j.cell, j.index
				if i == 0 {
					r.Announced = &base.announced
				}
				mu.Lock()
				results[i], errs[i] = &r, err
				for ; written < len(jobs) && results[written] != nil && errs[written] == nil; written++ {
					out.Emit(record.Event{Kind: record.KindInternet, Data: *results[written]})
					results[written] = &record.InternetTrial{}
					done(record.CellName(jobs[written].cell))
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// start is where every trial begins: the sites have announced, and all is quiet.
type start struct {
	rules     Rules
	state     *state
	paths     paths
	announced record.Spread
}

func (x *Experiment) start(seed uint64) *start {
	s := x.simulation(seed)
	for _, site := range x.at.sites {
		s.Announce(site)
	}
	b := &start{rules: s.rules, announced: s.spread(s.Run(s.rules.Limit))}
	s.Rest()
	b.state, b.paths = s.keep(), slices.Clip(s.paths)
	return b
}

func (x *Experiment) simulation(seed uint64) *Simulation {
	c := x.scenario
	s := New(x.at.graph, Rules{MRAI: mixOf(c.MRAI), Jitter: c.Jitter, Work: mixOf(c.Work), Delay: Delay{c.Delay[0], c.Delay[1]}, HeldBack: c.HeldBack, Seed: seed, Limit: c.Limit})
	s.traffic = newTraffic(x.at.graph.Len(), x.at.sites, slices.Clone(x.at.weights))
	return s
}

// worker is a simulation of its own.
type worker struct {
	*Experiment
	base *start
	sim  *Simulation
}

func (x *Experiment) worker(base *start) *worker {
	w := &worker{x, base, New(x.at.graph, base.rules)}
	w.sim.paths = slices.Clone(base.paths)
	return w
}

func (w *worker) trial(cell map[string]string, seed uint64) (record.InternetTrial, error) {
	w.sim.restore(w.base.state, seed)
	faults := slices.Clone(w.scenario.Faults)
	if on, ok := cell["on"]; ok {
		faults[0].On = []string{on}
	}
	r, err := w.at.trial(w.sim, faults)
	r.Seed = seed
	if err == nil && w.scenario.Unicast {
		r.Withdrawn, err = w.alone(faults[0].On[0], seed)
	}
	return r, err
}

// alone lets a site announce the prefix as the only one, and withdraw it.
func (w *worker) alone(name string, seed uint64) (*record.Spread, error) {
	site, err := w.at.find(name)
	if err != nil {
		return nil, err
	}
	s := New(w.at.graph, w.base.rules)
	s.seed(seed)
	s.Announce(site)
	s.Run(s.rules.Limit)
	s.Rest()
	s.Withdraw(site)
	r := s.spread(s.Run(s.rules.Limit))
	return &r, nil
}
