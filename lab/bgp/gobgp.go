package bgp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"anylab/lab"
	"anylab/lab/speaker"
	"anylab/topologies"
)

// gobgp is the embedded speaker: GoBGP's server in a child process of this
// same program, since its goroutines dial and listen in whatever namespace
// their threads are, and so that it can be killed and frozen like any other
// daemon. It is commanded through GoBGP's own gRPC interface.
type gobgp struct{}

// Available returns nil: the speaker is part of this program.
func (gobgp) Available() error { return nil }

// Version returns the version of the GoBGP module, without its "v".
func (gobgp) Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, m := range info.Deps {
		if m.Path == "github.com/osrg/gobgp/v3" {
			return strings.TrimPrefix(m.Version, "v")
		}
	}
	return ""
}

// Capabilities: everything but the user's own file.
func (gobgp) Capabilities() Capabilities {
	return Capabilities{Routes: true, BestPath: true, BFD: true, Restart: true, LongLived: true, Unnumbered: true, Resilient: true, Steady: true, FastFailover: true, Limit: true, GTSM: true, IdleHold: true, Patience: 15 * time.Second}
}

// gobgpPort is where GoBGP's own program asks (its cmd/gobgp/root.go).
const gobgpPort = 50051

func (gobgp) tools() Tools { return Tools{Port: gobgpPort, Socket: gobgpSocket} }

// check: GoBGP reads no address with a zone where it sets a password (its
// server/sockopt_linux.go), and idles for its own 5 s (holdtimeIdle in its server/fsm.go)
// where it keeps the routes of a neighbor that restarts.
func (gobgp) check(c Config) error {
	for _, n := range c.Neighbors {
		if n.IdleHold != 0 && n.Restart != 0 {
			return n.refuse("bgp.idle_hold", ": idle_hold with graceful_restart; gobgp idles for 5 s then, whatever is said")
		}
	}
	return c.unsigned(topologies.Embedded)
}

// floor is direct.
func (gobgp) floor() Floor {
	return direct("3.37", "gobgp acts at once: about 1.5 ms with the lab's own FIB writer")
}

// keepalive: a third, whatever was configured (its server/fsm.go).
func (gobgp) keepalive(_, _, negotiated time.Duration) time.Duration { return negotiated / 3 }

// timers: GoBGP sends updates at once, and the speaker's sessions connect by
// themselves.
func (gobgp) timers() Timers { return Timers{ConnectRetry: leastRetry} }

const (
	gobgpConf    = "gobgp.json"
	gobgpSocket  = "gobgp.sock"
	gobgpControl = "control.sock"
)

// gobgpEnv lets the speaker start without collecting garbage, until it says how
// often itself.
// Go's listeners are Multipath TCP by default, on which GoBGP can't set the
// TTL; BGP is plain TCP.
var gobgpEnv = []string{"GOGC=off", "GOMAXPROCS=2", "GODEBUG=multipathtcp=0"}

// files generates the configuration.
func (gobgp) files(c Config) ([]file, error) {
	s := speaker.Config{
		Node: c.Node, ASN: c.ASN, RouterID: c.RouterID, Multipath: c.Multipath, Resilient: c.Resilient,
		Large: len(c.Shown) > 0, Originate: c.Originate, Restarting: c.Restarting,
		Attributes: make(map[netip.Prefix]speaker.Attributes),
		Socket:     filepath.Join(scratch+c.Node, gobgpSocket),
	}
	if c.hasBFD() {
		s.Control = filepath.Join(scratch+c.Node, gobgpControl)
	}
	for p, a := range c.Attributes {
		s.Attributes[p] = speaker.Attributes(a)
	}
	for _, n := range c.Neighbors {
		neighbor := gobgpNeighbor(n)
		neighbor.Lasting = c.Outlasts(n)
		if n.Client {
			neighbor.Cluster = c.Cluster
		}
		s.Neighbors = append(s.Neighbors, neighbor)
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode configuration: %w", err)
	}
	return []file{{gobgpConf, string(text) + "\n"}}, nil
}

func gobgpNeighbor(n Neighbor) speaker.Neighbor {
	s := speaker.Neighbor{
		Node: n.Node, Dev: n.Dev, Local: n.Local, Remote: n.Remote, ASN: n.ASN,
		Hold: n.Hold, Keepalive: n.Keepalive, Restart: n.Restart, LongLived: n.LongLived, Again: n.Again, BFD: n.BFD,
		NextHopSelf: n.NextHopSelf, Passive: n.Passive, Families: n.Families, Password: n.Password, Sends: n.Sends, Hears: n.Hears,
	}
	if n.Hop {
		s.Routers = 1
	}
	switch { // GoBGP takes one of them
	case n.GTSM:
		s.LeastTTL = n.LeastTTL()
	case n.Multihop:
		s.TTL = multihopTTL
	}
	return s
}

// Start starts the child process and returns once it takes commands.
func (d gobgp) Start(ctx context.Context, n *lab.Node, c Config) (Speaker, error) {
	files, err := d.files(c)
	if err == nil {
		err = errors.Join(writeFiles(n, files), removeStale(n, filepath.Join(n.Dir(), gobgpSocket)), n.AdvertiseRouter())
	}
	if err != nil {
		return nil, fmt.Errorf("start gobgp on %s: %w", n.Name, err)
	}
	s, err := dialGoBGP(n, c, filepath.Join(n.Dir(), gobgpSocket))
	if err != nil {
		return nil, fmt.Errorf("start gobgp on %s: %w", n.Name, err)
	}
	if c.hasBFD() {
		s.control = filepath.Join(n.Dir(), gobgpControl)
		s.granted = []lab.Power{lab.RunFirst} // for its BFD timers
	}
	ready, err := s.spawn(ctx, filepath.Join(n.Dir(), gobgpConf))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start gobgp on %s: %w", n.Name, err), s.Close()) //nolint:contextcheck // ending processes does not depend on ctx
	}
	defer ready.Close()
	if err := s.await(ctx, func(ctx context.Context) error { return readByte(ctx, ready) }); err != nil {
		return nil, errors.Join(s.failed(topologies.Embedded, err), s.Close()) //nolint:contextcheck // ending processes does not depend on ctx
	}
	return s, nil
}

// spawn starts the child and returns the pipe on which it says that it is
// ready.
func (s *gobgpSpeaker) spawn(ctx context.Context, conf string) (*os.File, error) {
	ready, told, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("/proc/self/exe", "speaker", conf)
	cmd.Env = append(os.Environ(), gobgpEnv...)
	cmd.ExtraFiles = []*os.File{told}
	err = s.run(ctx, topologies.Embedded, cmd)
	told.Close() // the child has its own: its end is the end of the pipe
	if err != nil {
		ready.Close()
		return nil, err
	}
	return ready, nil
}

// readByte waits for the child to write to the pipe.
func readByte(ctx context.Context, pipe *os.File) error {
	unblock := context.AfterFunc(ctx, func() { _ = pipe.SetReadDeadline(time.Unix(1, 0)) })
	defer unblock()
	_, err := pipe.Read(make([]byte, 1))
	return err
}
