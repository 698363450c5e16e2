package bgp

import (
	"net/netip"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"
)

// exaHold is ExaBGP's own hold time.
const exaHold = 180 * time.Second

// read reads ExaBGP's configuration. A neighbor may inherit templates.
func (exabgp) read(t texts) *Reading {
	r := &Reading{File: t.name}
	list := dialect{}.scan(t, r)
	templates := map[string][]statement{}
	for _, st := range list {
		if st.starts("template") {
			for _, t := range st.block {
				templates[t.word(1)] = t.block
			}
		}
	}
	for _, st := range list {
		if !st.starts("neighbor") {
			continue
		}
		block, group := st.block, Said[string]{}
		for _, line := range st.block {
			if line.starts("inherit") {
				for _, t := range line.words[1:] {
					block = slices.Concat(templates[t], block)
				}
				group = said(strings.Join(line.words[1:], " "), line.at)
			}
		}
		s := exaSession(r, st, block)
		s.Group = group
		r.Sessions = append(r.Sessions, s)
	}
	return r
}

func exaSession(r *Reading, st statement, block []statement) Session {
	s := Session{At: st.at, Name: st.word(1), Hold: byDefault(exaHold), Restart: byDefault(time.Duration(0)), Helps: byDefault(false), BFD: byDefault(Detection{})}
	s.Neighbor, _ = netip.ParseAddr(s.Name)
	for _, line := range block {
		switch line.word(0) {
		case "router-id":
			r.RouterID = sayAddr(line.word(1), line.at)
		case "local-address":
			if s.Local = sayAddr(line.word(1), line.at); s.Local.Known {
				r.Addresses = append(r.Addresses, s.Local)
			}
		case "local-as":
			r.AS = sayAS(line.word(1), line.at)
		case "peer-as":
			s.AS = sayAS(line.word(1), line.at)
		case "hold-time":
			s.Hold = saySeconds(line.word(1), line.at)
		case "md5-password":
			s.Password = said(line.word(1), line.at)
		case "capability":
			for _, c := range line.block {
				if c.starts("graceful-restart") {
					s.Restart = saySeconds(c.word(1), c.at)
				}
			}
		case "family":
			for _, f := range line.block {
				s.Families = append(s.Families, SessionFamily{V6: f.word(0) == "ipv6"})
			}
		case "static", "announce":
			exaRoutes(r, line)
		case "api":
			r.Sources = append(r.Sources, said("a process's", line.at))
		}
	}
	if s.Families == nil {
		s.Families = []SessionFamily{{}, {V6: true}} // it offers all that it knows
	}
	if s.Hold.Known {
		s.Keepalive = byDefault(s.Hold.Value / 3)
	}
	return s
}

// exaRoutes adds the routes of a block: "route P next-hop ...", "unicast P ...".
func exaRoutes(r *Reading, st statement) {
	for _, line := range st.block {
		if line.word(0) == "route" || line.word(0) == "unicast" {
			r.Originated = addPrefix(r.Originated, line.word(1), line.at)
		}
		exaRoutes(r, line)
	}
}

// proofreading: it only looks at the file.
func (d exabgp) proofreading(path string) (*exec.Cmd, *regexp.Regexp, error) {
	program, err := d.find("exabgp")
	return exec.Command(program, "--validate", "--env", "/dev/null", path), exaRefused, err
}

// exaRefused is three lines of its log.
var exaRefused = regexp.MustCompile(`\| line (?P<line>\d+): (?P<text>.*)\n.*\| *\n.*\| (?P<why>.*)`)
