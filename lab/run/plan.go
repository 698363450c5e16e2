// Package run carries out one scenario and records it.
package run

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/fault"
	"anylab/lab/record"
	"anylab/lab/service"
	"anylab/lab/simulate"
	"anylab/lab/world"
	"anylab/scenarios"
	"anylab/topologies"
	"anylab/topologies/document"
)

// Plan is a scenario that was checked as far as that needs no root.
type Plan struct {
	Scenario  scenarios.Scenario
	Seed      uint64        // of the fault's moments and of the cells' order
	Command   string        // that makes the same again
	KeepGoing bool          // after a trial or a cell that could not be carried out, go on with the next
	Exposed   []lab.Exposed // of the machine to the lab's processes
	Env       []string      // names of what of the environment they are given besides
	// Calibration comes before the first trial. Compile sets the short one.
	Calibration Calibration
	Enough      Enough            // looks whether a cell with a rule has enough trials; nil: all are made
	Choose      Choose            // makes trials where they are needed, in place of a number in each cell; nil: so many are made
	Soak        *Soak             // makes faults without end; nil: it doesn't
	Validation  *Validation       // what is to be proven; nil: nothing is
	Shard       *record.Shard     // the part of the trials that is made; nil: all are
	LeftOut     []record.LeftOut  // cells of a matrix that skips what can't be carried out here
	Pause       Pause             // lets people into the lab during a trial; nil: nobody is
	Keep        bool              // leave the last lab up
	Told        record.Sink       // is told of all events, of those of a lab that is kept too; nil: nobody is
	Profiles    simulate.Profiles // of the daemons, where the plan is simulated
	Kept        *Standing         // by Execute, for its caller to close; nil: none is up
	cells       []cell
	patience    time.Duration // in place of each cell's own, unless 0
}

// cell is one combination of the matrix, ready to be carried out.
type cell struct {
	scenarios.Scenario
	number   int                         // of all cells of the scenario, from 0: by it moments are drawn
	services map[string][]service.Config // node -> its services
	setting  fault.Setting
	faults   []planned
	theory   fault.Theory  // of the first fault
	scan     time.Duration // between two looks at the conditions of a daemon's routes; 0: there are none
	files    bgp.Files     // what was read of the nodes' own files
}

// planned is a fault as the scenario asks for it, with what carries it out.
type planned struct {
	fault.Fault
	fault.Declaration
	spec scenarios.Fault
	id   int

	client string             // of a fault that strikes whoever serves it
	sites  map[string]planned // that may: the fault at each; nil: its place is known
}

// Compile checks everything about a scenario that needs no lab: what is asked
// of the daemons, the kinds of services, checks and probes, and the faults' kinds, places and
// parameters. Its errors name file, line and column.
func Compile(s scenarios.Scenario) (*Plan, error) {
	expanded, err := s.Cells()
	if err != nil {
		return nil, err
	}
	p := &Plan{Scenario: s, Calibration: ShortCalibration}
	for _, e := range expanded {
		e, err := known(e)
		if err != nil {
			return nil, e.InCell(err)
		}
		if s.Missing == scenarios.Skip {
			if why := unfit(e); why != nil {
				p.LeftOut = append(p.LeftOut, record.LeftOut{Values: e.Cell, Reason: oneLine(why)})
				continue
			}
		}
		c, err := compileCell(e)
		if err != nil {
			return nil, e.InCell(err)
		}
		c.number = len(p.cells)
		p.cells = append(p.cells, c)
	}
	return p, nil
}

func compileCell(s scenarios.Scenario) (cell, error) {
	c := cell{Scenario: s, services: services(s), scan: scanOf(s.Topology), files: bgp.ReadFiles(s.Topology)}
	c.setting = world.Setting(s.Topology, c.services)
	if err := checkTopology(s.Topology); err != nil {
		return c, err
	}
	for _, check := range []func(scenarios.Scenario) error{checkers, scripts, bestPaths, observable, checkNames, checkProbes, checkLoss, checkGate, checkBFD, checkAgain, checkHealth, checkCapacity, checkMonitoring} {
		if err := check(s); err != nil {
			return c, err
		}
	}
	for id, spec := range s.Faults {
		f, err := c.planned(id, spec)
		if err != nil {
			return c, err
		}
		c.faults = append(c.faults, f)
		c.Topology.Besides = max(c.Topology.Besides, f.Routes)
	}
	if len(c.faults) > 0 {
		c.theory = c.led(c.firstFault())
	}
	return c, c.together()
}

func (c cell) planned(id int, spec scenarios.Fault) (planned, error) {
	if client, ok := scenarios.Serving(spec.On); ok {
		return c.compileServing(id, spec, client)
	}
	f, err := compileFault(spec, c.setting)
	if err != nil {
		return planned{}, err
	}
	return planned{Fault: f, Declaration: f.Declare(c.setting), spec: spec, id: id}, nil
}

// places are where the fault may strike.
func (p planned) places() [][]string {
	if p.sites == nil {
		return [][]string{p.spec.On}
	}
	var list [][]string
	for _, site := range slices.Sorted(maps.Keys(p.sites)) {
		list = append(list, p.sites[site].spec.On)
	}
	return list
}

// firstFault is the one that is injected first.
func (c cell) firstFault() planned {
	return slices.MinFunc(c.faults, func(f, g planned) int { return cmp.Compare(f.spec.After, g.spec.After) })
}

func compileFault(spec scenarios.Fault, in fault.Setting) (fault.Fault, error) {
	f, err := newFault(spec)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(f.Check(in), noProgram(f), within(f, spec)); err != nil {
		return nil, spec.Params.Errorf(keyOf(spec, err), "fault %s: %v", spec.Kind, err)
	}
	return f, nil
}

// within says why the fault can't be done before it is healed.
func within(f fault.Fault, spec scenarios.Fault) error {
	paced, ok := f.(fault.Paced)
	if !ok || spec.For == 0 {
		return nil
	}
	err := paced.Within(spec.For)
	if m := (fault.Mistake{}); errors.As(err, &m) && !spec.Params.Has(m.Key) {
		return fault.Mistake{Key: "for", What: m.What}
	}
	return err
}

// noProgram says which program of the user's own, that a fault runs, isn't there.
func noProgram(f fault.Fault) error {
	c, ok := f.(fault.Commander)
	if !ok {
		return nil
	}
	for _, command := range c.Commands() {
		if len(command) == 0 {
			continue
		}
		if err := service.NoProgram(command[0]); err != nil {
			return err
		}
	}
	return nil
}

// keyOf returns the key of the fault that an error is about: its own, if the file
// has it, else the place.
func keyOf(spec scenarios.Fault, err error) string {
	var m fault.Mistake
	if errors.As(err, &m) && spec.Params.Has(m.Key) {
		return m.Key
	}
	return "on"
}

func newFault(spec scenarios.Fault) (fault.Fault, error) {
	return fault.New(spec.Kind, fault.Place{On: spec.On, Direction: spec.Direction, End: spec.End}, spec.Params)
}

// services returns what runs on each node.
func services(s scenarios.Scenario) map[string][]service.Config {
	list := map[string][]service.Config{}
	for _, spec := range s.Services {
		for _, node := range spec.On {
			c := serviceConfig(s.Topology, spec)
			if slices.Contains(spec.Global, node) {
				c.Prefixes = around(c.Prefixes)
			}
			if spec.DNS != nil {
				c.Own = ownAddresses(s.Topology, node)
			}
			list[node] = append(list[node], c)
		}
	}
	return list
}

// around returns the networks that the Internet would take: longer prefixes are
// filtered by most.
func around(addresses []netip.Prefix) []netip.Prefix {
	var list []netip.Prefix
	for _, p := range addresses {
		bits := 24
		if p.Addr().Is6() {
			bits = 48
		}
		list = append(list, netip.PrefixFrom(p.Addr(), bits).Masked())
	}
	return list
}

func serviceConfig(t topologies.Topology, s scenarios.Service) service.Config {
	c := service.Config{Name: s.Name, Kind: s.Kind, Port: s.Port, Command: s.Command,
		Restart: s.Restart, Ready: s.Ready, Health: service.Health(s.Health), Prefixes: t.Anycast, Capacity: s.Capacity, Shed: s.Shed}
	for _, p := range t.Anycast {
		c.Addrs = append(c.Addrs, p.Addr())
	}
	if c.Health.Announces() {
		c.Prefixes = nil // the checker announces
	}
	return c
}

// shownCells is how many cells' steps are listed.
const shownCells = 10

// Steps lists what Execute will do, in order.
func (p *Plan) Steps() []string {
	var steps []string
	for i, c := range p.cells {
		if i == shownCells && len(p.cells) > shownCells+1 {
			steps = append(steps, fmt.Sprintf("... and %d more cells", len(p.cells)-i))
			break
		}
		t := c.Topology
		steps = append(steps,
			fmt.Sprintf("build %s: %d nodes, %d links%s%s", t.Name, len(t.Nodes), len(t.Links), distances(t), c.suffix()),
			fmt.Sprintf("start %s", list(c.starts())),
			"wait until every session is up and every client is served without loss")
		if known := p.calibrationOf(i); known.Each > 0 && c.calibrates() {
			steps = append(steps, "calibrate: "+known.what())
		}
		steps = append(steps, c.howMany()+" of "+c.what())
	}
	steps = append(steps, "take the lab down")
	for _, line := range record.LeftOutLines(p.LeftOut) {
		steps = append(steps, "left out: "+line)
	}
	return steps
}

// distances says which delays were made of places, and of how many kilometres.
func distances(t topologies.Topology) string {
	var made []string
	for _, l := range t.Links {
		both := l.Ends[0].Measured && l.Ends[1].Measured
		for i, e := range l.Ends {
			switch {
			case both && i == 0:
				made = append(made, fmt.Sprintf("%s %.0f km %s", l.Name, l.Kilometres, document.Duration(e.Shape.Delay)))
			case !both && e.Measured:
				made = append(made, fmt.Sprintf("%s %.0f km %s from %s", l.Name, l.Kilometres, document.Duration(e.Shape.Delay), e.Node))
			}
		}
	}
	if len(made) == 0 {
		return ""
	}
	return "; delays by distance: " + list(made)
}

func (c cell) starts() []string {
	speakers := len(c.Topology.Of(topologies.Router)) + len(c.Topology.Of(topologies.Anycast))
	starts := []string{fmt.Sprintf("%d BGP speakers", speakers)}
	for _, s := range c.Services {
		starts = append(starts, fmt.Sprintf("service %s (%s) on %s", s.Name, s.Kind, document.Some(s.On)))
	}
	for _, p := range c.Probes {
		starts = append(starts, fmt.Sprintf("probe %s from %s (%g/s, %d flows)", p.Service, p.From, p.Rate, p.Flows))
	}
	return starts
}

// what names the cell's faults: "service-crash on a".
func (c cell) what() string {
	if len(c.faults) == 0 {
		return "no fault"
	}
	var names []string
	for _, f := range c.faults {
		names = append(names, f.spec.Kind+" on "+strings.Join(f.spec.On, "-"))
	}
	return list(names)
}

func (c cell) suffix() string {
	if len(c.Cell) == 0 {
		return ""
	}
	return " (" + record.CellName(c.Cell) + ")"
}

func list(items []string) string { return document.Joined(items, "; ") }

func (c cell) record() record.Cell {
	r := record.Cell{Values: c.Cell, Trials: c.Trials, Experiment: facts(c.Scenario, c.faults), Floor: c.floor()}
	if len(c.faults) > 0 {
		r.Theory, r.Takeover, r.Period = c.seen().Bounds(), c.takeover(), c.period()
	}
	return r
}
