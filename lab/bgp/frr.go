package bgp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"anylab/lab"
	"anylab/topologies/document"
)

// frr runs FRR's zebra, bfdd and bgpd. They are commanded through their
// command sockets.
type frr struct{ debian }

// The daemons have a directory of their own: OpenBGPD has a bgpd as well.
var frrDebian = debian{
	name: "frr", programs: frrDaemons,
	dirs:    []string{"/usr/lib/frr", "/usr/libexec/frr", "/usr/local/lib/frr", "/usr/local/sbin"},
	built:   []string{"lib/frr", "libexec/frr", "usr/lib/frr", "usr/libexec/frr"},
	version: [3]string{"zebra", "--version", "version"},
}

// frrDaemons are started in this order: the others need zebra, and bgpd asks
// bfdd for sessions.
var frrDaemons = []string{"zebra", "bfdd", "bgpd"}

func (d frr) in(bin string) Driver { return frr{d.debian.in(bin)} }

// Capabilities: everything; bfdd's multipliers start at 2, and a command of
// bgpd's takes no more words.
func (frr) Capabilities() Capabilities {
	return Capabilities{Routes: true, BestPath: true, BFD: true, Multiplier: 2, File: true, Restart: true, LongLived: true, Unnumbered: true, Passive: true, Echo: true, Connected: true, MRAI: true, Damping: true, FastFailover: true, NextHops: true, Limit: true, GTSM: true, Prepends: 252}
}

// unable: what it originates stands in its configuration.
func (frr) unable() map[Operation]inability {
	return map[Operation]inability{AnnounceTables: noTable}
}

func (frr) tools() Tools { return Tools{Home: "/run/frr"} }

// The intervals that bfdd takes, in whole milliseconds (its bfdd_cli.c).
const frrShortest, frrLongest = 10 * time.Millisecond, 60 * time.Second

// frrLongestMRAI is the most that bgpd takes for an advertisement-interval.
const frrLongestMRAI = 600 * time.Second

// check: FRR goes on without a line that it refuses, on its defaults. bgpd takes
// an internal neighbor of its own subnet for one without a router in between.
func (frr) check(c Config) error {
	for _, n := range c.Neighbors {
		if n.Hop && !n.Multihop && n.BFD != nil {
			return n.refuse("bfd", ": an internal session over a hop, with BFD; frr's would be of a single hop (RFC 5881), and take no packet that was forwarded: say bfd: none")
		}
		if n.MRAI > frrLongestMRAI {
			return n.refuse("bgp.mrai", ": mrai %v; frr takes whole seconds, up to %v", document.Duration(n.MRAI), document.Duration(frrLongestMRAI))
		}
		if n.Restart != 0 && n.LongLived != c.LongLived() {
			return n.refuse("bgp.llgr", ": llgr %v; frr has one for all sessions with graceful_restart, and another has %v", document.Duration(n.LongLived), document.Duration(c.LongLived()))
		}
	}
	for _, n := range c.BFDs() {
		for _, i := range []time.Duration{n.BFD.Interval, n.BFD.Receives()} {
			if i < frrShortest || i > frrLongest || i%time.Millisecond != 0 {
				return n.refuse("bfd.interval", ": BFD interval %v; frr takes whole milliseconds, from %v to %v", document.Duration(i), document.Duration(frrShortest), document.Duration(frrLongest))
			}
		}
		if e := n.BFD.Echo; e%time.Millisecond != 0 {
			return n.refuse("bfd.echo", ": echo packets every %v; frr takes whole milliseconds", document.Duration(e))
		}
	}
	return nil
}

// floor: these timers are in its source, and no setting changes them.
func (frr) floor() Floor {
	return Floor{
		Version:    "8.4",
		Withdrawal: Range{60 * time.Millisecond, 75 * time.Millisecond},
		Session:    Range{70 * time.Millisecond, 85 * time.Millisecond},
		Why:        "frr batches: 50 ms in bgpd, 10 ms in zebra, and 10 ms more when a session ends",
	}
}

// timers are those of the generated file.
func (frr) timers() Timers { return Timers{ConnectRetry: leastRetry} }

// files generates one file for each daemon: what one of them doesn't know
// would end the block that it stands in, and so spoil the rest of the file.
//
// The user's own file is of the integrated kind, for all of them or for one:
// vtysh takes it to pieces when they run.
func (frr) files(c Config) ([]file, error) {
	if c.File != "" {
		return frrUserFiles(c)
	}
	var origins []frrOrigins
	for _, o := range originatedBy(c).byFamily() {
		f := frrOrigins{V6: o.V6}
		for _, r := range o.Routes {
			f.Routes = append(f.Routes, frrOrigin{r})
		}
		origins = append(origins, f)
	}
	return generate(frrGenerated{c, origins}, "zebra.conf", "bfdd.conf", "bgpd.conf")
}

// Start starts the daemons, each when the one before takes commands.
func (d frr) Start(ctx context.Context, n *lab.Node, c Config) (Speaker, error) {
	files, err := d.files(c)
	daemons := frrDaemonsFor(files)
	s := &frrSpeaker{processes: processes{node: n, main: len(daemons) - 1, granted: []lab.Power{lab.Administer}}, config: c, build: d.debian, overlays: map[bool]string{}}
	if err == nil && c.File != "" {
		s.own, err = readFile("frr", c.File, c.Files)
	}
	if err == nil {
		err = writeFiles(n, files)
	}
	if err == nil {
		err = furnishFRR(n)
	}
	if err != nil {
		return nil, fmt.Errorf("start frr on %s: %w", n.Name, err)
	}
	for _, name := range daemons {
		if err := s.launch(ctx, name); err != nil {
			return nil, s.failed("frr", err) //nolint:contextcheck // ending processes does not depend on ctx
		}
	}
	if c.File != "" {
		if err := s.load(ctx); err != nil {
			return nil, s.failed("frr", err) //nolint:contextcheck // ending processes does not depend on ctx
		}
	}
	return s, nil
}

// frrSpeaker is FRR on one node.
type frrSpeaker struct {
	processes
	config Config
	build  debian
	own    *Reading // of the user's own file; nil: there is none
	// overlays are the route maps that stand in front of the user's for what is
	// connected, by family: IPv6 is true.
	overlays map[bool]string
}

func (s *frrSpeaker) vty(daemon string) vty { return vty(filepath.Join(s.node.Dir(), daemon+".vty")) }

// launch starts one daemon and waits until it takes commands, which it does
// after it has read its configuration. Its privileges are those of the root
// of the sandbox.
func (s *frrSpeaker) launch(ctx context.Context, name string) error {
	path, err := s.build.find(name)
	if err != nil {
		return err
	}
	dir := s.node.Dir()
	if err := removeStale(s.node, string(s.vty(name))); err != nil {
		return err
	}
	args := []string{
		"-f", filepath.Join(dir, name+".conf"), "-i", filepath.Join(dir, name+".pid"),
		"-z", filepath.Join(dir, "zserv.api"), "--vty_socket", dir, "-P", "0",
		"-u", "root", "-g", "root", "--log", "stdout", "--log-level", "informational",
	}
	switch longest := s.config.Restarts(); {
	case name == "bfdd":
		args = append(args, "--bfdctl", filepath.Join(dir, "bfdd.sock"))
	case name == "zebra" && s.config.Restarting && longest != 0:
		args = append(args, "-K", strconv.Itoa(int(longest/time.Second))) // keep the routes that are there for so long
	}
	if err := s.start(ctx, name, path, args...); err != nil {
		return err
	}
	err = s.await(ctx, func(ctx context.Context) error {
		_, err := s.vty(name).do(ctx)
		return err
	})
	if err != nil {
		return err
	}
	return s.accepted(name)
}

// Announce originates the prefixes.
func (s *frrSpeaker) Announce(ctx context.Context, p ...netip.Prefix) error {
	return s.AnnounceWith(ctx, Attributes{}, p...)
}

// AnnounceWith originates the prefixes with the attributes.
func (s *frrSpeaker) AnnounceWith(ctx context.Context, a Attributes, p ...netip.Prefix) error {
	connected, named := s.ways(p)
	if len(connected) > 0 {
		if err := s.connect(ctx, a, connected); err != nil {
			return err
		}
	}
	if len(named) == 0 {
		return nil
	}
	var commands []string
	o := frrOrigin{origin{Attributes: a, asn: s.config.ASN}}
	network := "network %s"
	if m := o.RouteMap(); m != "" {
		commands = append(o.RouteMapLines(), "exit")
		network += " route-map " + m
	}
	return s.configure(ctx, "announce", append(commands, s.networks(network, named)...))
}

// Withdraw takes the prefixes back.
func (s *frrSpeaker) Withdraw(ctx context.Context, p ...netip.Prefix) error {
	connected, named := s.ways(p)
	if len(connected) > 0 {
		if err := s.node.SwitchAnycast(ctx, false); err != nil {
			return err
		}
	}
	if len(named) == 0 {
		return nil
	}
	announced, err := s.announced(ctx)
	if err != nil {
		return err
	}
	var gone []netip.Prefix
	for _, q := range named {
		if announced[q] { // to take back another is an error
			gone = append(gone, q)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return s.configure(ctx, "withdraw", s.networks("no network %s", gone))
}

// networks are the commands that change the network statements of prefixes.
func (s *frrSpeaker) networks(format string, prefixes []netip.Prefix) []string {
	commands := []string{fmt.Sprintf("router bgp %d", s.config.ASN)}
	for _, p := range prefixes {
		family := "ipv4"
		if p.Addr().Is6() {
			family = "ipv6"
		}
		commands = append(commands, "address-family "+family+" unicast", fmt.Sprintf(format, p), "exit-address-family")
	}
	return commands
}

func (s *frrSpeaker) configure(ctx context.Context, what string, commands []string) error {
	return s.do(ctx, what, func(ctx context.Context) error {
		_, err := s.vty("bgpd").do(ctx, append([]string{"configure terminal"}, commands...)...)
		return err
	})
}

// announced reads the network statements in force.
func (s *frrSpeaker) announced(ctx context.Context) (map[netip.Prefix]bool, error) {
	var running string
	err := s.do(ctx, "read the configuration", func(ctx context.Context) (err error) {
		running, err = s.vty("bgpd").do(ctx, "show running-config")
		return err
	})
	all := make(map[netip.Prefix]bool)
	for _, line := range strings.Split(running, "\n") {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != "network" {
			continue
		}
		if p, err := netip.ParsePrefix(fields[1]); err == nil {
			all[p] = true
		}
	}
	return all, err
}

// Reset resets the sessions with the node peer, or all.
func (s *frrSpeaker) Reset(ctx context.Context, peer string, soft bool) error {
	for _, n := range s.config.Neighbors {
		if peer != "" && n.Node != peer {
			continue
		}
		command := "clear bgp " + n.Peer()
		if soft {
			command += " soft"
		}
		err := s.do(ctx, "reset the session with "+n.Node, func(ctx context.Context) error {
			_, err := s.vty("bgpd").do(ctx, command)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// StopGracefully kills the daemons: that alone makes bgpd say nothing to its
// neighbors and zebra leave its routes, as after a crash.
func (s *frrSpeaker) StopGracefully(ctx context.Context) error { return s.kill(ctx) }

// BFDProc returns bfdd.
func (s *frrSpeaker) BFDProc() *lab.Proc {
	for _, p := range s.list {
		if p.Name() == "bfdd" {
			return p
		}
	}
	return nil
}

// Peers lists the neighbors.
func (s *frrSpeaker) Peers(ctx context.Context) ([]Peer, error) {
	var sessions, detections string
	err := s.do(ctx, "list neighbors", func(ctx context.Context) (err error) {
		sessions, err = s.vty("bgpd").do(ctx, "show bgp summary json")
		if err == nil && s.config.hasBFD() {
			detections, err = s.vty("bfdd").do(ctx, "show bfd peers json")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	peers, err := frrPeers(sessions, detections, s.config.Neighbors)
	if err != nil {
		return nil, fmt.Errorf("list neighbors on %s: %w", s.node.Name, err)
	}
	return peers, nil
}

// frrSummary is the part of "show bgp summary json" that is of use: one such
// object for each address family.
type frrSummary struct {
	Peers map[string]struct {
		State    string `json:"state"`
		Received int    `json:"pfxRcd"`
	} `json:"peers"`
}

// frrDetection is an entry of "show bfd peers json".
type frrDetection struct {
	Peer   string `json:"peer"`
	Status string `json:"status"`
}

func frrPeers(sessions, detections string, neighbors []Neighbor) ([]Peer, error) {
	var families map[string]frrSummary
	if err := json.Unmarshal([]byte(sessions), &families); err != nil {
		return nil, fmt.Errorf("read %q: %w", sessions, err)
	}
	bfd := make(map[string]string)
	if detections != "" {
		var list []frrDetection
		if err := json.Unmarshal([]byte(detections), &list); err != nil {
			return nil, fmt.Errorf("read %q: %w", detections, err)
		}
		for _, d := range list {
			bfd[d.Peer] = d.Status
		}
	}
	peers := make([]Peer, 0, len(neighbors))
	for _, n := range neighbors {
		p := Peer{Node: n.Node, Addr: n.Remote, ASN: n.ASN, State: Idle}
		for _, f := range families {
			known, ok := f.Peers[n.Peer()]
			if !ok { // a user's own file may name it in either way
				known, ok = f.Peers[n.Address().String()]
			}
			if ok {
				p.State, p.Received = stateNamed(known.State), p.Received+known.Received
			}
		}
		if n.BFD != nil {
			p.BFD = "down"
			if status := bfd[n.Address().String()]; status != "" {
				p.BFD = status
			}
		}
		peers = append(peers, p)
	}
	return peers, nil
}
