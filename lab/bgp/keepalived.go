package bgp

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"anylab/lab"
	"anylab/topologies/document"
)

// keepalived runs keepalived, which speaks no BGP: it moves the address itself.
type keepalived struct{ debian }

var keepalivedDebian = debian{
	name: "keepalived", programs: []string{"keepalived"},
	version: [3]string{"keepalived", "--version", "Keepalived"},
}

func (d keepalived) in(bin string) Driver { return keepalived{d.debian.in(bin)} }

// Capabilities: VRRP, and health checks of its own.
func (keepalived) Capabilities() Capabilities { return Capabilities{VRRP: true} }

func (keepalived) unable() map[Operation]inability {
	return map[Operation]inability{
		ChangeAttributes: {because: "VRRP carries none"},
		ResetSessions:    {because: "VRRP has no sessions"},
		SilenceBFD:       noBFD,
		StopGracefully:   {because: "VRRP knows no graceful restart: it gives the address away whenever it stops"},
		AnnounceTables:   noTable,
		Freeze:           {because: "its VRRP is spoken by a child of its own, which runs on"},
	}
}

// check: one instance holds addresses of one family, and scripts run by the second.
func (keepalived) check(c Config) error {
	for _, p := range c.VRRP.Addresses {
		if !p.Addr().Is4() {
			return fmt.Errorf("the driver of keepalived moves IPv4 addresses only, not %s: leave it out of anycast", p)
		}
	}
	return nil
}

// checkScript refuses timers of a health check that keepalived can't have.
func (keepalived) checkScript(c HealthCheck) error {
	if !wholeSeconds(c.Interval) || !wholeSeconds(c.Timeout) {
		return fmt.Errorf("interval %v, timeout %v: keepalived runs its track_script in whole seconds, at least one", document.Duration(c.Interval), document.Duration(c.Timeout))
	}
	return nil
}

// files generates the configuration. Dir is the node's private directory.
func (keepalived) files(c Config) ([]file, error) {
	files, err := generate(struct {
		Config
		Dir string
	}{c, scratch + c.Node}, "keepalived.conf")
	for i, check := range c.Checks {
		files = append(files, file{fmt.Sprintf("keepalived.check%d.sh", i), "exec " + shellWords(check.Command) + "\n"})
	}
	return files, err
}

// Start starts the daemon, which forks the process that speaks VRRP.
func (d keepalived) Start(ctx context.Context, n *lab.Node, c Config) (Speaker, error) {
	s := &keepalivedSpeaker{processes: processes{node: n}, config: c}
	path, err := d.find("keepalived")
	if err == nil {
		err = d.prepare(n, c, s)
	}
	if err == nil {
		err = s.start(ctx, "keepalived", path, "--dont-fork", "--log-console", "--log-detail", "--no-syslog", "--vrrp",
			"--use-file", filepath.Join(n.Dir(), "keepalived.conf"),
			"--pid", s.path("keepalived.pid"), "--vrrp_pid", s.path(keepalivedSpeaks))
	}
	if err != nil {
		return nil, fmt.Errorf("start keepalived on %s: %w", n.Name, err)
	}
	if err := s.await(ctx, s.speaks); err != nil {
		return nil, s.failed("keepalived", err) //nolint:contextcheck // ending processes does not depend on ctx
	}
	return s, nil
}

func (d keepalived) prepare(n *lab.Node, c Config, s *keepalivedSpeaker) error {
	files, err := d.files(c)
	if err == nil {
		err = writeFiles(n, files)
	}
	return errors.Join(err, removeStale(n, s.path(keepalivedSpeaks)), s.hold(holds(c, c.Originate)),
		n.RouteOut("keepalived writes no kernel routes"))
}

// keepalivedSpeaks is the file that is there once the child runs.
const keepalivedSpeaks = "keepalived.vrrp.pid"

// keepalivedSpeaker is a running keepalived.
type keepalivedSpeaker struct {
	processes
	config Config
	mu     sync.Mutex // of the file that says whether the address may be held
}

func (s *keepalivedSpeaker) path(name string) string { return filepath.Join(s.node.Dir(), name) }

func (s *keepalivedSpeaker) speaks(context.Context) error {
	_, err := os.Stat(s.path(keepalivedSpeaks))
	return err
}

// holds says whether the group's addresses are among the prefixes.
func holds(c Config, prefixes []netip.Prefix) bool {
	for _, p := range prefixes {
		for _, q := range c.VRRP.Addresses {
			if p == q {
				return true
			}
		}
	}
	return false
}

// hold lets the node hold the address, or keeps it from that. The file is one that
// keepalived tracks: it reads it when it is closed.
func (s *keepalivedSpeaker) hold(may bool) error {
	text := "1\n"
	if may {
		text = "0\n"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.node.Furnish(func() error { return os.WriteFile(s.path("keepalived.track"), []byte(text), 0o644) })
}

// Announce lets the node hold the address: whether it does is for VRRP to decide.
func (s *keepalivedSpeaker) Announce(ctx context.Context, p ...netip.Prefix) error {
	return s.change(ctx, "announce", true, p)
}

// Withdraw makes the node give the address away.
func (s *keepalivedSpeaker) Withdraw(ctx context.Context, p ...netip.Prefix) error {
	return s.change(ctx, "withdraw", false, p)
}

func (s *keepalivedSpeaker) change(ctx context.Context, verb string, may bool, p []netip.Prefix) error {
	if !holds(s.config, p) {
		return nil
	}
	return s.do(ctx, verb, func(context.Context) error { return s.hold(may) })
}

// Peers: VRRP has no sessions.
func (s *keepalivedSpeaker) Peers(context.Context) ([]Peer, error) { return nil, nil }

// Show returns what keepalived has logged of its states last.
func (s *keepalivedSpeaker) Show(context.Context) (string, error) {
	const command = "grep STATE keepalived.log | tail -n 5"
	text, err := s.node.EndOfLog("keepalived")
	var states []string
	for line := range strings.SplitSeq(string(text), "\n") {
		if strings.Contains(line, " STATE") {
			states = append(states, line)
		}
	}
	return answered(command, strings.Join(states[max(0, len(states)-5):], "\n")), err
}
