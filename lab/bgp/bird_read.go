package bgp

import (
	"cmp"
	"fmt"
	"net/netip"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// birdReader reads BIRD's configuration. Templates are statements that stand
// before a protocol's own; the last word counts.
type birdReader struct {
	*Reading
	templates map[string][]statement
	bfd       []statement // of the protocol bfd; nil: there is none
	watched   bool        // there is a protocol bfd
	exports   []statement // of all channels
}

var birdDialect = dialect{define: func(words []string) (string, []string, bool) {
	if len(words) > 3 && words[0] == "define" && words[2] == "=" {
		return words[1], words[3:], true
	}
	return "", nil, false
}, include: func(by, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(by), name)
}}

func (bird) read(t texts) *Reading {
	r := &birdReader{Reading: &Reading{File: t.name}, templates: map[string][]statement{}}
	list := birdDialect.scan(t, r.Reading)
	for _, st := range list {
		if st.starts("protocol", "bfd") {
			r.watched, r.bfd = true, append(r.bfd, st.block...)
		}
	}
	for _, st := range list {
		r.top(st)
	}
	for _, p := range birdProtocols(list) {
		r.originate(p)
	}
	return r.Reading
}

func (r *birdReader) top(st statement) {
	switch {
	case st.starts("log") && strings.HasPrefix(st.word(1), "/"):
		r.Logs = append(r.Logs, said(st.word(1), st.at))
	case st.starts("router", "id"):
		r.RouterID = sayAddr(st.word(2), st.at)
	case st.starts("template", "bgp"):
		r.templates[st.word(2)] = r.inherited(st)
	case st.starts("protocol", "bgp"):
		r.session(st)
	case st.starts("protocol"):
		if slices.Contains([]string{"ospf", "rip", "babel", "rpki"}, st.word(1)) {
			r.Refused = append(r.Refused, Remark{st.at, fmt.Sprintf("%q: a lab has no neighbors for it", st.text())})
		}
		r.Static = r.Static || st.word(1) == "static"
	}
}

// inherited returns the statements of the block after those of the template
// that it is made from.
func (r *birdReader) inherited(st statement) []statement {
	if from := st.after("from"); len(from) > 0 {
		return slices.Concat(r.templates[from[0]], st.block)
	}
	return st.block
}

// BIRD's own timers (its manual, section 6.3.4).
const (
	birdHold  = 240 * time.Second
	birdRetry = 120 * time.Second
	birdIdle  = 60 * time.Second // "error wait time", which doubles up to five minutes
)

func (r *birdReader) session(st statement) {
	s := Session{At: st.at, Hold: byDefault(birdHold), Retry: byDefault(birdRetry), Idle: byDefault(birdIdle),
		Restart: byDefault(time.Duration(0)), BFD: byDefault(Detection{})}
	if from := st.after("from"); len(from) > 0 {
		s.Group = said(from[0], st.at)
	}
	graceful, wait := byDefault(false), byDefault(120*time.Second)
	s.Helps = byDefault(true)
	own, internal := Said[uint32]{}, false
	for _, line := range r.inherited(st) {
		switch {
		case line.starts("local"):
			own = r.local(line, &s, own)
		case line.starts("neighbor"):
			r.neighbor(line, &s)
			internal = slices.Contains(line.words, "internal")
		case line.starts("interface"):
			s.Interface = line.word(1)
		case line.starts("graceful", "restart", "time"):
			wait = saySeconds(alone(line, 3), line.at)
		case line.starts("graceful", "restart"):
			graceful = said(line.word(2) == "" || isOn(line.word(2)), line.at)
			s.Helps = said(graceful.Value || line.word(2) == "aware", line.at)
		case line.starts("bfd"):
			s.BFD = r.watch(line, s.Interface)
		case line.starts("disabled") && (line.word(1) == "" || isOn(line.word(1))):
			r.Doubts = append(r.Doubts, Remark{line.at, "this protocol is disabled: its session stays down"})
			s.Down = line.at
		case line.starts("ipv4") || line.starts("ipv6"):
			s.Families = append(s.Families, birdFamily(line))
			r.exports = append(r.exports, line.within("export")...)
		default:
			s.birdOption(line)
		}
	}
	if !s.Keepalive.Known && !s.Keepalive.Written() && s.Hold.Known {
		s.Keepalive = byDefault(s.Hold.Value / 3)
	}
	if graceful.Value {
		s.Restart = wait
		s.Restart.At = graceful.At
	}
	if internal {
		s.AS = own
	}
	r.AS, s.Name = r.AS.or(own), cmp.Or(s.Name, "not known")
	r.Sessions = append(r.Sessions, s)
}

// within returns the lines of its block that begin so.
func (st statement) within(word string) []statement {
	return slices.DeleteFunc(slices.Clone(st.block), func(line statement) bool { return !line.starts(word) })
}

// birdOption reads what stands for itself.
func (s *Session) birdOption(line statement) {
	switch {
	case line.starts("password"):
		s.Password = said(line.word(1), line.at)
	case line.starts("source", "address"):
		s.Local = sayAddr(line.word(2), line.at)
	case line.starts("hold", "time"):
		s.Hold = saySeconds(alone(line, 2), line.at)
	case line.starts("keepalive", "time"):
		s.Keepalive = saySeconds(alone(line, 2), line.at)
	case line.starts("connect", "retry", "time"):
		s.Retry = saySeconds(alone(line, 3), line.at)
	case line.starts("error", "wait", "time"):
		s.Idle = saySeconds(line.word(3), line.at)
	}
}

// alone is the i-th word, if it is the last: what has more is an expression.
func alone(st statement, i int) string {
	if len(st.words) != i+1 {
		return ""
	}
	return st.words[i]
}

func isOn(word string) bool { return word == "on" || word == "yes" || word == "true" }

// local reads "local [ADDRESS] [port N] as N".
func (r *birdReader) local(st statement, s *Session, own Said[uint32]) Said[uint32] {
	if a := sayAddr(st.word(1), st.at); a.Known {
		s.Local = a
		r.Addresses = append(r.Addresses, a)
	}
	if as := st.after("as"); len(as) > 0 {
		return sayAS(as[0], st.at)
	}
	return own
}

// neighbor reads "neighbor ADDRESS [port N] [as N | internal | external]".
func (r *birdReader) neighbor(st statement, s *Session) {
	if st.word(1) == "range" {
		s.Range, _ = netip.ParsePrefix(st.word(2))
		s.Name, s.At = st.word(2), st.at
		if as := st.after("as"); len(as) > 0 {
			s.AS = sayAS(as[0], st.at)
		}
		return
	}
	addr, dev, scoped := strings.Cut(st.word(1), "%")
	if scoped {
		s.Interface = strings.Trim(dev, "'")
		r.Refused = append(r.Refused, Remark{st.at, fmt.Sprintf("%q: link-local sessions are not possible in a lab", st.text())})
	}
	if a := sayAddr(addr, st.at); a.Known {
		s.Neighbor, s.Name, s.At = a.Value, addr, st.at
	}
	if as := st.after("as"); len(as) > 0 {
		s.AS = sayAS(as[0], st.at)
	}
}

// birdDetects is BIRD's BFD where nothing is said of it (its manual, section 6.2.3).
var birdDetects = Detection{Multiplier: 5, Transmit: 100 * time.Millisecond, Receive: 10 * time.Millisecond}

// watch reads the BFD of a session: its own options, or else those of the
// protocol bfd for its interface.
func (r *birdReader) watch(st statement, dev string) Said[Detection] {
	off := len(st.words) > 1 && !isOn(st.word(1)) && st.word(1) != "graceful"
	if off || !r.watched {
		return said(Detection{}, st.at)
	}
	b, at := said(birdDetects, st.at), st.at
	patterns := 0
	for _, options := range r.bfd {
		if !options.starts("interface") {
			continue
		}
		patterns++
		if slices.Contains(options.words, "*") && patterns == 1 || dev != "" && options.word(1) == dev {
			b, at = birdOptions(b, options.block), options.at
		} else if len(options.block) > 0 {
			return unread[Detection](options.at) // which interface it is for is the topology's matter
		}
	}
	b = birdOptions(b, st.block)
	if b.Known {
		b.At = at
	}
	return b
}

func birdOptions(b Said[Detection], block []statement) Said[Detection] {
	for _, st := range block {
		switch {
		case st.starts("interval"):
			d := birdInterval(st, 1)
			b.Value.Transmit, b.Value.Receive, b.Known = d.Value, d.Value, d.Known
		case st.starts("min", "rx", "interval"):
			d := birdInterval(st, 3)
			b.Value.Receive, b.Known = d.Value, d.Known
		case st.starts("min", "tx", "interval"):
			d := birdInterval(st, 3)
			b.Value.Transmit, b.Known = d.Value, d.Known
		case st.starts("multiplier"):
			n := sayCount(alone(st, 1), st.at)
			b.Value.Multiplier, b.Known = n.Value, n.Known
		}
		if !b.Known {
			return unread[Detection](st.at)
		}
	}
	return b
}

// birdInterval reads "N s", "N ms" or "N us".
func birdInterval(st statement, i int) Said[time.Duration] {
	d, err := time.ParseDuration(st.word(i) + st.word(i+1))
	if err != nil || len(st.words) != i+2 {
		return unread[time.Duration](st.at)
	}
	return said(d, st.at)
}

// birdFamily reads a channel.
func birdFamily(st statement) SessionFamily {
	f := SessionFamily{V6: st.word(0) == "ipv6"}
	for _, line := range st.block {
		if len(line.words) == 0 { // braces within braces
			continue
		}
		policy := strings.Join(line.words[1:], " ")
		if line.block != nil {
			policy = "a filter"
		}
		switch line.words[0] {
		case "import":
			if policy != "none" {
				f.Import = said(policy, line.at)
			}
		case "export":
			f.Export = said(policy, line.at)
		}
	}
	switch f.Export.Value {
	case "all":
		f.Passes = func(netip.Prefix) Said[bool] { return said(true, f.Export.At) }
	case "none", "":
		f.Passes = func(netip.Prefix) Said[bool] { return said(false, f.Export.At) }
	}
	return f
}

// birdProtocol is what a user's file says of a protocol that can originate
// routes.
type birdProtocol struct {
	kind, name string
	prefixes   []Said[netip.Prefix] // of static routes
	channels   []string
	interfaces []string // patterns, of a direct one; none: it takes all
	at         Place
}

// birdProtocols lists them. BIRD numbers those that have no name.
func birdProtocols(list []statement) []birdProtocol {
	var all []birdProtocol
	unnamed := make(map[string]int)
	for _, st := range list {
		if st.word(0) != "protocol" || st.word(1) != "static" && st.word(1) != "direct" {
			continue
		}
		p := birdProtocol{kind: st.word(1), name: st.word(2), at: st.at}
		if p.name == "" {
			unnamed[p.kind]++
			p.name = fmt.Sprintf("%s%d", p.kind, unnamed[p.kind])
		}
		for _, line := range st.block {
			switch line.word(0) {
			case "route":
				p.prefixes = addPrefix(p.prefixes, line.word(1), line.at)
			case "ipv4", "ipv6":
				p.channels = append(p.channels, line.word(0))
			case "interface":
				p.interfaces = append(p.interfaces, line.words[1:]...)
			}
		}
		all = append(all, p)
	}
	return all
}

// originate adds what the protocol gives to the neighbors, as far as their
// export says so plainly.
func (r *birdReader) originate(p birdProtocol) {
	for _, export := range r.exports {
		switch out := p.exported(export); {
		case out.Known && !out.Value:
			continue
		case !out.Known:
			r.Sources = append(r.Sources, unread[string](export.at))
			r.connects(p, out)
		case p.kind == "direct":
			r.Sources = append(r.Sources, said("connected", p.at))
			r.connects(p, out)
		default:
			r.Originated = append(r.Originated, p.prefixes...)
		}
		return
	}
}

// exported says whether a channel lets out what the protocol originates.
func (p birdProtocol) exported(export statement) Said[bool] {
	source := map[string]string{"static": "RTS_STATIC", "direct": "RTS_DEVICE"}[p.kind]
	switch policy := export.words[1:]; {
	case export.block != nil:
	case len(policy) == 1 && policy[0] == "all":
		return said(true, export.at)
	case len(policy) == 1 && policy[0] == "none":
		return said(false, export.at)
	case len(policy) == 4 && policy[0] == "where" && policy[1] == "source" && policy[2] == "=":
		return said(policy[3] == source, export.at)
	case len(policy) == 4 && policy[0] == "where" && policy[1] == "proto" && policy[2] == "=":
		return said(policy[3] == p.name, export.at)
	}
	return unread[bool](export.at)
}

// proofreading: "bird -p" reads its configuration and exits.
func (d bird) proofreading(path string) (*exec.Cmd, *regexp.Regexp, error) {
	program, err := d.find("bird")
	return exec.Command(program, "-p", "-c", path), birdRefused, err
}

var birdRefused = regexp.MustCompile(`(?m)^bird: (?P<file>\S+):(?P<line>\d+):\d+ (?P<text>.*)$`)
