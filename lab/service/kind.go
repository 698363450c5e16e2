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

// kind is one kind of service: what serves it, how to ask whether it answers,
// and what others must know of it.
type kind struct {
	serve func(server) error // in a process of its own; nil: the user's command
	ready check
	Facts
}

// Facts is what others must know of a kind of service.
type Facts struct {
	Summary    string   // what it does
	Port       int      // where it listens unless told otherwise; 0: it must be told
	Transports []string // of that port: udp, tcp
	Health     string   // the kind of check that it has unless told otherwise
	Command    bool     // it is a command of the user's, which may speak anything
}

// kinds has one line for each kind, which is a file of this package.
var kinds = map[string]kind{
	"command": commandKind,
	"dns":     dnsKind,
	"http":    httpKind,
	"tcp":     tcpKind,
	"udp":     udpKind,
}

// Kinds returns the kinds of services, sorted.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds)) }

// About returns the facts of a kind; it is false if there is no such kind.
func About(name string) (Facts, bool) {
	k, ok := kinds[name]
	return k.Facts, ok
}

// check finds what would make the service impossible to run or to watch.
func (c Config) check() error {
	k, known := kinds[c.Kind]
	switch {
	case !known:
		return fmt.Errorf("kind %q is not one of %s", c.Kind, strings.Join(Kinds(), " "))
	case len(c.Addrs) == 0:
		return errors.New("no address to answer on")
	case k.Command && len(c.Command) == 0:
		return fmt.Errorf("kind %s needs a command", c.Kind)
	case c.Port < 0 || c.Port > 65535 || c.Port == 0 && !k.Command:
		return fmt.Errorf("port %d is not between 1 and 65535", c.Port)
	}
	return c.Health.check()
}

// command returns what to execute: the user's program, or this one again as a
// server, so that it can be killed and frozen like any other.
func (s *Service) command() (*exec.Cmd, error) {
	c := s.config
	if kinds[c.Kind].serve == nil {
		return program(c.expand(s.node, c.Command))
	}
	told := server{Kind: c.Kind, Node: s.Node(), Port: c.Port, Addrs: c.listening(), Capacity: c.Capacity, Shed: c.Shed}
	if s.Proc() != nil { // the lab need not wait for it
		told.Ready = c.Ready
	}
	config, err := json.Marshal(told)
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
	list := slices.Concat(c.Addrs, c.Own)
	if c.Health.Announces() {
		list = append(list, localhost)
	}
	return list
}

var localhost = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// Placeholders are the words that expand replaces, where they stand in braces.
var Placeholders = []string{"addr", "dev", "dir", "interval", "node", "port"}

// expand replaces the placeholders in a command of the user's.
func (c Config) expand(n *lab.Node, command []string) []string {
	r := strings.NewReplacer(
		"{addr}", c.Addrs[0].String(),
		"{dev}", n.AnycastDev,
		"{port}", strconv.Itoa(c.Port),
		"{node}", n.Name,
		"{dir}", n.Dir(),
		"{interval}", strconv.FormatFloat(c.Health.Interval.Seconds(), 'f', -1, 64),
	)
	args := make([]string, len(command))
	for i, a := range command {
		args[i] = r.Replace(a)
	}
	return args
}
