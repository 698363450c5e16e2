package bgp

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	api "github.com/osrg/gobgp/v3/api"

	"anylab/lab"
)

// gobgpd runs GoBGP's own daemon, unlike gobgp, which is GoBGP as a library
// with what this program adds to it. It is commanded in the same way.
//
// After the end of a session it refuses connections for 5 s (holdtimeIdle in
// its server/fsm.go), then the far end's next attempt succeeds: 6.0 s after a
// carrier came back. Neither idle-hold-time-after-reset nor connect-retry nor
// an active end changes that. After an Administrative Reset it idles for 30 s,
// version 3.10 whatever its configuration says. It is left as it is, for it is
// what users have.
type gobgpd struct{ debian }

const gobgpdSocket = "gobgpd.sock"

var gobgpdDebian = debian{
	name: "gobgpd", programs: []string{"gobgpd"},
	version: [3]string{"gobgpd", "--version", "version"},
}

func (d gobgpd) in(bin string) Driver { return gobgpd{d.debian.in(bin)} }

// Capabilities: its only way to the kernel's routes is FRR's zebra, which no
// lab has beside it.
func (gobgpd) Capabilities() Capabilities {
	return Capabilities{BestPath: true, File: true, Restart: true, LongLived: true, Unnumbered: true, Limit: true, GTSM: true, Idle: gobgpdIdle}
}

// check: as for the embedded one.
func (gobgpd) check(c Config) error { return c.unsigned("gobgpd") }

// keepalive: a third, whatever was configured (its server/fsm.go).
func (gobgpd) keepalive(_, _, negotiated time.Duration) time.Duration { return negotiated / 3 }

func (gobgpd) tools() Tools { return Tools{Port: gobgpPort, Socket: gobgpdSocket} }

func (gobgpd) unable() map[Operation]inability {
	return map[Operation]inability{SilenceBFD: noBFD}
}

// files generates the configuration.
func (gobgpd) files(c Config) ([]file, error) {
	if c.File != "" {
		return userFiles("gobgpd", c, "gobgpd"+filepath.Ext(c.File))
	}
	return generate(c, "gobgpd.toml")
}

// Start starts the daemon.
func (d gobgpd) Start(ctx context.Context, n *lab.Node, c Config) (Speaker, error) {
	path, err := d.find("gobgpd")
	if err != nil {
		return nil, fmt.Errorf("start gobgpd on %s: %w", n.Name, err)
	}
	socket := filepath.Join(n.Dir(), gobgpdSocket)
	files, err := d.files(c)
	if err == nil {
		err = errors.Join(writeFiles(n, files), removeStale(n, socket), n.RouteOut("gobgpd writes no kernel routes"), n.AdvertiseRouter())
	}
	if err != nil {
		return nil, fmt.Errorf("start gobgpd on %s: %w", n.Name, err)
	}
	remote, err := dialGoBGP(n, c, socket)
	if err != nil {
		return nil, fmt.Errorf("start gobgpd on %s: %w", n.Name, err)
	}
	s := gobgpdSpeaker{remote}
	args := []string{"-f", filepath.Join(n.Dir(), files[0].name), "-t", format(files[0].name), "-p", "--api-hosts", "unix://" + socket, "--pprof-disable"}
	if c.Restarting && c.Restarts() != 0 {
		args = append(args, "-r")
	}
	if err := s.start(ctx, "gobgpd", path, args...); err != nil {
		return nil, errors.Join(fmt.Errorf("start gobgpd on %s: %w", n.Name, err), s.Close()) //nolint:contextcheck // ending processes does not depend on ctx
	}
	if err := s.await(ctx, s.begin); err != nil {
		return nil, errors.Join(s.failed("gobgpd", err), s.Close()) //nolint:contextcheck // ending processes does not depend on ctx
	}
	return s, nil
}

// format is the language of a configuration file by its name.
func format(name string) string {
	switch filepath.Ext(name) {
	case ".json":
		return "json"
	case ".yaml", ".yml":
		return "yaml"
	}
	return "toml"
}

// gobgpdSpeaker is a running gobgpd.
type gobgpdSpeaker struct{ *gobgpSpeaker }

// begin announces what is to be announced from the start, once the daemon has
// read its neighbors, which comes last.
func (s gobgpdSpeaker) begin(ctx context.Context) error {
	list, err := s.api.ListPeer(ctx, &api.ListPeerRequest{})
	if err != nil {
		return err
	}
	var known int
	for _, err = list.Recv(); err == nil; _, err = list.Recv() {
		known++
	}
	if known < len(s.config.Neighbors) {
		return fmt.Errorf("%d of %d neighbors are configured", known, len(s.config.Neighbors))
	}
	for _, p := range s.config.originate() {
		if err := s.AnnounceWith(ctx, s.config.Attributes[p], p); err != nil {
			return err
		}
	}
	return nil
}

// StopGracefully kills the daemon, so that it tells its neighbors nothing.
func (s gobgpdSpeaker) StopGracefully(ctx context.Context) error { return s.kill(ctx) }
