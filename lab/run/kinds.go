package run

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"anylab/lab/bgp"
	"anylab/lab/fault"
	"anylab/lab/probe"
	"anylab/lab/service"
	"anylab/scenarios"
	"anylab/topologies/document"
)

// Kinds are those that a scenario may name.
func Kinds() scenarios.Kinds {
	return scenarios.Kinds{
		Services: service.Kinds(), Health: service.HealthKinds(), Probes: probe.Kinds(), Daemons: bgp.Names(), Faults: fault.Params(),
	}
}

// known returns the scenario with what it leaves to the kinds of its services
// and probes, or says which kind or daemon there isn't, or doesn't go with the
// others.
func known(s scenarios.Scenario) (scenarios.Scenario, error) {
	if err := bgp.Known(s.Topology); err != nil {
		return s, err
	}
	s.Services, s.Probes = slices.Clone(s.Services), slices.Clone(s.Probes)
	taken := map[string]string{} // "node transport/port" -> service
	for i := range s.Services {
		svc, at := &s.Services[i], s.Source.Root().At(fmt.Sprintf("services.%d", i))
		for _, step := range []func() error{
			func() error { return knownService(svc, at) },
			func() error { return claimPorts(*svc, at, taken) },
			func() error { return knownHealth(svc, ownFiles(s, *svc), at.Value("health")) },
		} {
			if err := step(); err != nil {
				return s, err
			}
		}
	}
	for i := range s.Probes {
		p, at := &s.Probes[i], s.Source.Root().At(fmt.Sprintf("probes.%d", i))
		if err := knownProbe(s, p, at); err != nil {
			return s, err
		}
		if slices.ContainsFunc(s.Probes[:i], func(o scenarios.Probe) bool {
			return o.From == p.From && o.Service == p.Service && o.Kind == p.Kind
		}) {
			return s, at.Errorf("", "there are two %s probes from %s to %s; give one of them more flows", p.Kind, p.From, p.Service)
		}
	}
	return s, nil
}

func knownService(svc *scenarios.Service, at document.Raw) error {
	about, ok := service.About(svc.Kind)
	if !ok {
		return at.Errorf("kind", "%s", document.Unknown("kind", svc.Kind, service.Kinds()))
	}
	if svc.Port = cmp.Or(svc.Port, about.Port); svc.Port == 0 {
		return at.Errorf("port", "service %s needs a port from 1 to 65535", svc.Name)
	}
	if svc.Capacity > 0 && (about.Command || !slices.Contains(about.Transports, "udp")) {
		return at.KeyErrorf("capacity", "service %s is of kind %s, which takes no orders to be slow: dns and udp have a capacity", svc.Name, svc.Kind)
	}
	if svc.Ready > 0 && about.Command {
		return at.KeyErrorf("ready", "service %s is a command, which is ready when it is", svc.Name)
	}
	return checkCommand(at, "service "+svc.Name, about.Command, svc.Command)
}

// checkCommand: a command belongs to the kinds that run one, and only there.
func checkCommand(at document.Raw, what string, wanted bool, command []string) error {
	if wanted && (len(command) == 0 || command[0] == "") {
		return at.Errorf("command", "%s needs a command: a list of the program and its arguments", what)
	}
	if !wanted && at.Has("command") {
		return at.KeyErrorf("command", "%s is of a kind that runs no command", what)
	}
	if !wanted {
		return nil
	}
	if err := service.NoProgram(command[0]); err != nil {
		return at.Errorf("command.0", "%s: %v", what, err)
	}
	return at.Value("command").Placeholders(service.Placeholders)
}

const bgpPort = 179 // RFC 4271 section 8.2.1

func claimPorts(svc scenarios.Service, at document.Raw, taken map[string]string) error {
	about, _ := service.About(svc.Kind)
	for _, node := range svc.On {
		for _, transport := range about.Transports {
			if transport == "tcp" && svc.Port == bgpPort {
				return at.Errorf("port", "tcp port %d is that of BGP, which every anycast node runs", bgpPort)
			}
			key := fmt.Sprintf("%s %s/%d", node, transport, svc.Port)
			if other, ok := taken[key]; ok {
				return at.Errorf("port", "services %s and %s both use %s port %d of node %s", other, svc.Name, transport, svc.Port, node)
			}
			taken[key] = svc.Name
		}
	}
	return nil
}

func knownHealth(svc *scenarios.Service, ownFiles bool, at document.Raw) error {
	about, _ := service.About(svc.Kind)
	h := &svc.Health
	h.Kind = cmp.Or(h.Kind, about.Health)
	check, ok := service.AboutHealth(h.Kind)
	if !ok {
		return at.Errorf("kind", "%s", document.Unknown("kind", h.Kind, service.HealthKinds()))
	}
	if passes := service.HealthOf(svc.Kind); !slices.Contains(passes, h.Kind) {
		return at.Errorf("kind", "service %s is of kind %s and can't pass a check of kind %s; it is watched by %s", svc.Name, svc.Kind, h.Kind, strings.Join(passes, ", "))
	}
	if check.Announces && ownFiles {
		return nil // with a command or without: the daemon's file may name it
	}
	return checkCommand(at, "the health check of "+svc.Name, check.Command, h.Command)
}

// ownFiles says whether all nodes of the service have the user's own daemon
// configuration, which may have a health checker in it.
func ownFiles(s scenarios.Scenario, svc scenarios.Service) bool {
	return !slices.ContainsFunc(svc.On, func(name string) bool {
		n, _ := s.Topology.Node(name)
		return n.Config == ""
	})
}

func knownProbe(s scenarios.Scenario, p *scenarios.Probe, at document.Raw) error {
	svc := serviceNamed(s, p.Service)
	about, _ := service.About(svc.Kind)
	answered := probe.Of(svc.Kind)
	switch {
	case p.Kind == "" && about.Command:
		return at.Errorf("", "a probe of service %s needs a kind, because what the command answers is not known", svc.Name)
	case p.Kind == "":
		p.Kind = answered[0]
	case !slices.Contains(probe.Kinds(), p.Kind):
		return at.Errorf("kind", "%s", document.Unknown("kind", p.Kind, probe.Kinds()))
	case !about.Command && !slices.Contains(answered, p.Kind):
		return at.Errorf("kind", "service %s is of kind %s and doesn't answer %s probes; it answers: %s", svc.Name, svc.Kind, p.Kind, strings.Join(answered, ", "))
	}
	return knownTimeout(s, p, at)
}

// serviceNamed returns the service; loading has checked that there is one.
func serviceNamed(s scenarios.Scenario, name string) scenarios.Service {
	i := slices.IndexFunc(s.Services, func(svc scenarios.Service) bool { return svc.Name == name })
	return s.Services[i]
}
