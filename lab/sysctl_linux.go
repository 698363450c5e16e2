package lab

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"anylab/topologies"
)

// sysctl is a file below /proc/sys/net, which shows the network namespace of
// the thread that opens it.
type sysctl struct{ name, value string }

// routing makes a router. ip_forward comes before everything else because
// writing it resets other settings to the defaults of RFC 1812 or RFC 1122.
var routing = []sysctl{
	{"ipv4/ip_forward", "1"},
	{"ipv6/conf/all/forwarding", "1"},
}

// forwarding carries a router's options out. Interfaces copy "default" when
// they are made: for IPv4, "all" does not count here. The values are written
// even where they are the kernel's own, which may differ: a new namespace
// takes some from its parent (net.core.devconf_inherit_init_net).
func forwarding(f topologies.Forwarding) []sysctl {
	policy, ignore := "1", "0"
	if f.Hash == topologies.HashL3 {
		policy = "0"
	}
	if f.IgnoreLinkDown {
		ignore = "1"
	}
	return []sysctl{
		{"ipv4/fib_multipath_hash_policy", policy},
		{"ipv6/fib_multipath_hash_policy", policy},
		{"ipv4/conf/all/ignore_routes_with_linkdown", ignore},
		{"ipv4/conf/default/ignore_routes_with_linkdown", ignore},
		{"ipv6/conf/all/ignore_routes_with_linkdown", ignore},
		{"ipv6/conf/default/ignore_routes_with_linkdown", ignore},
	}
}

// everywhere holds for all nodes. Interfaces made later copy "default".
var everywhere = []sysctl{
	{"ipv4/conf/all/rp_filter", "0"}, // answers from anycast addresses come in by any way
	{"ipv4/conf/default/rp_filter", "0"},
	{"ipv4/icmp_ratelimit", "0"},
	{"ipv6/conf/all/disable_ipv6", "0"}, // some distributions set it for all
	{"ipv6/conf/default/disable_ipv6", "0"},
	{"ipv6/conf/all/accept_dad", "0"}, // it holds off unless both are off
	{"ipv6/conf/default/accept_dad", "0"},
	{"ipv6/conf/all/accept_ra", "0"},
	{"ipv6/conf/default/accept_ra", "0"},
	{"ipv6/icmp/ratelimit", "0"},
}

// writeSysctls sets the calling thread's network namespace up for a node.
func writeSysctls(n topologies.Node) error {
	if n.Role == topologies.Router {
		if err := writeAll(append(slices.Clone(routing), forwarding(n.Forwarding)...)); err != nil {
			return err
		}
	}
	if err := writeAll(everywhere); err != nil {
		return err
	}
	// Ping sockets for everybody, or in a user namespace for the only group
	// that is there.
	if err := writeOwn(n, true); err != nil {
		return err
	}
	err := sysctl{"ipv4/ping_group_range", "0 2147483647"}.write()
	if errors.Is(err, unix.EINVAL) {
		err = sysctl{"ipv4/ping_group_range", "0 0"}.write()
	}
	return err
}

// writeOwn writes the settings that the user gives the node. What belongs to an
// interface is there later only.
func writeOwn(n topologies.Node, early bool) error {
	for _, s := range n.Sysctls {
		err := sysctl{strings.TrimPrefix(s.Name, "net/"), s.Value}.write()
		if errors.Is(err, unix.ENOENT) && early {
			continue
		}
		if err != nil {
			return fmt.Errorf("sysctls of %s: %w; a network namespace may have no such setting of its own (anylab's sandbox shows it below /proc/sys/net)", n.Name, err)
		}
	}
	return nil
}

// LacksSysctl says whether this kernel has no setting of that name, net/ipv4/tcp_retries2
// say, for a network namespace, and which there are in its directory. What a module of the
// kernel brings along is not known before the lab is built, and taken to be there.
func LacksSysctl(name string) (lacks bool, dir string, known []string) {
	parts := strings.Split(name, "/")
	if len(parts) < 3 || !slices.Contains([]string{"core", "ipv4", "ipv6"}, parts[1]) {
		return false, "", nil
	}
	if len(parts) > 4 && (parts[2] == "conf" || parts[2] == "neigh") {
		parts[3] = "default" // every interface has what this one has
	}
	dir = filepath.Join("/proc/sys", filepath.Join(parts[:len(parts)-1]...))
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, "", nil
	}
	for _, e := range entries {
		if !e.IsDir() {
			known = append(known, e.Name())
		}
	}
	return !slices.Contains(known, parts[len(parts)-1]), dir, known
}

func writeAll(settings []sysctl) error {
	for _, s := range settings {
		if err := s.write(); err != nil {
			return err
		}
	}
	return nil
}

func (s sysctl) write() error {
	fd, err := unix.Open("/proc/sys/net/"+s.name, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("set net/%s: %w", s.name, &os.PathError{Op: "open", Path: s.name, Err: err})
	}
	defer unix.Close(fd)
	if _, err := unix.Write(fd, []byte(s.value)); err != nil {
		return fmt.Errorf("set net/%s to %s: %w", s.name, s.value, err)
	}
	return nil
}
