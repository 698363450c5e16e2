package scenarios

import (
	"os"
	"path/filepath"
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
	svc := Service{Name: sf.Name, Kind: sf.Kind, On: sf.On, Global: sf.Global, Port: sf.Port, Restart: sf.Restart, Health: newHealth(sf.Health), Capacity: float64(sf.Capacity), Shed: sf.Shed}
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
	svc.Command = withFiles(sf.Command, sf.At.At("command"), svc.On)
	svc.Health.Command = withFiles(sf.Health.Command, sf.At.At("health.command"), svc.On)
	svc.Needs = needs(sf.Needs, svc)
	return svc, nil
}

// withFiles returns the command, which runs in a directory of its own, with the
// paths of what it names beside the file: the program, if it is a path, and
// files, also in the words of an argument (--config=./site.conf, a shell line).
// {node} in a file's name stands for the nodes.
func withFiles(command []string, at document.Raw, nodes []string) []string {
	if at.Stored() {
		return command
	}
	command = slices.Clone(command)
	for i, arg := range command {
		if i == 0 && !strings.Contains(arg, "/") { // it is looked up
			continue
		}
		if path, ok := fileBeside(at, arg, nodes, i == 0); ok {
			command[i] = path
		} else if path := at.Path(arg); i == 0 && !filepath.IsAbs(path) { // what it is instead is said by its path from here
			command[i] = "./" + path
		} else if i > 0 {
			command[i] = wordsWithFiles(at, arg, nodes)
		}
	}
	return command
}

// word is what may be a file's name within an argument.
var word = regexp.MustCompile("[^ \t\n;|&<>()'\"`=,]+")

// Words splits an argument as a shell would, at equals signs and commas too.
func Words(arg string) []string { return word.FindAllString(arg, -1) }

// wordsWithFiles puts paths in place of words with a sign of a file's name, but what
// is written to.
func wordsWithFiles(at document.Raw, arg string, nodes []string) string {
	var out strings.Builder
	end := 0
	for _, place := range word.FindAllStringIndex(arg, -1) {
		name, before := arg[place[0]:place[1]], arg[end:place[0]]
		out.WriteString(before)
		end = place[1]
		written := strings.HasSuffix(strings.TrimRight(before, " "), ">")
		if path, ok := fileBeside(at, name, nodes, false); ok && !written && strings.ContainsAny(name, "./") {
			name = path
		}
		out.WriteString(name)
	}
	return out.String() + arg[end:]
}

func fileBeside(at document.Raw, arg string, nodes []string, executable bool) (string, bool) {
	for _, path := range at.Paths(arg) {
		if isFile(path, executable) || arg != "{node}" && slices.ContainsFunc(nodes, func(node string) bool {
			return isFile(strings.ReplaceAll(path, "{node}", node), executable)
		}) {
			path, err := filepath.Abs(path) // fails only where the working directory is gone, and with it the file
			return path, err == nil
		}
	}
	return "", false
}

func isFile(path string, executable bool) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && (!executable || info.Mode().Perm()&0o111 != 0)
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
