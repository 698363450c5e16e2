package bgp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// frrConf is the user's own file in the node's private directory.
const frrConf = "frr.conf"

// frrUserFiles are the user's file, and one for each daemon to start with.
func frrUserFiles(c Config) ([]file, error) {
	files, err := userFile(c, frrConf)
	if err != nil {
		return nil, err
	}
	for _, daemon := range append(frrDaemons, "staticd") {
		files = append(files, file{daemon + ".conf", "hostname " + c.Node + "\n"})
	}
	return files, nil
}

var frrStatic = regexp.MustCompile(`(?m)^\s*(ip|ipv6) route\b`)

// frrDaemonsFor lists the daemons to start: a user's static routes need one
// more. The one that speaks BGP is the last.
func frrDaemonsFor(files []file) []string {
	if len(files) > 0 && files[0].name == frrConf && frrStatic.MatchString(files[0].text) {
		return []string{"zebra", "staticd", "bfdd", "bgpd"}
	}
	return frrDaemons
}

// load hands the user's file to the daemons, as FRR's own start does, and then
// announces what a former life announced.
func (s *frrSpeaker) load(ctx context.Context) error {
	vtysh, err := frrDebian.findIn(nil, "vtysh")
	if err != nil {
		return err
	}
	dir, err := s.workDir()
	if err != nil {
		return err
	}
	path := filepath.Join(s.node.Dir(), frrConf)
	err = s.do(ctx, "load "+s.config.File, func(ctx context.Context) error {
		cmd := exec.CommandContext(ctx, vtysh, "--vty_socket", s.node.Dir(), "-f", path)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err == nil && frrComplaint.Match(out) {
			err = errors.New("vtysh complains")
		}
		if err != nil {
			return fmt.Errorf("%w: %s", err, bytes.TrimSpace(out))
		}
		return nil
	})
	if err != nil || len(s.config.originate()) == 0 {
		return err
	}
	return s.Announce(ctx, s.config.originate()...)
}

// frrComplaint starts what vtysh says about a line that a daemon refuses.
var frrComplaint = regexp.MustCompile(`(?m)^(line \d+:|% )`)

// grammar: in FRR's language a comment is a line of its own.
func (frr) grammar() grammar {
	return grammar{
		comment:  regexp.MustCompile(`^\s*[!#]`),
		own:      regexp.MustCompile(`^\s*router bgp (\d+)`),
		neighbor: regexp.MustCompile(`^\s*neighbor ([0-9a-fA-F.:]+) (?:remote-as|peer-group)\b`),
		remote:   regexp.MustCompile(`^\s*neighbor [0-9a-fA-F.:]+ remote-as (\d+)`),
		local:    regexp.MustCompile(`^\s*neighbor \S+ update-source ([0-9a-fA-F.:]+)\s*$`),
		refused: []refusal{
			{regexp.MustCompile(`^\s*router bgp \d+ vrf\b`), "a lab has no VRFs"},
			{regexp.MustCompile(`^vrf\b`), "a lab has no VRFs"},
			{regexp.MustCompile(`^\s*router (ospf6?|isis|rip|ripng|eigrp|babel|openfabric|pim)\b`), "a lab runs zebra, staticd, bfdd and bgpd only"},
			{regexp.MustCompile(`^\s*neighbor \S+ interface\b`), "sessions without addresses (unnumbered) are not possible in a lab"},
			{regexp.MustCompile(`^\s*bgp listen range\b`), "a lab's sessions are those of its links, so they need an address each"},
		},
	}
}

var (
	frrCondition = regexp.MustCompile(`(?m)^\s*neighbor \S+ advertise-map \S+ (non-)?exist-map\b`)
	frrScanTimer = regexp.MustCompile(`(?m)^\s*bgp conditional-advertisement timer (\d+)`)
)

// frrScan is the default of "bgp conditional-advertisement timer".
const frrScan = time.Minute

// scans reads the timer of conditional advertisement.
func (frr) scans(text string) time.Duration {
	if !frrCondition.MatchString(text) {
		return 0
	}
	if m := frrScanTimer.FindStringSubmatch(text); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			return time.Duration(n) * time.Second
		}
	}
	return frrScan
}
