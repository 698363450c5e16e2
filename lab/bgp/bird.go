package bgp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"anylab/lab"
	"anylab/topologies"
)

// bird runs BIRD 2. It is commanded through its control socket; what it
// announces is a file of its configuration that is reloaded.
type bird struct{ debian }

var birdDebian = debian{
	name: "bird2", programs: []string{"bird"}, tools: []string{"birdc"},
	version: [3]string{"bird", "--version", "version"},
}

// The files in the node's private directory.
const (
	birdConf      = "bird.conf"
	birdAnnounced = "bird.announced.conf"
	birdAnycast   = "bird.anycast.conf"
	birdSocket    = "bird.ctl"
)

func (d bird) in(bin string) Driver { return bird{d.debian.in(bin)} }

// Capabilities: everything.
func (bird) Capabilities() Capabilities {
	return Capabilities{Routes: true, BestPath: true, BFD: true, File: true, Restart: true, LongLived: true, Unnumbered: true, Passive: true, Connected: true, FastFailover: true, Limit: true, GTSM: true, IdleHold: true}
}

func (bird) tools() Tools { return Tools{Home: "/run/bird"} }

// floor is direct: about 1 ms.
func (bird) floor() Floor { return direct("2.0", "bird acts at once: about 1 ms") }

// timers: BIRD has no MRAI; the other is that of the generated file.
func (bird) timers() Timers { return Timers{ConnectRetry: leastRetry} }

// least: every timer is drawn between three quarters and the whole of it at each
// start (bgp_start_timer in its bgp.c).
func (bird) least() float64 { return 0.75 }

// keepalive keeps the proportion.
func (bird) keepalive(hold, keepalive, negotiated time.Duration) time.Duration {
	return time.Duration(float64(keepalive) * float64(negotiated) / float64(hold))
}

// unable: BFD is no process of its own, and a user's file is not rewritten.
func (bird) unable() map[Operation]inability {
	return map[Operation]inability{
		ChangeAttributes: {because: "what it announces stands in the user's own file", file: true},
		SilenceBFD: {because: "BFD is a part of its one process, so they can only fall silent together (daemon-freeze); " +
			"blackhole with only: bfd silences BFD on a link"},
		AnnounceTables: noTable,
	}
}

// Start starts the daemon.
func (d bird) Start(ctx context.Context, n *lab.Node, c Config) (Speaker, error) {
	path, err := d.find("bird")
	if err != nil {
		return nil, fmt.Errorf("start bird on %s: %w", n.Name, err)
	}
	s := &birdSpeaker{processes: processes{node: n}, config: c, originated: originatedBy(c),
		control: birdControl(filepath.Join(n.Dir(), birdSocket))}
	files, err := d.files(c)
	if err == nil {
		err = writeFiles(n, files)
	}
	if err == nil {
		err = errors.Join(removeStale(n, string(s.control)), n.AdvertiseRouter())
	}
	if err != nil {
		return nil, fmt.Errorf("start bird on %s: %w", n.Name, err)
	}
	args := []string{"-f", "-c", filepath.Join(n.Dir(), birdConf), "-s", string(s.control), "-P", filepath.Join(n.Dir(), "bird.pid")}
	if c.Restarting && c.Restarts() != 0 {
		args = append(args, "-R") // keep the routes until the neighbors have sent theirs
	}
	if err := s.start(ctx, "bird", path, args...); err != nil {
		return nil, fmt.Errorf("start bird on %s: %w", n.Name, err)
	}
	err = s.await(ctx, func(ctx context.Context) error {
		_, err := s.control.do(ctx, "show status")
		return err
	})
	if err != nil {
		return nil, s.failed("bird", err) //nolint:contextcheck // ending processes does not depend on ctx
	}
	return s, nil
}

// birdSpeaker is a running BIRD.
type birdSpeaker struct {
	processes
	config  Config
	control birdControl

	mu         sync.Mutex
	originated originated
}

// files generates the configuration.
func (bird) files(c Config) ([]file, error) {
	if c.File != "" {
		return userFiles("bird", c, birdConf)
	}
	main, err := generate(c, birdConf)
	if err != nil {
		return nil, err
	}
	announced, err := generate(originatedBy(c).byFamily(), birdAnnounced)
	if err != nil || len(c.Connected) == 0 {
		return append(main, announced...), err
	}
	anycast, err := generate(c, birdAnycast)
	return slices.Concat(main, announced, anycast), err
}

// Announce originates the prefixes.
func (s *birdSpeaker) Announce(ctx context.Context, p ...netip.Prefix) error {
	return s.AnnounceWith(ctx, Attributes{}, p...)
}

// AnnounceWith originates the prefixes with the attributes.
func (s *birdSpeaker) AnnounceWith(ctx context.Context, a Attributes, p ...netip.Prefix) error {
	if s.config.File != "" {
		if !a.IsZero() {
			return fmt.Errorf("%s: the attributes of what the user's own file announces can't be changed", s.node.Name)
		}
		return s.toggle(ctx, true, p)
	}
	return s.change(ctx, "announce", func(o originated) originated { return o.with(a, p) })
}

// Withdraw takes the prefixes back.
func (s *birdSpeaker) Withdraw(ctx context.Context, p ...netip.Prefix) error {
	if s.config.File != "" {
		return s.toggle(ctx, false, p)
	}
	return s.change(ctx, "withdraw", func(o originated) originated { return o.without(p) })
}

// change reloads the configuration. Protocols that it leaves as they are do
// not notice.
func (s *birdSpeaker) change(ctx context.Context, what string, f func(originated) originated) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := f(s.originated)
	files, err := generate(next.byFamily(), birdAnnounced)
	if err == nil {
		err = writeFiles(s.node, files)
	}
	if err != nil {
		return err
	}
	return s.do(ctx, what, func(ctx context.Context) error {
		if _, err := s.control.do(ctx, "configure"); err != nil {
			return err
		}
		s.originated = next
		return nil
	})
}

// Reset restarts the sessions with the node peer, or all, or has all routes
// sent and judged anew.
func (s *birdSpeaker) Reset(ctx context.Context, peer string, soft bool) error {
	commands := []string{"enable", "restart"} // a limit disables
	if soft {
		commands = []string{"reload"}
	}
	return s.do(ctx, "reset sessions", func(ctx context.Context) error {
		answer, err := s.control.do(ctx, "show protocols all")
		if err != nil {
			return err
		}
		known := birdSessions(answer)
		for _, n := range s.config.Neighbors {
			b := known[n.Remote]
			if b == nil || peer != "" && n.Node != peer {
				continue
			}
			for _, command := range commands {
				if _, err := s.control.do(ctx, command+" "+b.protocol); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// StopGracefully ends the daemon so that it tells its neighbors nothing and
// leaves its routes.
func (s *birdSpeaker) StopGracefully(ctx context.Context) error {
	for _, p := range s.Procs() {
		p.Expect()
	}
	if _, err := s.control.do(ctx, "graceful restart"); err != nil {
		return fmt.Errorf("stop bird on %s: %w", s.node.Name, err)
	}
	select {
	case <-s.list[0].Done():
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop bird on %s: %w", s.node.Name, ctx.Err())
	}
}

// Peers lists the neighbors.
func (s *birdSpeaker) Peers(ctx context.Context) ([]Peer, error) {
	var sessions, detections []string
	err := s.do(ctx, "list neighbors", func(ctx context.Context) (err error) {
		sessions, err = s.control.do(ctx, "show protocols all")
		if err == nil && s.config.hasBFD() {
			detections, err = s.control.do(ctx, "show bfd sessions")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return birdPeers(sessions, detections, s.config.Neighbors), nil
}

// birdPeers reads "show protocols all" and "show bfd sessions".
func birdPeers(sessions, detections []string, neighbors []Neighbor) []Peer {
	known, bfd := birdSessions(sessions), birdStates(detections)
	peers := make([]Peer, 0, len(neighbors))
	for _, n := range neighbors {
		p := Peer{Node: n.Node, Addr: n.Remote, ASN: n.ASN, State: Idle}
		if s := known[n.Remote]; s != nil {
			p.State, p.Received = s.State, s.Received
		}
		if n.BFD != nil {
			p.BFD = cmp.Or(bfd[n.Remote], "down")
		}
		peers = append(peers, p)
	}
	return peers
}

// bfdOptions are the options of a BFD session.
func bfdOptions(b topologies.BFD) []string {
	list := []string{"interval " + exactly(b.Interval)}
	if b.Receives() != b.Interval {
		list = []string{"min tx interval " + exactly(b.Interval), "min rx interval " + exactly(b.Receives())}
	}
	if list = append(list, fmt.Sprintf("multiplier %d", b.Multiplier)); b.Passive {
		list = append(list, "passive yes")
	}
	return list
}

// birdStates reads the state of each BFD session: the third column, after the
// neighbor's address and the interface.
func birdStates(answer []string) map[netip.Addr]string {
	states := make(map[netip.Addr]string)
	for _, line := range answer {
		fields := strings.Fields(line)
		if len(fields) < 3 {
			continue
		}
		if a, err := netip.ParseAddr(fields[0]); err == nil {
			if a.IsLinkLocalUnicast() {
				a = a.WithZone(fields[1])
			}
			states[a] = strings.ToLower(fields[2])
		}
	}
	return states
}

// birdSession is one session, with the protocol's name.
type birdSession struct {
	protocol string
	Peer
}

// birdSessions reads the sessions by the neighbor's address.
func birdSessions(answer []string) map[netip.Addr]*birdSession {
	all := make(map[netip.Addr]*birdSession)
	current := &birdSession{}
	for _, line := range answer {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		value = strings.TrimSpace(value)
		switch {
		case line != "" && line[0] != ' ' && line[0] != '\t': // the next protocol
			current = &birdSession{protocol: strings.Fields(line)[0], Peer: Peer{State: Idle}}
		case key == "BGP state":
			current.State = stateNamed(value)
		case key == "Neighbor address":
			if a, err := netip.ParseAddr(value); err == nil {
				all[a] = current
			}
		case key == "Routes":
			var n int
			if _, err := fmt.Sscanf(value, "%d imported", &n); err == nil {
				current.Received += n
			}
		}
	}
	return all
}
