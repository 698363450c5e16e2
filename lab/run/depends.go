package run

import (
	"fmt"
	"slices"

	"anylab/scenarios"
	"anylab/topologies"
	"anylab/topologies/document"
)

// without is a network that lacks a part: a node, or a link by its two ends.
type without []string

func (w without) node(name string) bool { return len(w) == 1 && w[0] == name }

func (w without) link(l topologies.Link) bool {
	return len(w) == 2 && slices.Contains(w, l.Ends[0].Node) && slices.Contains(w, l.Ends[1].Node)
}

// reached lists the nodes to which packets from a node may come. They leave a
// client by its first link, where the default route leads, and pass through
// routers.
func reached(t topologies.Topology, from string, lacking without) []string {
	links, roles := map[string][]topologies.Link{}, map[string]topologies.Role{}
	for _, l := range t.Links {
		for _, e := range l.Ends {
			links[e.Node] = append(links[e.Node], l)
		}
	}
	for _, n := range t.Nodes {
		roles[n.Name] = n.Role
	}
	list, listed := []string{from}, map[string]bool{from: true}
	for at := 0; at < len(list); at++ {
		name := list[at]
		if at > 0 && roles[name] != topologies.Router {
			continue
		}
		ways := links[name]
		if roles[name] == topologies.Client {
			ways = ways[:1]
		}
		for _, l := range ways {
			_, far := l.Of(name)
			if !lacking.link(l) && !lacking.node(far.Node) && !listed[far.Node] {
				list, listed[far.Node] = append(list, far.Node), true
			}
		}
	}
	return list
}

// users lists the clients that may depend on the part of a failure: those whose
// packets may pass it on the way to the sites that serve them.
func (f Failure) users(s scenarios.Scenario, served map[string][]string) []string {
	var list []string
	for _, client := range askers(s) {
		if slices.ContainsFunc(served[client], func(site string) bool { return f.between(s.Topology, client, site) }) {
			list = append(list, client)
		}
	}
	return list
}

// askers lists the clients.
func askers(s scenarios.Scenario) []string {
	var list []string
	for _, p := range s.Probes {
		if !slices.Contains(list, p.From) {
			list = append(list, p.From)
		}
	}
	return list
}

// between says whether the part may be on the way from a client to a site.
func (f Failure) between(t topologies.Topology, client, site string) bool {
	if f.Site != "" {
		return f.Site == site
	}
	from := reached(t, client, without{site})
	to := reached(t, site, without{client})
	return !slices.ContainsFunc(f.On, func(n string) bool { return !slices.Contains(from, n) || !slices.Contains(to, n) })
}

// unused says why a failure is not tried in a network in which clients are served
// by these sites; it is empty for one that is.
func (f Failure) unused(s scenarios.Scenario, served map[string][]string) string {
	users := f.users(s, served)
	if len(users) == 0 {
		return "nobody uses it"
	}
	if slices.ContainsFunc(users, func(client string) bool { return !f.binds(s, client) }) {
		return ""
	}
	return noSecond(users)
}

func noSecond(clients []string) string {
	return fmt.Sprintf("there is no second one: without it %s can't reach any site", document.Joined(clients, ", "))
}

// binds says whether a client can reach no site without the part.
func (f Failure) binds(s scenarios.Scenario, client string) bool {
	left := reached(s.Topology, client, without(f.On))
	return !slices.ContainsFunc(s.Sites(client), func(site string) bool { return slices.Contains(left, site) })
}

// bound lists the clients that can reach no site without the part.
func (f Failure) bound(s scenarios.Scenario) []string {
	return slices.DeleteFunc(askers(s), func(client string) bool { return !f.binds(s, client) })
}
