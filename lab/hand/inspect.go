package hand

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"anylab/lab"
	"anylab/lab/run"
	"anylab/lab/world"
	"anylab/scenarios"
)

func serviceName(s scenarios.Service) string { return s.Name }

// Inspection is how a lab is.
type Inspection struct {
	Lab      Lab       `json:"lab"`
	Nodes    []Node    `json:"nodes"`
	Links    []Link    `json:"links"`
	Sessions []Session `json:"sessions"`
	Routes   []Route   `json:"routes"` // of kernels, to the anycast addresses
	Services []Service `json:"services"`
	Clients  []Client  `json:"clients"` // and who serves them
	Faults   []Broken  `json:"faults"`  // that were injected by hand
}

// Node is one of the lab's. Err says why its daemon's sessions are not known.
type Node struct {
	Name      string   `json:"name"`
	Role      string   `json:"role"`
	ASN       uint32   `json:"asn,omitempty"`
	Daemon    string   `json:"daemon,omitempty"`
	Addresses []string `json:"addresses"`
	Err       string   `json:"err,omitempty"`
}

// Link is a cable.
type Link struct {
	Name    string          `json:"name"`
	Carrier map[string]bool `json:"carrier"` // node -> whether its end has one
}

// Session is a BGP session as one end sees it.
type Session struct {
	Node     string     `json:"node"`
	Peer     string     `json:"peer"`
	Addr     netip.Addr `json:"addr"`
	State    string     `json:"state"`
	BFD      string     `json:"bfd,omitempty"`
	Received int        `json:"received"` // prefixes
}

// Route is a line of ip-route(8).
type Route struct {
	Node string `json:"node"`
	Line string `json:"line"`
}

// Service is one on one node.
type Service struct {
	Node    string `json:"node"`
	Name    string `json:"name"`
	PID     int    `json:"pid,omitempty"` // 0: it has no process
	Healthy bool   `json:"healthy"`
}

// Client is who answers one client at one address.
type Client struct {
	Client  string         `json:"client"`
	Service string         `json:"service"`
	Address string         `json:"address"`
	By      map[string]int `json:"by"` // node -> answers
	Asked   int            `json:"asked"`
	Lost    int            `json:"lost"`
	Err     string         `json:"err,omitempty"`
}

// looking bounds a look at a daemon that may hang, and asking is for how long each
// client asks.
const (
	looking = 1500 * time.Millisecond
	asking  = 200 * time.Millisecond
)

func (in *inside) inspect(ctx context.Context, c *call) error {
	i := Inspection{Links: in.links(), Services: in.services(), Faults: in.faults.seen(ctx)}
	var all sync.WaitGroup
	all.Go(func() { i.Nodes, i.Sessions, i.Routes = in.nodes(ctx) })
	all.Go(func() { i.Clients = in.clients(ctx) })
	all.Wait()
	if ctx.Err() != nil {
		return errGone
	}
	return c.say(i)
}

func (in *inside) links() []Link {
	var list []Link
	for _, k := range in.World.Lab.Links() {
		l := Link{Name: k.Name, Carrier: map[string]bool{}}
		for _, end := range k.Ends {
			if up, err := k.Carrier(end.Node); err == nil {
				l.Carrier[end.Node] = up
			}
		}
		list = append(list, l)
	}
	return list
}

func (in *inside) services() []Service {
	var list []Service
	for _, n := range in.World.Lab.Nodes() {
		for _, s := range in.World.Running[n.Name] {
			one := Service{Node: n.Name, Name: s.Name(), Healthy: s.Healthy()}
			if p := s.Proc(); p != nil {
				select {
				case <-p.Done():
				default:
					one.PID = p.PID()
				}
			}
			list = append(list, one)
		}
	}
	return list
}

// nodes asks daemons and kernels, all at once.
func (in *inside) nodes(ctx context.Context) ([]Node, []Session, []Route) {
	ctx, end := context.WithTimeout(ctx, looking)
	defer end()
	all := in.World.Lab.Nodes()
	nodes, sessions, routes := make([]Node, len(all)), make([][]Session, len(all)), make([][]Route, len(all))
	var asked errgroup.Group
	asked.SetLimit(16)
	for i, n := range all {
		asked.Go(func() error {
			nodes[i] = Node{Name: n.Name, Role: string(n.Role), ASN: n.ASN, Daemon: n.Daemon, Addresses: in.addresses(n)}
			var err error
			if sessions[i], err = in.sessions(ctx, n.Name); err != nil {
				nodes[i].Err = err.Error()
			}
			routes[i] = in.routes(n)
			return nil
		})
	}
	_ = asked.Wait() // none fails
	return nodes, slices.Concat(sessions...), slices.Concat(routes...)
}

func (in *inside) addresses(n *lab.Node) []string {
	list := []string{}
	for _, l := range in.Scenario.Topology.LinksOf(n.Name) {
		near, _ := l.Of(n.Name)
		for _, a := range []netip.Prefix{near.IPv4, near.IPv6} {
			if a.IsValid() {
				list = append(list, near.Dev+" "+a.String())
			}
		}
	}
	return list
}

func (in *inside) sessions(ctx context.Context, node string) ([]Session, error) {
	d, ok := in.World.Speakers[node]
	if !ok {
		return nil, nil
	}
	if world.Frozen(d.Procs()) {
		return nil, errors.New("the daemon's processes are stopped: it gives no answer")
	}
	peers, err := d.Peers(ctx)
	var list []Session
	for _, p := range peers {
		list = append(list, Session{node, p.Node, p.Addr, string(p.State), p.BFD, p.Received})
	}
	return list, err
}

func (in *inside) routes(n *lab.Node) []Route {
	var list []Route
	lines, _ := n.RouteTable() // nothing of a node that is being taken down
	for _, line := range lines {
		for _, p := range in.Scenario.Topology.Anycast {
			if to, _, _ := strings.Cut(line, " "); to == p.String() || to == p.Addr().String() {
				list = append(list, Route{n.Name, line})
			}
		}
	}
	return list
}

// clients has every client ask every service for a moment.
func (in *inside) clients(ctx context.Context) []Client {
	asks, _ := in.Asks("", "") // those that can be asked
	list := make([]Client, len(asks))
	var all errgroup.Group
	all.SetLimit(8)
	for i, a := range asks {
		all.Go(func() error {
			list[i] = in.askOnce(ctx, a)
			return nil
		})
	}
	_ = all.Wait() // none fails
	return list
}

func (in *inside) askOnce(ctx context.Context, a run.Ask) Client {
	a.Config.Rate, a.Config.Flows = 40, 4
	a.Config.Timeout = min(a.Config.Timeout, time.Second)
	e := newEar(a, func(Heard) {})
	ctx, end := context.WithTimeout(ctx, asking)
	defer end()
	c := Client{Client: a.Client, Service: a.Service, Address: e.address}
	if err := in.ask(ctx, a, e); err != nil {
		c.Err = err.Error()
	}
	c.By, c.Asked, c.Lost = e.sum.By, e.sum.Asked, e.sum.Lost
	return c
}
