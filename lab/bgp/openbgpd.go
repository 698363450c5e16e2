package bgp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"anylab/lab"
)

// openbgpd runs OpenBGPD's portable version. It is commanded by bgpctl, whose
// protocol changes from version to version.
type openbgpd struct{ debian }

var openbgpdDebian = debian{
	name: "openbgpd", programs: []string{"bgpd", "bgpctl"}, dirs: systemDirs, // FRR has a bgpd as well
	version: [3]string{"bgpctl", "-V", "OpenBGPD"},
}

// bgpdHome is where its processes lock themselves up. The path is built in;
// the sandbox has a /run of its own.
const bgpdHome = "/run/openbgpd"

// Available says whether the daemon is installed, and whether the user is
// really root: it changes to a user of its own, which a user namespace with
// a single user doesn't have.
func (d openbgpd) Available() error {
	if err := d.debian.Available(); err != nil {
		return err
	}
	if !reallyRoot() {
		return lab.Unavailable{What: "OpenBGPD changes to a user of its own, so it needs the real root", Fix: "run as root"}
	}
	return nil
}

// reallyRoot says whether this process is root and may become anybody else
// (user_namespaces(7): the third number is how many users there are).
func reallyRoot() bool {
	text, err := os.ReadFile("/proc/self/uid_map")
	fields := strings.Fields(string(text))
	return os.Geteuid() == 0 && err == nil && len(fields) > 2 && fields[2] != "1"
}

func (d openbgpd) in(bin string) Driver { return openbgpd{d.debian.in(bin)} }

// Capabilities: no BFD, and on Linux no routes in the kernel.
func (openbgpd) Capabilities() Capabilities {
	return Capabilities{BestPath: true, File: true, Limit: true, GTSM: true, Prepends: 128}
}

func (openbgpd) tools() Tools { return Tools{Home: bgpdHome} }

func (openbgpd) unable() map[Operation]inability {
	return map[Operation]inability{
		SilenceBFD:     noBFD,
		AnnounceTables: noTable,
		StopGracefully: {because: "it tells its neighbors whenever it stops"},
	}
}

// check: the keepalive time is no setting of bgpd's. On Linux its listening sockets
// take no call with a password, which was tried with version 7.7.
func (openbgpd) check(c Config) error {
	for _, n := range c.Neighbors {
		if n.Password != "" && !n.Awaited && c.File == "" {
			return n.refuse("bgp.password", " has a password; openbgpd, which waits here for the far end to connect, takes no call with one on Linux")
		}
	}
	return c.keepaliveIsAThird("openbgpd")
}

// files generates the configuration. Dir is the node's private directory. The
// user's own file gets one more line: nodes can't share the default socket.
func (openbgpd) files(c Config) ([]file, error) {
	const name = "openbgpd.conf"
	if c.File == "" {
		return generate(struct {
			Config
			Dir string
		}{c, scratch + c.Node}, name)
	}
	files, err := userFiles("openbgpd", c, name)
	for i := range files {
		files[i].text = openbgpdInclude.ReplaceAllString(files[i].text, "${1}"+scratch+c.Node+"/$2")
	}
	if err == nil {
		files[0].text += fmt.Sprintf("\nsocket \"%s/bgpd.sock\"\n", scratch+c.Node)
	}
	return files, err
}

// openbgpdInclude is a statement whose path bgpd takes as relative to its working
// directory.
var openbgpdInclude = regexp.MustCompile(`(?m)^(\s*include\s+")([^/"])`)

// scratch is where the nodes' private directories are.
const scratch = "/run/anylab/"

// Start starts the daemon, which splits into three processes.
func (d openbgpd) Start(ctx context.Context, n *lab.Node, c Config) (Speaker, error) {
	s := &openbgpdSpeaker{processes: processes{node: n}, config: c, socket: filepath.Join(n.Dir(), "bgpd.sock")}
	files, err := d.files(c)
	if err == nil {
		err = errors.Join(writeFiles(n, files), removeStale(n, s.socket), linkRoutingDomain(s.socket), n.Furnish(func() error { return os.MkdirAll(bgpdHome, 0o755) }),
			n.RouteOut("openbgpd writes no kernel routes on Linux"))
	}
	var path string
	if err == nil {
		path, err = d.find("bgpd")
	}
	if err == nil {
		s.bgpctl, err = d.find("bgpctl")
	}
	if err != nil {
		return nil, fmt.Errorf("start openbgpd on %s: %w", n.Name, err)
	}
	if err := s.start(ctx, "openbgpd", path, "-d", "-f", filepath.Join(n.Dir(), "openbgpd.conf")); err != nil {
		return nil, fmt.Errorf("start openbgpd on %s: %w", n.Name, err)
	}
	if err := s.await(ctx, s.begin); err != nil {
		return nil, s.failed("openbgpd", err) //nolint:contextcheck // ending processes does not depend on ctx
	}
	if c.File != "" {
		return s, nil
	}
	n.FellBack("openbgpd: sessions that it would hold idle for 30 s and more are started after a second at most")
	reviving, stop := context.WithCancel(ctx)
	s.stop = stop
	s.reviving.Go(func() { s.revive(reviving) })
	return s, nil
}

// linkRoutingDomain gives the socket the name under which bgpctl looks for it by
// itself, which ends with its routing domain (its bgpctl.c).
func linkRoutingDomain(socket string) error {
	if err := os.Symlink(filepath.Base(socket), socket+".0"); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}

// openbgpdSpeaker is a running bgpd.
type openbgpdSpeaker struct {
	processes
	config Config
	bgpctl string // the program
	socket string

	stop     context.CancelFunc
	reviving sync.WaitGroup
}

// reviveInterval is how often idle sessions are looked for.
const reviveInterval = time.Second

// revive starts sessions that are idle. bgpd lets one idle for 30 s after its
// second failure, twice as long after the next, and has no setting for it
// (INTERVAL_IDLE_HOLD_INITIAL in its session.h): trials would take minutes.
func (s *openbgpdSpeaker) revive(ctx context.Context) {
	tick := time.NewTicker(reviveInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		case <-s.list[0].Done():
			return
		}
		peers, err := s.Peers(ctx)
		if err != nil {
			continue // it says so to whoever asks
		}
		for i, p := range peers {
			if p.State == Idle && !s.limited(ctx, s.config.Neighbors[i]) {
				_, _ = s.control(ctx, "neighbor", p.Addr.String(), "up") // or the next time
			}
		}
	}
}

// limited says whether bgpd ended the session because it brought too many prefixes,
// which a user means to last.
func (s *openbgpdSpeaker) limited(ctx context.Context, n Neighbor) bool {
	if n.Hears.MaxPrefixes == 0 {
		return false
	}
	answer, err := s.control(ctx, "show", "neighbor", n.Remote.String())
	return err != nil || bytes.Contains(answer, []byte("max-prefix exceeded"))
}

// Close ends the daemon.
func (s *openbgpdSpeaker) Close() error {
	if s.stop != nil {
		s.stop()
	}
	s.reviving.Wait()
	return s.processes.Close()
}

// begin announces what is to be announced from the start.
func (s *openbgpdSpeaker) begin(ctx context.Context) error {
	if _, err := s.control(ctx, "show", "summary"); err != nil {
		return err
	}
	for _, p := range s.config.originate() {
		if _, err := s.control(ctx, s.network(p, s.config.Attributes[p])...); err != nil {
			return err
		}
	}
	return nil
}

// control runs bgpctl. Its socket is found by its path, in any network
// namespace.
func (s *openbgpdSpeaker) control(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, s.bgpctl, append([]string{"-s", s.socket}, args...)...)
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s%s", err, out, exit.Stderr)
		}
		return nil, fmt.Errorf("bgpctl %s: %w", strings.Join(args, " "), err)
	}
	return out, nil
}

// network is the command that announces a prefix, also in place of what was
// announced for it before.
func (s *openbgpdSpeaker) network(p netip.Prefix, a Attributes) []string {
	args := []string{"network", "add", p.String()}
	if a.Prepend > 0 {
		args = append(args, "prepend-self", strconv.Itoa(a.Prepend))
	}
	if a.MED > 0 {
		args = append(args, "med", strconv.FormatUint(uint64(a.MED), 10))
	}
	if a.LocalPref > 0 {
		args = append(args, "localpref", strconv.FormatUint(uint64(a.LocalPref), 10))
	}
	for _, c := range halves(a.Communities) {
		args = append(args, "community", fmt.Sprintf("%d:%d", c[0], c[1]))
	}
	return args
}

// Announce originates the prefixes.
func (s *openbgpdSpeaker) Announce(ctx context.Context, p ...netip.Prefix) error {
	return s.AnnounceWith(ctx, Attributes{}, p...)
}

// AnnounceWith originates the prefixes with the attributes.
func (s *openbgpdSpeaker) AnnounceWith(ctx context.Context, a Attributes, prefixes ...netip.Prefix) error {
	return s.do(ctx, "announce", func(ctx context.Context) error {
		for _, p := range prefixes {
			if _, err := s.control(ctx, s.network(p, a)...); err != nil {
				return err
			}
		}
		return nil
	})
}

// Withdraw takes the prefixes back.
func (s *openbgpdSpeaker) Withdraw(ctx context.Context, prefixes ...netip.Prefix) error {
	return s.do(ctx, "withdraw", func(ctx context.Context) error {
		for _, p := range prefixes {
			if _, err := s.control(ctx, "network", "delete", p.String()); err != nil {
				return err
			}
		}
		return nil
	})
}

// Reset resets the sessions with the node peer, or all, or asks for all of
// their routes anew.
func (s *openbgpdSpeaker) Reset(ctx context.Context, peer string, soft bool) error {
	command := "clear"
	if soft {
		command = "refresh"
	}
	for _, n := range s.config.Neighbors {
		if peer != "" && n.Node != peer {
			continue
		}
		err := s.do(ctx, "reset the session with "+n.Node, func(ctx context.Context) error {
			_, err := s.control(ctx, "neighbor", n.Remote.String(), command)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Peers lists the neighbors.
func (s *openbgpdSpeaker) Peers(ctx context.Context) ([]Peer, error) {
	var answer []byte
	err := s.do(ctx, "list neighbors", func(ctx context.Context) (err error) {
		answer, err = s.control(ctx, "-j", "show", "neighbor")
		return err
	})
	if err != nil {
		return nil, err
	}
	peers, err := openbgpdPeers(answer, s.config.Neighbors)
	if err != nil {
		return nil, fmt.Errorf("list neighbors on %s: %w", s.node.Name, err)
	}
	return peers, nil
}

// openbgpdPeers reads "show neighbor" in JSON.
func openbgpdPeers(answer []byte, neighbors []Neighbor) ([]Peer, error) {
	var list struct {
		Neighbors []struct {
			Addr  string `json:"remote_addr"`
			State string `json:"state"`
			Stats struct {
				Prefixes struct {
					Received int `json:"received"`
				} `json:"prefixes"`
			} `json:"stats"`
		} `json:"neighbors"`
	}
	if err := json.Unmarshal(answer, &list); err != nil {
		return nil, fmt.Errorf("read %q: %w", answer, err)
	}
	peers := make([]Peer, 0, len(neighbors))
	for _, n := range neighbors {
		p := Peer{Node: n.Node, Addr: n.Remote, ASN: n.ASN, State: Idle}
		for _, known := range list.Neighbors {
			if known.Addr == n.Remote.String() {
				p.State, p.Received = stateNamed(known.State), known.Stats.Prefixes.Received
			}
		}
		peers = append(peers, p)
	}
	return peers, nil
}
