package run

import (
	"fmt"
	"slices"

	"anylab/lab/fault"
	"anylab/lab/record"
	"anylab/lab/world"
	"anylab/scenarios"
	"anylab/topologies"
	"anylab/topologies/document"
)

// Failure is a way in which a part of a scenario's network usually fails.
type Failure struct {
	record.Failure
	spec scenarios.Break
	same string // equal for parts of sites that are equal in all but their names
}

// mostParts is how many nodes and links a network may have that is validated: each
// of them fails in some ways, each of which is a cell.
const mostParts = 400

// Failures lists those of the network, whoever uses it. Each that can't happen says
// why not.
func Failures(s scenarios.Scenario) ([]Failure, error) {
	s, err := known(s)
	if err != nil {
		return nil, err
	}
	l := lister{Scenario: s, setting: world.Setting(s.Topology, services(s))}
	if n := len(s.Topology.Nodes) + len(s.Topology.Links); n > mostParts {
		return nil, fmt.Errorf("the network has %d nodes and links, too many to make each fail: validate one with at most %d of both", n, mostParts)
	}
	for _, n := range s.Topology.Nodes {
		if n.Role == topologies.Anycast && len(l.setting.Services[n.Name]) > 0 {
			l.site(n)
		}
	}
	for _, n := range s.Topology.Nodes {
		if n.Role == topologies.Router {
			l.router(n)
		}
	}
	return l.list, nil
}

// lister collects the failures.
type lister struct {
	scenarios.Scenario
	setting fault.Setting
	list    []Failure
}

// site adds what may happen to a site: to its services, to its daemon, to its
// links, and to all of it.
func (l *lister) site(n topologies.Node) {
	for _, u := range fault.UsualFailures() {
		switch u.Of {
		case fault.ServicePart:
			for _, svc := range l.setting.Services[n.Name] {
				l.service(u, n, svc.Name)
			}
		case fault.DaemonPart, fault.SitePart:
			l.node(u, n, n.Name)
		case fault.LinkPart:
			for _, link := range l.Topology.LinksOf(n.Name) {
				if l.Topology.HasBGP(link) {
					l.link(u, link, n.Name)
				}
			}
		}
	}
}

// router adds what may happen to a router, and to its links to routers before it.
func (l *lister) router(n topologies.Node) {
	for _, u := range fault.UsualFailures() {
		switch u.Of {
		case fault.DaemonPart, fault.RouterPart:
			l.node(u, n, "")
		case fault.LinkPart:
			for _, link := range l.Topology.LinksOf(n.Name) {
				_, far := link.Of(n.Name)
				if o, _ := l.Topology.Node(far.Node); o.Role == topologies.Router && link.Ends[0].Node == n.Name {
					l.link(u, link, "")
				}
			}
		}
	}
}

func (l *lister) service(u fault.Usual, n topologies.Node, name string) {
	b := scenarios.Break{Label: fmt.Sprintf("the service of %s %s", n.Name, u.Does), Kind: u.Kind, On: []string{n.Name}}
	if len(l.setting.Services[n.Name]) > 1 {
		b.Label, b.Service = fmt.Sprintf("the service %s of %s %s", name, n.Name, u.Does), name
	}
	f := l.add(u, b, n.Name)
	if slices.Contains(l.Unchecked(), name) && f.Not == "" {
		f.Not = "no health check is stated"
	}
}

func (l *lister) node(u fault.Usual, n topologies.Node, site string) {
	subject := n.Name
	if u.Of == fault.DaemonPart {
		subject = "the BGP daemon of " + n.Name
	}
	l.add(u, scenarios.Break{Label: subject + " " + u.Does, Kind: u.Kind, On: []string{n.Name}}, site)
}

func (l *lister) link(u fault.Usual, link topologies.Link, site string) {
	a, b := link.Ends[0].Node, link.Ends[1].Node
	whole := scenarios.Break{Label: fmt.Sprintf("the link %s %s", link.Name, u.Does), Kind: u.Kind, On: []string{a, b}}
	if u.OneWay {
		l.add(u, scenarios.Break{Label: whole.Label + " both ways", Kind: u.Kind, On: whole.On}, site)
		for _, way := range [][2]string{{a, b}, {b, a}} {
			one := whole
			one.Label, one.Direction = whole.Label+" towards "+way[1], way
			l.add(u, one, site)
		}
		return
	}
	l.add(u, whole, site)
}

func (l *lister) add(u fault.Usual, b scenarios.Break, site string) *Failure {
	f := Failure{spec: b, Failure: record.Failure{Site: site, Label: b.Label, Kind: u.Kind, Part: string(u.Of), On: b.On, Planned: u.Planned}}
	text := "{}"
	if b.Service != "" {
		text = "{service: " + b.Service + "}"
	}
	params, err := document.Parse("", []byte(text))
	if err == nil {
		err = u.Check(l.setting, fault.Place{On: b.On, Direction: b.Direction}, params.Root())
	}
	if err != nil {
		f.Not = oneLine(err)
	}
	if site != "" {
		f.same = l.same(b, site)
	} else if f.Not == "" {
		f.Not = l.only(f)
	}
	f.Bound = f.bound(l.Scenario)
	l.list = append(l.list, f)
	return &l.list[len(l.list)-1]
}

// same is equal for failures of sites that differ in names and addresses only.
func (l lister) same(b scenarios.Break, site string) string {
	anonymous := func(names []string) []string {
		list := slices.Clone(names)
		for i, n := range list {
			if n == site {
				list[i] = "*"
			}
		}
		return list
	}
	return fmt.Sprintln(b.Kind, b.Service, anonymous(b.On), anonymous(b.Direction[:]), l.signature(site))
}

// only says that the part is the only way of all clients to any site.
func (l lister) only(f Failure) string {
	served := map[string][]string{}
	for _, client := range askers(l.Scenario) {
		served[client] = l.Sites(client)
	}
	return f.unused(l.Scenario, served)
}

// signature is equal for sites that differ in names and addresses only.
func (l lister) signature(site string) string {
	n, _ := l.Topology.Node(site)
	text := fmt.Sprintln(n.Role, n.Daemon, n.Config, n.Bin, n.Multipath, n.Sysctls, n.Routes)
	for _, svc := range l.Services {
		if slices.Contains(svc.On, site) {
			text += svc.Name + "\n"
		}
	}
	for _, k := range l.Topology.LinksOf(site) {
		near, far := k.Of(site)
		o, _ := l.Topology.Node(far.Node)
		text += fmt.Sprintln(far.Node, o.ASN == n.ASN, near.Shape, far.Shape, k.BGP, k.Switch, k.Hop)
		if k.BFD != nil {
			text += fmt.Sprintln(*k.BFD)
		}
	}
	return text
}
