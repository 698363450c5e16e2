package scenarios

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"anylab/topologies"
	"anylab/topologies/document"
)

// ports are the well-known ones: RFC 1035, 9110 and 862.
var ports = map[string]int{"dns": 53, "http": 80, "udp": 7, "tcp": 7}

const bgpPort = 179 // RFC 4271 section 8.2.1

// transports are what each kind of service listens on.
var transports = map[string][]string{
	"dns": {"udp", "tcp"}, "http": {"tcp"}, "udp": {"udp"}, "tcp": {"tcp"}, "command": {"udp", "tcp"},
}

// healthKinds are the checks that a kind of service can pass, beside those that
// ask it nothing. A command may speak anything.
var healthKinds = map[string][]string{
	"dns": {"dns", "tcp", "udp"}, "http": {"http", "tcp"}, "udp": {"udp"}, "tcp": {"tcp"},
}

// unasking are the checks that ask the service nothing, or nothing that is known.
var unasking = []string{"loop", "none", "process", "script"}

func addServices(s *Scenario, f scenarioFile) error {
	if len(f.Services) == 0 {
		return f.At.Errorf("services", "there are no services: nothing would answer")
	}
	taken := map[string]string{} // "node transport/port" -> service
	for _, sf := range f.Services {
		svc, err := newService(s, sf)
		if err != nil {
			return err
		}
		if err := claimPorts(svc, sf, taken); err != nil {
			return err
		}
		s.Services = append(s.Services, svc)
	}
	return nil
}

// A service's name becomes part of file names, and a key of --set.
var serviceName = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9_-]{0,30}[a-zA-Z0-9])?$`)

func newService(s *Scenario, sf serviceFile) (Service, error) {
	svc := Service{Name: sf.Name, Kind: sf.Kind, On: sf.On, Port: sf.Port, Command: sf.Command, Needs: needs(sf)}
	if !serviceName.MatchString(sf.Name) {
		return svc, sf.At.Errorf("name", "the service name %q is not usable; a name is at most 32 of a-z, A-Z, 0-9, - and _, with a letter or digit at both ends", sf.Name)
	}
	if _, ok := s.service(sf.Name); ok {
		return svc, sf.At.Errorf("name", "two services are called %q", sf.Name)
	}
	if err := placeService(s, &svc, sf); err != nil {
		return svc, err
	}
	if svc.Port == 0 {
		svc.Port = ports[svc.Kind]
	}
	if svc.Port < 1 {
		return svc, sf.At.Errorf("port", "service %s needs a port from 1 to 65535", sf.Name)
	}
	if err := checkCommand(sf.At, "service "+sf.Name, sf.Kind == "command", sf.Command); err != nil {
		return svc, err
	}
	var err error
	svc.Health, err = newHealth(sf, ownFiles(s, svc))
	return svc, err
}

// needs lists the programs without which the service can't be run: what its
// commands begin with, and what the file says.
func needs(sf serviceFile) []string {
	list := slices.Clone(sf.Needs)
	for _, command := range [][]string{sf.Command, sf.Health.Command} {
		if len(command) > 0 && !strings.Contains(command[0], "{") {
			list = append(list, command[0])
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func placeService(s *Scenario, svc *Service, sf serviceFile) error {
	anycast := s.Topology.Of(topologies.Anycast)
	if !sf.At.Has("on") {
		svc.On = anycast
		return nil
	}
	if len(sf.On) == 0 {
		return sf.At.Errorf("on", "service %s is on no node", sf.Name)
	}
	for i, node := range sf.On {
		at := element(sf.At, "on", i)
		n, ok := s.Topology.Node(node)
		switch {
		case !ok:
			return at.Errorf("", "%s", document.Unknown("anycast node", node, anycast))
		case n.Role != topologies.Anycast:
			return at.Errorf("", "%s has role %s; services are on anycast nodes: %s", node, n.Role, strings.Join(anycast, ", "))
		case slices.Contains(sf.On[:i], node):
			return at.Errorf("", "node %s is repeated", node)
		}
	}
	return nil
}

// element returns the place of a list's element, or of the single value that
// stands for the list.
func element(at document.Raw, key string, i int) document.Raw {
	items := at.Value(key).Items()
	if i < len(items) {
		return items[i]
	}
	return at
}

// checkCommand: a command belongs to the kinds that run one, and only there.
func checkCommand(at document.Raw, what string, wanted bool, command []string) error {
	if wanted && (len(command) == 0 || command[0] == "") {
		return at.Errorf("command", "%s needs a command: a list of the program and its arguments", what)
	}
	if !wanted && at.Has("command") {
		return at.KeyErrorf("command", "%s is of a kind that runs no command", what)
	}
	return nil
}

func claimPorts(svc Service, sf serviceFile, taken map[string]string) error {
	for _, node := range svc.On {
		for _, transport := range transports[svc.Kind] {
			if transport == "tcp" && svc.Port == bgpPort {
				return sf.At.Errorf("port", "tcp port %d is that of BGP, which every anycast node runs", bgpPort)
			}
			key := fmt.Sprintf("%s %s/%d", node, transport, svc.Port)
			if other, ok := taken[key]; ok {
				return sf.At.Errorf("port", "services %s and %s both use %s port %d of node %s", other, svc.Name, transport, svc.Port, node)
			}
			taken[key] = svc.Name
		}
	}
	return nil
}

// Defaults of health checks. A check that may take longer than the interval
// is legal, but only if the file says so.
const (
	defaultInterval = time.Second
	defaultTimeout  = time.Second
	defaultFall     = 3
	defaultRise     = 2
)

// ownFiles says whether all nodes of the service have the user's own daemon
// configuration, which may have a health checker in it.
func ownFiles(s *Scenario, svc Service) bool {
	return !slices.ContainsFunc(svc.On, func(name string) bool {
		n, _ := s.Topology.Node(name)
		return n.Config == ""
	})
}

func newHealth(sf serviceFile, ownFiles bool) (Health, error) {
	hf := sf.Health
	h := Health{Kind: hf.Kind, Interval: defaultInterval, Fall: defaultFall, Rise: defaultRise, Command: hf.Command}
	if h.Kind == "" {
		h.Kind = sf.Kind
	}
	if h.Kind == "command" { // the service's kind; no check is called that
		h.Kind = "process"
	}
	if hf.Interval != nil {
		h.Interval = *hf.Interval
	}
	h.Timeout = min(defaultTimeout, h.Interval)
	if hf.Timeout != nil {
		h.Timeout = *hf.Timeout
	}
	if hf.Fall != nil {
		h.Fall = *hf.Fall
	}
	if hf.Rise != nil {
		h.Rise = *hf.Rise
	}
	if kinds, known := healthKinds[sf.Kind]; known && !slices.Contains(kinds, h.Kind) && !slices.Contains(unasking, h.Kind) {
		return h, hf.At.Errorf("kind", "service %s is of kind %s and can't pass a check of kind %s; it is watched by %s", sf.Name, sf.Kind, h.Kind, strings.Join(slices.Concat(kinds, unasking), ", "))
	}
	if h.Kind == "loop" && ownFiles {
		return h, nil // with a command or without: the daemon's file may name it
	}
	return h, checkCommand(hf.At, "the health check of "+sf.Name, h.Kind == "script" || h.Kind == "loop", hf.Command)
}

func (s *Scenario) service(name string) (Service, bool) {
	for _, svc := range s.Services {
		if svc.Name == name {
			return svc, true
		}
	}
	return Service{}, false
}
