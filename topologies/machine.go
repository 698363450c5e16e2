package topologies

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"anylab/topologies/document"
)

// AnycastDev is what the interface with a node's anycast addresses is called,
// unless the node says otherwise.
const AnycastDev = "anycast0"

// Machine is what a node has of its own, as in production.
type Machine struct {
	Routes     []Route
	Sysctls    []Sysctl
	Bin        string        // a directory with the node's daemon; empty: the installed one
	Restart    time.Duration // after so long the daemon is started again when its process ended; 0: it is not
	Files      []File        // that go with the configuration; what it includes is found by itself
	AnycastDev string        // the interface with the anycast addresses, if not AnycastDev; lo is one too
}

// Route is a static route.
type Route struct {
	To  netip.Prefix
	Via netip.Addr // on one of the node's links
}

// Default says whether the route is for what no other route is for.
func (r Route) Default() bool { return r.To.Bits() == 0 }

// Sysctl is a setting of the node's network namespace.
type Sysctl struct {
	Name  string // below /proc/sys, with slashes: net/ipv4/tcp_retries2
	Value string
}

// machineFile is the part of a node's file that makes its Machine.
type machineFile struct {
	Routes     []routeFile   `yaml:"routes" doc:"static routes: [{to: default, via: 10.0.0.1}], IPv4 and IPv6"`
	Sysctls    []sysctlFile  `yaml:"sysctls,keyed" doc:"settings of the node's own network namespace by name: {net.ipv4.tcp_retries2: 5}"`
	Bin        string        `yaml:"bin" doc:"directory with another build of the node's daemon, such as /opt/daemon-10; relative to this file"`
	Restart    time.Duration `yaml:"restart" min:"10ms" max:"24h" doc:"after so long the daemon is started again when it was killed or crashed, as systemd does; never"`
	Files      []string      `yaml:"files" doc:"files, directories or globs that go with config:, relative to it; what it includes is found by itself"`
	Interfaces []aliasFile   `yaml:"interfaces,keyed" doc:"the lab's names of interfaces, and what config: calls them: {anycast0: lo1, eth0: ens3}"`
}

type routeFile struct {
	To  target       `yaml:"to,required" doc:"default, or a network: 198.51.100.0/24"`
	Via netip.Addr   `yaml:"via,required" doc:"the next hop, on one of the node's links"`
	At  document.Raw `yaml:",self"`
}

// target is a network, or everything.
type target struct {
	prefix netip.Prefix // invalid: everything
}

// UnmarshalText reads "default" or a network.
func (t *target) UnmarshalText(text []byte) (err error) {
	if string(text) == "default" {
		return nil
	}
	if t.prefix, err = netip.ParsePrefix(string(text)); err != nil || t.prefix != t.prefix.Masked() {
		return fmt.Errorf("%q is not a network; write default, 198.51.100.0/24 or 2001:db8:7::/48", text)
	}
	return nil
}

// sysctlFile is the value of a setting, under its name.
type sysctlFile struct {
	Name  string `yaml:",key"`
	value string
}

// UnmarshalText takes any value: the kernel knows which are right.
func (s *sysctlFile) UnmarshalText(text []byte) error {
	s.value = string(text)
	return nil
}

func (sysctlFile) Types() []string { return []string{"string", "integer"} }

// aliasFile is the name in the user's file, under the lab's.
type aliasFile struct {
	Name string `yaml:",key"`
	dev  string
}

// UnmarshalText reads the name of an interface.
func (a *aliasFile) UnmarshalText(text []byte) error {
	a.dev = string(text)
	if !deviceName.MatchString(a.dev) {
		return fmt.Errorf("%q can't be an interface's name", text)
	}
	return nil
}

// addMachines completes the nodes, whose links and addresses are known.
func addMachines(t *Topology, f topologyFile) error {
	for i, nf := range f.Nodes[:len(t.Nodes)] { // of a record's, not all may have been understood
		n := &t.Nodes[i]
		n.Machine = Machine{Restart: nf.Restart}
		for _, add := range []func(*Topology, *Node, nodeFile) error{addDaemonOf, addFiles, addRoutes, addSysctls, rename} {
			if err := add(t, n, nf); err != nil {
				return err
			}
		}
	}
	return nil
}

// addDaemonOf says which daemon is meant, and whether it comes back.
func addDaemonOf(_ *Topology, n *Node, nf nodeFile) error {
	if n.Role == Client && nf.Restart != 0 {
		return nf.At.KeyErrorf("restart", "%s is a client and runs no daemon that could be restarted", n.Name)
	}
	if nf.Bin == "" {
		return nil
	}
	if n.Daemon == Embedded || n.Role == Client {
		return nf.At.KeyErrorf("bin", "%s has no daemon of another build: it runs %s", n.Name, map[bool]string{true: "none", false: "the embedded " + Embedded}[n.Role == Client])
	}
	n.Bin = nf.Bin
	if !nf.At.Stored() {
		n.Bin = nf.At.Path(nf.Bin)
	}
	return nil
}

func addRoutes(t *Topology, n *Node, nf nodeFile) error {
	for _, rf := range nf.Routes {
		r := Route{To: rf.To.prefix, Via: rf.Via}
		if !r.To.IsValid() {
			r.To = netip.PrefixFrom(map[bool]netip.Addr{true: netip.IPv6Unspecified(), false: netip.IPv4Unspecified()}[rf.Via.Is6()], 0)
		}
		switch {
		case r.To.Addr().Is4() != r.Via.Is4():
			return rf.At.Errorf("via", "%s and %s are of two families", r.To, r.Via)
		case slices.ContainsFunc(n.Routes, func(o Route) bool { return o.To == r.To }):
			return rf.At.Errorf("to", "%s has two routes to %s", n.Name, r.To)
		case !t.reaches(n.Name, r.Via):
			return rf.At.Errorf("via", "%s is not in the network of a link of %s; the other ends of its links: %s", r.Via, n.Name, strings.Join(t.nextTo(n.Name, r.Via.Is6()), ", "))
		}
		n.Routes = append(n.Routes, r)
	}
	return nil
}

// reaches says whether the address is another's in the network of a link of
// the node.
func (t *Topology) reaches(node string, a netip.Addr) bool {
	return slices.ContainsFunc(t.LinksOf(node), func(l Link) bool {
		near, _ := l.Of(node)
		return near.has(a)
	})
}

// has says whether the address is in the networks of the end, and not its own.
func (e End) has(a netip.Addr) bool {
	return (e.IPv4.Contains(a) || e.IPv6.Contains(a)) && e.IPv4.Addr() != a && e.IPv6.Addr() != a && !a.IsLinkLocalUnicast()
}

// nextTo lists the addresses of one family at the other ends of the node's links.
func (t *Topology) nextTo(node string, v6 bool) []string {
	var list []string
	for _, l := range t.LinksOf(node) {
		_, far := l.Of(node)
		p := far.IPv4
		if v6 {
			p = far.IPv6
		}
		if !l.Unnumbered {
			list = append(list, p.Addr().String()+" ("+far.Node+")")
		}
	}
	return list
}

// sysctlName has no dots that lead out of where it belongs.
var sysctlName = regexp.MustCompile(`^net([./][a-zA-Z0-9_-]+)+$`)

// addSysctls: only what is below net can be a namespace's own.
func addSysctls(t *Topology, n *Node, nf nodeFile) error {
	for _, sf := range nf.Sysctls {
		if !sysctlName.MatchString(sf.Name) {
			return nf.At.At("sysctls").KeyErrorf(sf.Name, "%q is not a setting of a network namespace; those begin with net., such as net.ipv4.tcp_retries2 or net.ipv6.conf.all.accept_ra", sf.Name)
		}
		n.Sysctls = append(n.Sysctls, Sysctl{strings.ReplaceAll(sf.Name, ".", "/"), sf.value})
	}
	said := slices.ContainsFunc(n.Sysctls, func(s Sysctl) bool { return s.Name == forwards.Name })
	if !said && n.Role == Anycast && slices.ContainsFunc(t.LinksOf(n.Name), Link.echoes) {
		n.Sysctls = append(n.Sysctls, forwards)
	}
	return nil
}

// forwards lets a server send back what its neighbor's BFD sends to itself.
var forwards = Sysctl{"net/ipv4/ip_forward", "1"}

func (l Link) echoes() bool { return l.BFD != nil && l.BFD.Echo > 0 }

// rename gives interfaces the names that the user's file has for them.
func rename(t *Topology, n *Node, nf nodeFile) error {
	for _, a := range nf.Interfaces {
		at := nf.At.At("interfaces")
		if t.taken(n.Name, a.dev) || a.dev == n.AnycastDev || a.dev == AnycastDev || reservedDevices[a.dev] && (a.dev != "lo" || a.Name != AnycastDev) {
			return at.Errorf(a.Name, "%s is the name of another interface of %s", a.dev, n.Name)
		}
		if a.Name == AnycastDev && n.Role == Anycast {
			n.AnycastDev = a.dev
			continue
		}
		if !t.renameEnd(n.Name, a.Name, a.dev) {
			return at.KeyErrorf(a.Name, "%s", document.Unknown("interface of "+n.Name, a.Name, t.devices(*n)))
		}
	}
	return nil
}

// devices lists the interfaces of a node.
func (t *Topology) devices(n Node) []string {
	var list []string
	for _, l := range t.LinksOf(n.Name) {
		near, _ := l.Of(n.Name)
		list = append(list, near.Dev)
	}
	if n.Role == Anycast {
		list = append(list, AnycastDev)
	}
	return list
}

func (t *Topology) taken(node, dev string) bool {
	return slices.Contains(t.devices(Node{Name: node}), dev)
}

func (t *Topology) renameEnd(node, from, to string) bool {
	for i := range t.Links {
		for j := range t.Links[i].Ends {
			if e := &t.Links[i].Ends[j]; e.Node == node && e.Dev == from {
				e.Dev = to
				return true
			}
		}
	}
	return false
}
