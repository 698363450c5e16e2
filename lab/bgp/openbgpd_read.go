package bgp

import (
	"net/netip"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// openbgpdReader reads bgpd.conf(5).
type openbgpdReader struct {
	*Reading
	hold   Said[time.Duration]
	retry  Said[time.Duration]
	allows []statement // rules that let something out
}

var openbgpdDialect = dialect{lines: true, sigil: "$", define: func(words []string) (string, []string, bool) {
	if len(words) > 2 && words[1] == "=" {
		return words[0], strings.Fields(strings.Join(words[2:], " ")), true
	}
	return "", nil, false
}, include: func(_, name string) string { return name }}

// bgpd's own timers (bgpd.conf(5), and INTERVAL_IDLE_HOLD_INITIAL in its session.h).
const (
	openbgpdHold  = 90 * time.Second
	openbgpdRetry = 120 * time.Second
	openbgpdIdle  = 30 * time.Second
)

func (openbgpd) read(t texts) *Reading {
	r := &openbgpdReader{Reading: &Reading{File: t.name}, hold: byDefault(openbgpdHold), retry: byDefault(openbgpdRetry)}
	list := openbgpdDialect.scan(t, r.Reading)
	for _, st := range list {
		r.global(st)
	}
	for _, st := range list {
		switch {
		case st.starts("neighbor"):
			r.session(st, Said[string]{}, nil)
		case st.starts("group"):
			for _, member := range st.block {
				if member.starts("neighbor") {
					r.session(member, said(st.word(1), st.at), st.block)
				}
			}
		}
	}
	return r.Reading
}

func (r *openbgpdReader) global(st statement) {
	switch {
	case st.starts("AS"):
		r.AS = sayAS(st.word(1), st.at)
	case st.starts("router-id"):
		r.RouterID = sayAddr(st.word(1), st.at)
	case st.starts("holdtime") && st.word(1) != "min":
		r.hold = saySeconds(st.word(1), st.at)
	case st.starts("connect-retry"):
		r.retry = saySeconds(st.word(1), st.at)
	case st.starts("network"):
		r.network(st)
	case st.starts("listen", "on"):
		if a := sayAddr(st.word(2), st.at); a.Known && !a.Value.IsUnspecified() {
			r.Addresses = append(r.Addresses, a)
		}
	case st.starts("allow"):
		r.allows = append(r.allows, st)
	case st.starts("fib-update") && st.word(1) == "yes":
		r.Ignored = append(r.Ignored, Remark{st.at, "fib-update: on Linux bgpd writes no kernel routes"})
	}
}

func (r *openbgpdReader) network(st statement) {
	switch st.word(1) {
	case "inet", "inet6":
		r.Sources = append(r.Sources, source(st.word(2), st.word(1) == "inet6", st.at))
	default:
		r.Originated = addPrefix(r.Originated, st.word(1), st.at)
	}
}

// session reads a neighbor; group are the statements that stand before its own.
func (r *openbgpdReader) session(st statement, group Said[string], inherited []statement) {
	s := Session{At: st.at, Name: st.word(1), Group: group, Hold: r.hold, Retry: r.retry, Idle: byDefault(openbgpdIdle),
		Restart: byDefault(time.Duration(0)), Helps: byDefault(false), BFD: byDefault(Detection{})}
	s.Neighbor, _ = netip.ParseAddr(s.Name)
	if p, err := netip.ParsePrefix(s.Name); err == nil {
		s.Range = p
	}
	for _, line := range append(append([]statement{}, inherited...), st.block...) {
		switch {
		case line.starts("remote-as"):
			s.AS = sayAS(line.word(1), line.at)
		case line.starts("local-address"):
			if s.Local = sayAddr(line.word(1), line.at); s.Local.Known {
				r.Addresses = append(r.Addresses, s.Local)
			}
		case line.starts("holdtime") && line.word(1) != "min":
			s.Hold = saySeconds(line.word(1), line.at)
		case line.starts("tcp", "md5sig"):
			if s.Password = unread[string](line.at); line.word(2) == "password" {
				s.Password = said(line.word(3), line.at)
			}
		}
	}
	if s.Hold.Known {
		s.Keepalive = byDefault(s.Hold.Value / 3)
	}
	s.Families = []SessionFamily{{V6: s.Neighbor.Is6() || s.Range.Addr().Is6()}}
	if len(r.allows) == 0 && (!s.AS.Known || s.AS.Value != r.AS.Value) {
		s.Unexported = said("bgpd lets nothing out without a rule that allows it (RFC 8212): no \"allow to ...\"", s.At)
	}
	r.Sessions = append(r.Sessions, s)
}

// proofreading: "bgpd -n" checks its configuration and exits.
func (d openbgpd) proofreading(path string) (*exec.Cmd, *regexp.Regexp, error) {
	program, err := d.find("bgpd")
	return exec.Command(program, "-n", "-f", path), openbgpdRefused, err
}

var openbgpdRefused = regexp.MustCompile(`(?m)^(?P<file>\S+):(?P<line>\d+): (?P<text>.*)$`)
