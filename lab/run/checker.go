package run

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/fault"
	"anylab/lab/monitor"
	"anylab/lab/service"
	"anylab/scenarios"
)

// A health checker of kind loop announces by itself. How depends on the node's
// daemon: where that runs programs and takes commands from them, it is one of
// those; elsewhere the daemon announces what the anycast interface has, and the checker sets
// that up and down, or tells the daemon on its command line.

// checkers says which nodes' daemons can do none of that.
func checkers(s scenarios.Scenario) error {
	for _, svc := range s.Services {
		if !service.Health(svc.Health).Announces() {
			continue
		}
		for _, name := range svc.On {
			n, _ := s.Topology.Node(name)
			if heeds(bgp.CapabilitiesOf(n.Daemon)) {
				continue
			}
			return s.Source.Root().Errorf("services", "service %s: its health checker announces by itself, but %s on node %s announces what it is told only: give the node one of the daemons %s",
				svc.Name, n.Daemon, name, strings.Join(bgp.Capable(heeds), ", "))
		}
	}
	return nil
}

// scripts says which health checks the daemons that make them themselves can't make.
func scripts(s scenarios.Scenario) error {
	for i, svc := range s.Services {
		if about, _ := service.AboutHealth(svc.Health.Kind); !about.Command || about.Announces {
			continue
		}
		for _, name := range svc.On {
			n, _ := s.Topology.Node(name)
			h := svc.Health
			err := bgp.CheckScript(n.Daemon, bgp.HealthCheck{Interval: h.Interval, Timeout: h.Timeout, Fall: h.Fall, Rise: h.Rise})
			if err != nil {
				return s.Source.Root().Errorf(fmt.Sprintf("services.%d.health", i), "service %s on %s: %v", svc.Name, name, err)
			}
		}
	}
	return nil
}

// heeds says whether a daemon follows a checker that announces by itself.
func heeds(can bgp.Capabilities) bool { return can.Connected || can.Processes }

// selfAnnounced completes the configuration of a speaker whose node has health
// checkers that announce by themselves.
func (r *rig) selfAnnounced(n *lab.Node, d bgp.Driver, c *bgp.Config) {
	for _, svc := range r.cell.services[n.Name] {
		command := svc.Checker(n)
		switch can := d.Capabilities(); {
		case bgp.Scripts(n.Daemon) && svc.Script(n) != nil:
			h := svc.Health
			c.Checks = append(c.Checks, bgp.HealthCheck{Command: svc.Script(n), Interval: h.Interval, Timeout: h.Timeout, Fall: h.Fall, Rise: h.Rise})
		case command == nil || n.Config != "": // the user's own file says what is announced
		case can.Processes:
			c.Processes = append(c.Processes, command)
		case can.Connected:
			c.Connected = r.cell.Topology.Anycast
		}
	}
}

// checked lists what the node's health checkers announce by themselves while all
// is well.
func (c cell) checked(node string) []netip.Prefix {
	for _, svc := range c.services[node] {
		if svc.Health.Announces() {
			return c.Topology.Anycast
		}
	}
	return nil
}

// watched returns the service as it is started: a checker that the daemon runs
// is not started again, and who is watched from elsewhere has none of its own.
func watched(n *lab.Node, c service.Config, d bgp.Driver) service.Config {
	if len(c.Own) > 0 { // an authoritative server asks it from elsewhere
		c.Health = service.Health{Kind: "none"}
	}
	if bgp.Scripts(n.Daemon) && c.Script(n) != nil {
		c.Health = service.Health{Kind: "none"}
	}
	if c.Health.Announces() && n.Config == "" && d.Capabilities().Processes {
		c.Health.Command = nil
	}
	return c
}

// needed lists the programs that the services, their checkers and the faults use.
func needed(s scenarios.Scenario) []string {
	var list []string
	for _, svc := range s.Services {
		list = append(list, svc.Needs...)
	}
	for _, spec := range s.Faults {
		f, err := newFault(spec)
		if c, ok := f.(fault.Commander); ok && err == nil {
			for _, command := range c.Commands() {
				if len(command) > 0 && !strings.Contains(command[0], "{") {
					list = append(list, command[0])
				}
			}
		}
	}
	return list
}

// programs lists what the plan's cells need, sorted.
func (p *Plan) programs() []string {
	var list []string
	for _, c := range p.cells {
		list = append(list, needed(c.Scenario)...)
		if c.Monitoring != nil {
			list = slices.AppendSeq(list, maps.Keys(monitor.Programs(c.Topology)))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
