package bgp

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// grammar is as much of a daemon's configuration language as is needed to see
// whether a user's file fits into the topology. Each pattern's first group is
// what it is about; remote is about the neighbor that was named last.
type grammar struct {
	comment  *regexp.Regexp // from here to the end of the line
	own      *regexp.Regexp // the own AS
	neighbor *regexp.Regexp // an address of a neighbor
	remote   *regexp.Regexp // its AS
	local    *regexp.Regexp // an own address
	begin    *regexp.Regexp // a neighbor whose address and AS follow in any order; nil: the address comes first
	define   *regexp.Regexp // a name for a value, its second group
	sigil    string         // before a name that is used
	refused  []refusal
}

// refusal is a statement that no lab can honour.
type refusal struct {
	statement *regexp.Regexp
	because   string
}

// oneFile is why a statement is refused that includes other files.
const oneFile = "only one file is taken: put what is included into it"

// A reader is a Driver that understands the user's own files.
type reader interface {
	// grammar is compiled when a file is read: the speakers, which are this
	// program as well, have no use for it.
	grammar() grammar
}

// claim is something that a user's file expects of the topology.
type claim struct {
	line   int
	local  netip.Addr // of an own address
	remote netip.Addr // of a neighbor
	asn    uint32     // of the neighbor if remote is valid, else the own; 0: not said
}

// read collects what the file expects.
func (g grammar) read(name, text string) ([]claim, error) {
	r := fileReader{grammar: g, values: make(map[string]string)}
	for i, line := range strings.Split(text, "\n") {
		if g.comment != nil {
			if at := g.comment.FindStringIndex(line); at != nil {
				line = line[:at[0]]
			}
		}
		for _, refused := range g.refused {
			if refused.statement.MatchString(line) {
				return nil, fmt.Errorf("%s:%d: %q: %s", name, i+1, strings.TrimSpace(line), refused.because)
			}
		}
		r.read(i+1, r.expand(line))
	}
	return r.claims, nil
}

// fileReader reads a file line by line.
type fileReader struct {
	grammar
	values map[string]string // of names
	claims []claim
	last   netip.Addr // the neighbor that the lines are about
	asn    uint32     // of a neighbor whose address is still to come
}

// expand puts values in place of names.
func (r *fileReader) expand(line string) string {
	if r.define == nil {
		return line
	}
	if m := r.define.FindStringSubmatch(line); m != nil {
		r.values[r.sigil+m[1]] = m[2]
		return line
	}
	return word.ReplaceAllStringFunc(line, func(w string) string {
		if value, ok := r.values[w]; ok {
			return value
		}
		return w
	})
}

var word = regexp.MustCompile(`\$?\b\w+\b`)

func (r *fileReader) read(at int, line string) {
	if r.begin != nil && r.begin.MatchString(line) {
		r.last, r.asn = netip.Addr{}, 0
	}
	if a := addrIn(r.neighbor, line); a.IsValid() {
		r.last = a
		r.claims = append(r.claims, claim{line: at, remote: a, asn: r.asn})
	}
	if a := addrIn(r.local, line); a.IsValid() {
		r.claims = append(r.claims, claim{line: at, local: a})
	}
	switch n := numberIn(r.remote, line); {
	case n != 0 && r.last.IsValid():
		r.claims = append(r.claims, claim{line: at, remote: r.last, asn: n})
	case n != 0:
		r.asn = n
	}
	if n := numberIn(r.own, line); n != 0 {
		r.claims = append(r.claims, claim{line: at, asn: n})
	}
}

func addrIn(pattern *regexp.Regexp, line string) netip.Addr {
	if pattern == nil {
		return netip.Addr{}
	}
	m := pattern.FindStringSubmatch(line)
	if m == nil {
		return netip.Addr{}
	}
	a, _ := netip.ParseAddr(m[1]) // invalid if it is a name
	return a
}

func numberIn(pattern *regexp.Regexp, line string) uint32 {
	m := pattern.FindStringSubmatch(line)
	if m == nil {
		return 0
	}
	n, _ := strconv.ParseUint(m[1], 10, 32) // 0 if it is too large, which no AS has
	return uint32(n)
}

// checkFile says where the user's file does not fit the configuration that is
// derived from the topology: it is used as it is, so it has to.
func checkFile(d Driver, c Config) error {
	r, ok := d.(reader)
	if !ok {
		return nil
	}
	text, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	name := filepath.Base(c.File)
	claims, err := r.grammar().read(name, string(text))
	if err != nil {
		return err
	}
	for _, claim := range claims {
		if err := claim.fits(c); err != nil {
			return fmt.Errorf("%s:%d: %w", name, claim.line, err)
		}
	}
	for _, n := range c.Neighbors {
		if !slices.ContainsFunc(claims, func(c claim) bool { return c.remote == n.Remote }) {
			return fmt.Errorf("%s: no session with %s, which is %s at the other end of link %s", name, n.Remote, n.Node, n.Link)
		}
	}
	return nil
}

func (c claim) fits(in Config) error {
	switch {
	case c.local.IsValid():
		return c.fitsLocal(in)
	case c.remote.IsValid():
		return c.fitsRemote(in)
	case c.asn != in.ASN:
		return fmt.Errorf("AS %d, but in the topology %s is in AS %d", c.asn, in.Node, in.ASN)
	}
	return nil
}

func (c claim) fitsLocal(in Config) error {
	var own []string
	for _, n := range in.Neighbors {
		if n.Local == c.local {
			return nil
		}
		own = append(own, n.Local.String())
	}
	return fmt.Errorf("%s has no address %s, only %s; give it to a link in the topology: `to: {%s: {%s: %s}}`",
		in.Node, c.local, strings.Join(own, ", "), in.Node, addressKey(c.local), suggested(c.local))
}

func (c claim) fitsRemote(in Config) error {
	var far []string
	for _, n := range in.Neighbors {
		if n.Remote != c.remote {
			far = append(far, n.Remote.String()+" ("+n.Node+")")
			continue
		}
		if c.asn != 0 && c.asn != n.ASN {
			return fmt.Errorf("neighbor %s in AS %d, but in the topology that is %s in AS %d", c.remote, c.asn, n.Node, n.ASN)
		}
		return nil
	}
	if len(far) == 0 {
		return errors.New("the node has no link to a speaker")
	}
	return fmt.Errorf("no link of %s leads to %s, only to %s; give it to a link in the topology: `to: {NODE: {%s: %s}}`",
		in.Node, c.remote, strings.Join(far, ", "), addressKey(c.remote), suggested(c.remote))
}

// addressKey is the topology's key for an address of a link's end.
func addressKey(a netip.Addr) string {
	if a.Is6() {
		return "address6"
	}
	return "address"
}

// suggested is the address with the usual prefix length of a link.
func suggested(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, a.BitLen()-1) }

// userFile reads the user's file, as one of the daemon's own files of that
// name, so that it is copied like those.
func userFile(c Config, name string) ([]file, error) {
	text, err := os.ReadFile(c.File)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	return []file{{name, string(text)}}, nil
}

// originate lists what a daemon has to be told to announce at its start. A
// user's own file says that itself.
func (c Config) originate() []netip.Prefix {
	if c.File != "" && !c.Restarting {
		return nil
	}
	return c.Originate
}
