package scenarios

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"anylab/topologies"
	"anylab/topologies/document"
)

func addServices(s *Scenario, f scenarioFile) error {
	if len(f.Services) == 0 {
		return f.At.Errorf("services", "there are no services: nothing would answer")
	}
	for _, sf := range f.Services {
		svc, err := newService(s, sf)
		if err != nil {
			return err
		}
		s.Services = append(s.Services, svc)
	}
	return nil
}

// A service's name becomes part of file names, and a key of --set.
var serviceName = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9_-]{0,30}[a-zA-Z0-9])?$`)

func newService(s *Scenario, sf serviceFile) (Service, error) {
	svc := Service{Name: sf.Name, Kind: sf.Kind, On: sf.On, Global: sf.Global, Port: sf.Port, Restart: sf.Restart, Ready: sf.Ready, Health: newHealth(sf.Health), Capacity: float64(sf.Capacity), Shed: sf.Shed}
	if !serviceName.MatchString(sf.Name) {
		return svc, sf.At.Errorf("name", "the service name %q is not usable; a name is at most 32 of a-z, A-Z, 0-9, - and _, with a letter or digit at both ends", sf.Name)
	}
	if _, ok := s.service(sf.Name); ok {
		return svc, sf.At.Errorf("name", "two services are called %q", sf.Name)
	}
	if sf.Shed && sf.Capacity == 0 {
		return svc, sf.At.Errorf("shed", "what is too much is not known: say the capacity")
	}
	if err := svc.Health.check(sf.Health.At); err != nil {
		return svc, err
	}
	if err := placeService(s, &svc, sf); err != nil {
		return svc, err
	}
	if err := checkGlobal(svc, sf); err != nil {
		return svc, err
	}
	if err := resolveService(s, &svc, sf); err != nil {
		return svc, err
	}
	svc.Command = sf.At.At("command").Command(sf.Command, svc.On)
	svc.Health.Command = sf.At.At("health.command").Command(sf.Health.Command, svc.On)
	svc.Needs = needs(sf.Needs, svc)
	return svc, nil
}

// needs lists the programs without which the service can't be run: what its
// commands begin with, and what the file says.
func needs(said []string, svc Service) []string {
	list := slices.Clone(said)
	for _, command := range [][]string{svc.Command, svc.Health.Command} {
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
			return at.Errorf("", "%s", document.NoSuch("anycast node", node, anycast))
		case n.Role != topologies.Anycast:
			return at.Errorf("", "%s has role %s; services are on anycast nodes: %s", node, n.Role, document.Some(anycast))
		case slices.Contains(sf.On[:i], node):
			return at.Errorf("", "node %s is repeated", node)
		}
	}
	return nil
}

// checkGlobal: what announces the network only is behind something, and has a
// route that follows the service's health.
func checkGlobal(svc Service, sf serviceFile) error {
	for i, node := range sf.Global {
		at := element(sf.At, "global", i)
		switch {
		case !slices.Contains(svc.On, node):
			return at.Errorf("", "%s", document.NoSuch("site of service "+svc.Name, node, svc.On))
		case slices.Contains(sf.Global[:i], node):
			return at.Errorf("", "node %s is repeated", node)
		}
	}
	switch {
	case len(sf.Global) == 0:
		return nil
	case len(sf.Global) == len(svc.On):
		return sf.At.Errorf("global", "all sites of service %s are global ones: one at least announces the address itself", svc.Name)
	case sf.DNS != nil:
		return sf.At.KeyErrorf("global", "users are led to the sites of service %s by its name, not by routes", svc.Name)
	case svc.Health.Kind == "loop":
		return sf.At.KeyErrorf("global", "what is announced is the business of service %s's own health checker", svc.Name)
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

// Defaults of health checks. A check that may take longer than the interval
// is legal, but only if the file says so.
const (
	defaultInterval = time.Second
	defaultTimeout  = time.Second
	defaultFall     = 3
	defaultRise     = 2
)

// longestTrial is what limit may be.
const longestTrial = 24 * time.Hour

func newHealth(hf healthFile) Health {
	h := Health{Kind: hf.Kind, Interval: defaultInterval, Fall: defaultFall, Rise: defaultRise, Command: hf.Command}
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
	return h
}

// check refuses a verdict that takes longer than any trial may last.
func (h Health) check(at document.Raw) error {
	for _, c := range []struct {
		key   string
		count int
	}{{"fall", h.Fall}, {"rise", h.Rise}} {
		most := int(longestTrial / max(1, h.Interval)) // a record may have none
		if c.count <= most {
			continue
		}
		key := c.key
		if !at.Has(key) {
			key = "interval"
		}
		return at.Errorf(key, "%s is %d: so many checks, one every %v, take longer than 24h, which no trial does; it must be at most %d",
			c.key, c.count, document.Duration(h.Interval), most)
	}
	return nil
}

func (s *Scenario) service(name string) (Service, bool) {
	for _, svc := range s.Services {
		if svc.Name == name {
			return svc, true
		}
	}
	return Service{}, false
}
