package bgp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"anylab/topologies"
)

// frrConf is the user's own file in the node's private directory.
const frrConf = "frr.conf"

// frrUserFiles are the user's file, and one for each daemon to start with.
func frrUserFiles(c Config) ([]file, error) {
	files, err := userFiles("frr", c, frrConf)
	if err != nil {
		return nil, err
	}
	for i, f := range files {
		if slices.Contains(frrSplit, filepath.Base(f.name)) {
			files[i].name = filepath.Base(f.name)
		}
	}
	for _, name := range frrSplit {
		if !slices.ContainsFunc(files, func(f file) bool { return f.name == name }) {
			files = append(files, file{name, "hostname " + c.Node + "\n"})
		}
	}
	return files, nil
}

// frrSplit are the files of the daemons, one each, that may stand in place of the
// integrated one or beside it.
var frrSplit = []string{"zebra.conf", "staticd.conf", "bfdd.conf", "bgpd.conf"}

var frrStatic = regexp.MustCompile(`(?m)^\s*(ip|ipv6) route\b`)

// frrDaemonsFor lists the daemons to start: a user's static routes need one
// more. The one that speaks BGP is the last.
func frrDaemonsFor(files []file) []string {
	for _, f := range files {
		if (f.name == frrConf || f.name == "staticd.conf") && frrStatic.MatchString(f.text) {
			return []string{"zebra", "staticd", "bfdd", "bgpd"}
		}
	}
	return frrDaemons
}

// load hands the user's file to the daemons, as FRR's own start does, and then
// announces what a former life announced.
func (s *frrSpeaker) load(ctx context.Context) error {
	vtysh, err := s.build.findIn(nil, "vtysh")
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
		if err == nil && frrComplaint.Match(frrNotice.ReplaceAll(out, nil)) {
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

// frrNotice is what bfdd says of each echo-mode that it takes (bfdd_nb_config.c).
var frrNotice = regexp.MustCompile(`(?m)^(line \d+: )?% Echo mode works correctly for IPv4\b.*$`)

// frrScan is the default of "bgp conditional-advertisement timer".
const frrScan = time.Minute

// proofreading: vtysh knows the commands of all daemons. It goes by its own rules
// about who may run it (/etc/frr).
func (frr) proofreading(path string) (*exec.Cmd, *regexp.Regexp, error) {
	vtysh, err := frrDebian.findIn(nil, "vtysh")
	return exec.Command(vtysh, "-C", "-f", path), frrRefused, err
}

// frrRefused is a line that vtysh takes for wrong, or a daemon that it gives it to.
var frrRefused = regexp.MustCompile(`(?m)^(?:.*: )?line (?P<line>\d+): (?:% )?(?P<text>.*)$`)

// frrRejected is what a daemon says in its log of a line of its own file. It
// goes on without the line.
var frrRejected = regexp.MustCompile(`(?m)\] (?P<text>[^\]]*) on config line (?P<line>\d+): *(?P<why>.*)$`)

// accepted says which lines of its generated file the daemon refuses.
func (s *frrSpeaker) accepted(name string) error {
	if s.node.LogDir() == "" {
		return nil
	}
	log, err := s.node.EndOfLog(name)
	if err != nil {
		return err
	}
	if said := complaints([]topologies.File{{Name: name + ".conf"}}, "", string(log), frrRejected); len(said) > 0 {
		return fmt.Errorf("it refuses its configuration: %s", said[0])
	}
	return nil
}
