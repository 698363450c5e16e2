package bgp

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"anylab/lab"
)

// exabgp runs ExaBGP, which announces what a process of its own tells it to.
type exabgp struct{ debian }

var exabgpDebian = debian{
	name: "exabgp", programs: []string{"exabgp"}, tools: []string{"exabgp-healthcheck"},
	version: [3]string{"exabgp", "--version", ":"},
}

func (d exabgp) in(bin string) Driver { return exabgp{d.debian.in(bin)} }

// Capabilities: no choice of best paths, no routes in the kernel, no BFD.
func (exabgp) Capabilities() Capabilities {
	return Capabilities{File: true, Restart: true, Processes: true}
}

// check: the keepalive time is no setting of ExaBGP's.
func (exabgp) check(c Config) error { return c.keepaliveIsAThird("exabgp") }

func (exabgp) unable() map[Operation]inability {
	return map[Operation]inability{SilenceBFD: noBFD, AnnounceTables: noTable}
}

// files generates the configuration. Dir is the node's private directory.
func (exabgp) files(c Config) ([]file, error) {
	if c.File != "" {
		return userFiles("exabgp", c, "exabgp.conf")
	}
	return exaGenerate(struct {
		Config
		Dir string
	}{c, scratch + c.Node}, "exabgp.conf", "exabgp.sh")
}

// exaPipes are the named pipes for commands and answers: with the user's own
// file those of ExaBGP's command line, whose place is built in and whose name
// is a setting; else those of the generated process.
func exaPipes(n *lab.Node, c Config) (commands, answers string, err error) {
	if c.File == "" {
		return filepath.Join(n.Dir(), "exabgp.commands"), filepath.Join(n.Dir(), "exabgp.answers"), nil
	}
	const dir = "/run/exabgp"
	err = n.Furnish(func() error { return os.MkdirAll(dir, 0o755) })
	return filepath.Join(dir, n.Name+".in"), filepath.Join(dir, n.Name+".out"), err
}

// exaEnv replaces ExaBGP's own environment file. Each command is answered, so
// that a refused one is not taken for done. With the user's own file it does
// not listen, as it doesn't by default.
func exaEnv(c Config) []string {
	env := append(os.Environ(),
		"exabgp.daemon.daemonize=false", "exabgp.daemon.user=root", "exabgp.daemon.drop=false", "exabgp.daemon.pid=",
		"exabgp.api.ack=true", "exabgp.log.destination=stdout", "PYTHONDONTWRITEBYTECODE=1", "PYTHONUNBUFFERED=1")
	if c.File != "" {
		return append(env, "exabgp.api.cli=true", "exabgp.api.pipename="+c.Node)
	}
	var addrs []string
	for _, n := range c.Neighbors {
		addrs = append(addrs, n.Local.String())
	}
	return append(env, "exabgp.api.cli=false", "exabgp.tcp.bind="+strings.Join(addrs, " "), "exabgp.tcp.port=179")
}

// Start starts the daemon.
func (d exabgp) Start(ctx context.Context, n *lab.Node, c Config) (Speaker, error) {
	s, err := d.prepare(n, c)
	if err != nil {
		return nil, fmt.Errorf("start exabgp on %s: %w", n.Name, err)
	}
	path, err := d.find("exabgp")
	if err == nil {
		cmd := exec.Command(path, "--env", "/dev/null", filepath.Join(n.Dir(), "exabgp.conf"))
		cmd.Env = exaEnv(c)
		err = s.run(ctx, "exabgp", cmd)
	}
	if err == nil {
		err = s.await(ctx, s.begin)
	}
	if err != nil {
		err = s.failed("exabgp", err) //nolint:contextcheck // ending processes does not depend on ctx
		return nil, errors.Join(err, s.pipe.close())
	}
	return s, nil
}

func (d exabgp) prepare(n *lab.Node, c Config) (*exaSpeaker, error) {
	files, err := d.files(c)
	if err == nil {
		err = writeFiles(n, files)
	}
	if err == nil {
		err = n.RouteOut("exabgp writes no kernel routes")
	}
	if err != nil {
		return nil, err
	}
	commands, answers, err := exaPipes(n, c)
	if err != nil {
		return nil, err
	}
	pipe, err := openExaPipe(n, commands, answers)
	if err != nil {
		return nil, err
	}
	return &exaSpeaker{processes: processes{node: n}, config: c, pipe: pipe, originated: originatedBy(c)}, nil
}

// exaSpeaker is a running ExaBGP.
type exaSpeaker struct {
	processes
	config Config
	pipe   *exaPipe
	once   sync.Once

	mu         sync.Mutex
	originated originated
}

// begin announces what is to be announced from the start: the first command
// is answered when ExaBGP is ready.
func (s *exaSpeaker) begin(ctx context.Context) error {
	for _, p := range s.config.originate() {
		if err := s.tell(ctx, "announce", p, s.originated.routes[p]); err != nil {
			return err
		}
	}
	_, err := s.pipe.do(ctx, "version")
	return err
}

// tell sends a command about a prefix to every neighbor of its family.
func (s *exaSpeaker) tell(ctx context.Context, verb string, p netip.Prefix, a Attributes) error {
	for _, n := range s.config.Of(p.Addr().Is6()) {
		command := fmt.Sprintf("neighbor %s %s route %s next-hop self%s", n.Remote, verb, p, s.attributes(a.after(n.Sends)))
		if _, err := s.pipe.do(ctx, command); err != nil {
			return err
		}
	}
	return nil
}

// attributes are written as in ExaBGP's static routes. An as-path given there
// is sent as it is, so the own AS is in it once more.
func (s *exaSpeaker) attributes(a Attributes) string {
	var text strings.Builder
	if a.Prepend > 0 {
		path := slices.Repeat([]string{fmt.Sprint(s.config.ASN)}, a.Prepend+1)
		fmt.Fprintf(&text, " as-path [ %s ]", strings.Join(path, " "))
	}
	if a.MED > 0 {
		fmt.Fprintf(&text, " med %d", a.MED)
	}
	if a.LocalPref > 0 {
		fmt.Fprintf(&text, " local-preference %d", a.LocalPref)
	}
	if len(a.Communities) > 0 {
		text.WriteString(" community [")
		for _, c := range halves(a.Communities) {
			fmt.Fprintf(&text, " %d:%d", c[0], c[1])
		}
		text.WriteString(" ]")
	}
	return text.String()
}

// Announce originates the prefixes.
func (s *exaSpeaker) Announce(ctx context.Context, p ...netip.Prefix) error {
	return s.AnnounceWith(ctx, Attributes{}, p...)
}

// AnnounceWith originates the prefixes with the attributes.
func (s *exaSpeaker) AnnounceWith(ctx context.Context, a Attributes, prefixes ...netip.Prefix) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.do(ctx, "announce", func(ctx context.Context) error {
		for _, p := range prefixes {
			if err := s.tell(ctx, "announce", p, a); err != nil {
				return err
			}
			s.originated = s.originated.with(a, []netip.Prefix{p})
		}
		return nil
	})
}

// Withdraw takes the prefixes back.
func (s *exaSpeaker) Withdraw(ctx context.Context, prefixes ...netip.Prefix) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.do(ctx, "withdraw", func(ctx context.Context) error {
		for _, p := range prefixes {
			a, announced := s.originated.routes[p]
			if !announced && s.config.File == "" { // a user's file may announce it
				continue
			}
			if err := s.tell(ctx, "withdraw", p, a); err != nil {
				return err
			}
			s.originated = s.originated.without([]netip.Prefix{p})
		}
		return nil
	})
}

// Reset ends the sessions with the node peer, or all, by a Cease with
// Administrative Reset (subcode 4 of RFC 4486), or sends all routes anew.
func (s *exaSpeaker) Reset(ctx context.Context, peer string, soft bool) error {
	for _, n := range s.config.Neighbors {
		if peer != "" && n.Node != peer {
			continue
		}
		command := fmt.Sprintf("neighbor %s teardown 4", n.Remote)
		if soft {
			command = fmt.Sprintf("neighbor %s flush adj-rib out", n.Remote)
		}
		err := s.do(ctx, "reset the session with "+n.Node, func(ctx context.Context) error {
			_, err := s.pipe.do(ctx, command)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// StopGracefully kills the daemon, so that it tells its neighbors nothing.
func (s *exaSpeaker) StopGracefully(ctx context.Context) error { return s.kill(ctx) }

// Close ends the daemon.
func (s *exaSpeaker) Close() error {
	err := s.processes.Close()
	s.once.Do(func() { err = errors.Join(err, s.pipe.close()) })
	return err
}

// Peers lists the neighbors. ExaBGP tells no more of a session's state than
// whether it is established.
func (s *exaSpeaker) Peers(ctx context.Context) ([]Peer, error) {
	var sessions, routes []string
	err := s.do(ctx, "list neighbors", func(ctx context.Context) (err error) {
		if sessions, err = s.pipe.do(ctx, "show neighbor summary"); err == nil {
			routes, err = s.pipe.do(ctx, "show adj-rib in")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return exaPeers(sessions, routes, s.config.Neighbors), nil
}

// exaPeers reads "show neighbor summary", which starts with the address, and
// "show adj-rib in", which has it in second place.
func exaPeers(sessions, routes []string, neighbors []Neighbor) []Peer {
	peers := make([]Peer, 0, len(neighbors))
	for _, n := range neighbors {
		p := Peer{Node: n.Node, Addr: n.Remote, ASN: n.ASN, State: Active}
		for _, line := range sessions {
			if f := strings.Fields(line); len(f) > 3 && f[0] == n.Remote.String() && f[3] == string(Established) {
				p.State = Established
			}
		}
		for _, line := range routes {
			if f := strings.Fields(line); len(f) > 1 && f[0] == "neighbor" && f[1] == n.Remote.String() {
				p.Received++
			}
		}
		peers = append(peers, p)
	}
	return peers
}
