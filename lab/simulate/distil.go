package simulate

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"anylab/lab/record"
)

// Distiller finds out what daemons take for each of their steps: the times between what
// a node was told in a lab and what it did about it.
type Distiller struct {
	times map[string]*stepTimes // by daemon
	trial trialWatch
}

// stepTimes are what was seen of one daemon, in microseconds. Each is of the whole way
// from one moment that a record has to another.
type stepTimes struct {
	installed []float64 // from an UPDATE to the kernel's route
	passed    []float64 // from an UPDATE to the one for another neighbor
	left      []float64 // from a session's end to the kernel's route
	cut       []float64 // from a lost carrier to the kernel's route
	commanded []float64 // from a health check's verdict to the UPDATE
	connected []float64 // from what a session needs to when it is up
	again     []float64 // from the end of one that needs nothing else
	started   []float64 // from a process's start to that
	greeted   []greeting
}

// greeting is how long after a session came up the first UPDATE was sent, and how many
// neighbors its daemon has.
type greeting struct {
	us        float64
	neighbors int
}

// trialWatch is a trial that is read.
type trialWatch struct {
	on      bool
	daemons map[string]string          // by node
	routers map[string]bool            // those of them that are no site
	causes  map[routePlace]*cause      // the newest
	needed  map[[2]string]record.Event // what a session between two nodes had to wait for
	opening map[[2]string]*opening     // it comes
	peers   map[string]int             // how many neighbors each node has
}

// opening is a session that comes up.
type opening struct {
	shaken map[string]bool // who has sent a KEEPALIVE since the last OPEN
	up     record.Time     // when both had; 0: they have not
	told   map[string]bool // who has sent an UPDATE
}

// routePlace is a prefix at a node; the zero prefix stands for all.
type routePlace struct {
	node   string
	prefix netip.Prefix
}

// cause is what may make a node change its mind.
type cause struct {
	at     record.Time
	from   string // who told it
	kind   causeKind
	mixed  bool            // with another one
	routed bool            // the kernel's route has changed since
	passed map[string]bool // who was told of it
}

type causeKind int

const (
	byUpdate causeKind = iota
	byEnd
	byCarrier
	byCommand
)

// Add reads a run of a lab: of the trials that are wanted.
func (d *Distiller) Add(dir string, run record.Run, wanted func(cell map[string]string, index int) bool) error {
	var events []record.Event
	for e, err := range record.Events(dir) {
		if err != nil {
			return err
		}
		events = append(events, e)
	}
	slices.SortStableFunc(events, func(a, b record.Event) int { return cmp.Compare(a.At, b.At) })
	d.trial = trialWatch{}
	for _, e := range events {
		if t, ok := e.Data.(record.Trial); ok {
			d.trial = trialWatch{}
			if t.Phase == record.TrialBegin && wanted(t.Cell, t.Index) {
				d.trial = watchTrial(topologyOf(run, t.Cell))
			}
		} else if d.trial.on {
			d.see(e)
		}
	}
	return nil
}

func topologyOf(run record.Run, cell map[string]string) record.Topology {
	for _, c := range run.Cells {
		if record.CellName(c.Values) == record.CellName(cell) && c.Experiment != nil {
			return c.Experiment.Topology
		}
	}
	if run.Experiment != nil {
		return run.Experiment.Topology
	}
	return record.Topology{}
}

func watchTrial(t record.Topology) trialWatch {
	w := trialWatch{on: true, daemons: map[string]string{}, routers: map[string]bool{}, causes: map[routePlace]*cause{}, needed: map[[2]string]record.Event{}, opening: map[[2]string]*opening{}, peers: map[string]int{}}
	for _, n := range t.Nodes {
		if n.Daemon != "" && n.Config == nil && n.Bin == "" {
			w.daemons[n.Name], w.routers[n.Name] = n.Daemon, n.Role == record.RouterNode
		}
	}
	families := map[record.Family]bool{}
	for _, p := range t.Anycast {
		families[record.FamilyOf(p.Addr())] = true
	}
	for _, l := range t.Links {
		for _, e := range l.Ends {
			if l.BGP != nil {
				w.peers[e.Node] += len(families)
			}
		}
	}
	return w
}

// of is what was seen of the node's daemon; nil for a node without.
func (d *Distiller) of(node string) *stepTimes {
	daemon := d.trial.daemons[node]
	if daemon == "" {
		return nil
	}
	if d.times == nil {
		d.times = map[string]*stepTimes{}
	}
	if d.times[daemon] == nil {
		d.times[daemon] = &stepTimes{}
	}
	return d.times[daemon]
}

func (d *Distiller) see(e record.Event) {
	switch m := e.Data.(type) {
	case record.BGP:
		if m.Out {
			d.said(e, m)
		} else {
			d.heard(e, m)
		}
	case record.Carrier:
		d.needs(e, e.Node, m.Peer)
		if !m.Up {
			d.tell(routePlace{node: e.Node}, e.At, m.Peer, byCarrier)
		}
	case record.Health:
		d.tell(routePlace{node: e.Node}, e.At, "", byCommand)
	case record.Proc:
		if e.Kind == record.KindStart {
			d.starts(e)
		}
	case record.Route:
		d.routed(e, m)
	}
}

// apart is how far two causes must be from each other for what follows to be told apart.
const apart = time.Second

// tell notes that something may make a node change its mind. What two did shortly one
// after the other, what follows may be of either.
func (d *Distiller) tell(where routePlace, at record.Time, from string, kind causeKind) {
	if d.of(where.node) == nil {
		return
	}
	c := &cause{at: at, from: from, kind: kind, passed: map[string]bool{}}
	for place, before := range d.trial.causes {
		same := place.prefix == where.prefix || !place.prefix.IsValid() || !where.prefix.IsValid()
		if place.node == where.node && same && at.Sub(before.at) < apart {
			before.mixed, c.mixed = true, true
		}
	}
	d.trial.causes[where] = c
}

func (d *Distiller) needs(e record.Event, a, b string) {
	d.trial.needed[[2]string{min(a, b), max(a, b)}] = e
}

// starts notes that a process has, with which all begins anew on its node.
func (d *Distiller) starts(e record.Event) {
	for node := range d.trial.daemons {
		d.needs(e, e.Node, node)
	}
	for place := range d.trial.causes {
		if place.node == e.Node {
			delete(d.trial.causes, place)
		}
	}
}

// ended notes what a session ends with. A connection that is refused while a daemon
// starts is not what that has to wait for.
func (d *Distiller) ended(e record.Event, m record.BGP) {
	before := d.trial.needed[ends(m)]
	if o := d.trial.opening[ends(m)]; o != nil && len(o.told) == 0 {
		return // of two connections one has to go (RFC 4271 section 6.8)
	}
	delete(d.trial.opening, ends(m))
	if m.Type == record.BGPNotification || before.Kind != record.KindStart {
		d.needs(e, m.From, m.To)
	}
}

func (d *Distiller) heard(e record.Event, m record.BGP) {
	switch {
	case m.Type == record.BGPUpdate:
		for _, p := range slices.Concat(m.Announce, m.Withdraw) {
			d.tell(routePlace{m.To, p}, e.At, m.From, byUpdate)
		}
	case m.Ends():
		d.ended(e, m)
		if c := d.trial.causes[routePlace{node: m.To}]; c == nil || c.from != m.From || c.kind == byCommand {
			d.tell(routePlace{node: m.To}, e.At, m.From, byEnd) // what follows on it is the same end
		}
	}
}

func (d *Distiller) said(e record.Event, m record.BGP) {
	switch m.Type {
	case record.BGPUpdate:
		d.speaks(e, m)
		for _, p := range slices.Concat(m.Announce, m.Withdraw) {
			c := d.newest(m.From, p)
			if c == nil || c.mixed || c.from == m.To || c.passed[m.To] {
				continue
			}
			c.passed[m.To] = true
			switch t := d.of(m.From); c.kind {
			case byUpdate:
				t.passed = append(t.passed, since(c.at, e.At))
			case byCommand:
				t.commanded = append(t.commanded, since(c.at, e.At))
			}
		}
	case record.BGPOpen:
		d.opens(m)
	case record.BGPKeepalive:
		d.shakes(e, m)
	}
}

// opens notes that a session comes, which either end may begin with.
func (d *Distiller) opens(m record.BGP) {
	if d.trial.opening[ends(m)] == nil {
		d.trial.opening[ends(m)] = &opening{told: map[string]bool{}}
	}
	d.trial.opening[ends(m)].shaken = map[string]bool{}
	for place, c := range d.trial.causes {
		if (c.kind == byEnd || c.kind == byCarrier) && (place.node == m.From && c.from == m.To || place.node == m.To && c.from == m.From) {
			c.mixed = true // what comes now is of the new session
		}
	}
}

// shakes notes that an end has taken the other's OPEN: once both have, the session is up.
func (d *Distiller) shakes(e record.Event, m record.BGP) {
	o := d.trial.opening[ends(m)]
	if o == nil || len(o.shaken) == 2 {
		return
	}
	if o.shaken[m.From] = true; len(o.shaken) == 2 {
		o.up = e.At
	}
}

// speaks notes how long a session has taken to come up, and until an end said something.
func (d *Distiller) speaks(e record.Event, m record.BGP) {
	o := d.trial.opening[ends(m)]
	if o == nil || o.up == 0 || o.told[m.From] {
		return
	}
	o.told[m.From] = true
	if t := d.of(m.From); t != nil {
		t.greeted = append(t.greeted, greeting{since(o.up, e.At), d.trial.peers[m.From]})
	}
	needed, waited := d.trial.needed[ends(m)]
	if !waited {
		return
	}
	delete(d.trial.needed, ends(m))
	took := since(needed.At, o.up)
	switch t, starts := d.of(m.From), d.of(needed.Node); {
	case needed.Kind == record.KindStart && starts != nil:
		starts.started = append(starts.started, took)
	case needed.Kind == record.KindBGP && t != nil:
		t.again = append(t.again, took)
	case needed.Kind == record.KindCarrier && t != nil:
		t.connected = append(t.connected, took)
	}
}

func ends(m record.BGP) [2]string { return [2]string{min(m.From, m.To), max(m.From, m.To)} }

func (d *Distiller) routed(e record.Event, r record.Route) {
	c := d.newest(e.Node, r.Prefix)
	if c == nil || c.mixed || c.routed || c.kind != byUpdate && !d.trial.routers[e.Node] {
		return // a site that a fault has struck does other things, too
	}
	c.routed = true
	switch t := d.of(e.Node); c.kind {
	case byUpdate:
		t.installed = append(t.installed, since(c.at, e.At))
	case byEnd:
		t.left = append(t.left, since(c.at, e.At))
	case byCarrier:
		t.cut = append(t.cut, since(c.at, e.At))
	}
}

// newest is what a node was told last that is about a prefix.
func (d *Distiller) newest(node string, p netip.Prefix) *cause {
	one, all := d.trial.causes[routePlace{node, p}], d.trial.causes[routePlace{node: node}]
	if one == nil || all != nil && all.at > one.at {
		return all
	}
	return one
}

func since(from, to record.Time) float64 { return float64(to.Sub(from)) / float64(time.Microsecond) }
