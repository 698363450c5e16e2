package service

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"anylab/lab"
)

// A kind of service is what serves it and how to ask whether it answers.
type kind struct {
	serve func(server) error // in a process of its own; nil: the user's command
	ready check
}

var kinds = map[string]kind{
	"command": {nil, listening},
	"dns":     {serveDNS, exchange("udp", askDNS)},
	"http":    {serveHTTP, exchange("tcp", askHTTP)},
	"tcp":     {serveTCP, exchange("tcp", askTCP)},
	"udp":     {serveUDP, exchange("udp", askUDP)},
}

// Kinds returns the kinds of services, sorted.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds)) }

// HealthKinds returns the kinds of health checks, sorted.
func HealthKinds() []string { return slices.Sorted(maps.Keys(watchers)) }

// check finds what would make the service impossible to run or to watch.
func (c Config) check() error {
	_, known := kinds[c.Kind]
	switch {
	case !known:
		return fmt.Errorf("kind %q is not one of %s", c.Kind, strings.Join(Kinds(), " "))
	case len(c.Addrs) == 0:
		return errors.New("no address to answer on")
	case c.Kind == "command" && len(c.Command) == 0:
		return errors.New("kind command needs a command")
	case c.Port < 0 || c.Port > 65535 || c.Port == 0 && c.Kind != "command":
		return fmt.Errorf("port %d is not between 1 and 65535", c.Port)
	}
	return c.Health.check()
}

func (h Health) check() error {
	_, known := watchers[h.Kind]
	switch {
	case !known:
		return fmt.Errorf("health kind %q is not one of %s", h.Kind, strings.Join(HealthKinds(), " "))
	case h.Kind == "none" || h.Kind == "process" || h.Kind == "loop":
		return nil
	case h.Interval <= 0 || h.Timeout <= 0:
		return fmt.Errorf("health kind %s needs an interval and a timeout above zero", h.Kind)
	case h.Fall < 1 || h.Rise < 1:
		return fmt.Errorf("health kind %s needs fall and rise of at least 1", h.Kind)
	case h.Kind == "script" && len(h.Command) == 0:
		return errors.New("health kind script needs a command")
	}
	return nil
}

// command returns what to execute: the user's program, or this one again as a
// server, so that it can be killed and frozen like any other.
func (s *Service) command() (*exec.Cmd, error) {
	c := s.config
	if kinds[c.Kind].serve == nil {
		return program(c.expand(s.node, c.Command))
	}
	config, err := json.Marshal(server{Kind: c.Kind, Node: s.Node(), Port: c.Port, Addrs: c.listening()})
	if err != nil {
		return nil, fmt.Errorf("encode the server's configuration: %w", err)
	}
	cmd := exec.Command("/proc/self/exe", "service", string(config))
	// One thread runs Go code: a server needs little, and shares the machine
	// with the probes that measure it.
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	return cmd, nil
}

// listening returns the addresses that a built-in server answers on. A checker
// of the user's asks localhost: the anycast address is gone while it has set
// the interface down.
func (c Config) listening() []netip.Addr {
	if c.Health.Kind != "loop" {
		return c.Addrs
	}
	return append(slices.Clone(c.Addrs), netip.AddrFrom4([4]byte{127, 0, 0, 1}))
}

// expand replaces the placeholders in a command of the user's.
func (c Config) expand(n *lab.Node, command []string) []string {
	r := strings.NewReplacer(
		"{addr}", c.Addrs[0].String(),
		"{dev}", lab.AnycastDev,
		"{port}", strconv.Itoa(c.Port),
		"{node}", n.Name,
		"{dir}", n.Dir(),
	)
	args := make([]string, len(command))
	for i, a := range command {
		args[i] = r.Replace(a)
	}
	return args
}
