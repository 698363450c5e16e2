package bgp

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"

	"anylab/topologies"
	"anylab/topologies/document"
)

// texts are the user's own files of a node: the configuration, which may include
// others, and what was named with it.
type texts struct {
	name, text string
	dir        string // of the configuration; empty: it is a text only
	named      []topologies.File
}

// textsOf reads the configuration.
func textsOf(path string, named []topologies.File) (texts, error) {
	text, err := document.ReadFile(path)
	if err != nil {
		return texts{}, fmt.Errorf("read the configuration: %w", err)
	}
	return texts{filepath.Base(path), string(text), filepath.Dir(path), named}, nil
}

// include finds what is included: a file that must be there, or what matches a
// glob, which may be nothing.
func (t texts) include(path string) ([]topologies.File, error) {
	if t.dir == "" {
		return nil, errors.New("a text has no files beside it")
	}
	if filepath.IsAbs(path) {
		return nil, fmt.Errorf("in a lab the file is not there; write its path relative to %s, and put it beside that", t.name)
	}
	files, err := topologies.FilesIn(t.dir, path)
	if len(files) == 0 && strings.ContainsAny(path, "*?[") && filepath.IsLocal(path) {
		return nil, nil
	}
	return files, err
}

// OwnFiles lists the user's own files of a node: the configuration comes first,
// then what goes with it, then what they include.
func OwnFiles(n topologies.Node) []topologies.File {
	return Config{File: n.Config, Files: n.Files}.ownFiles(n.Daemon)
}

func (c Config) ownFiles(daemon string) []topologies.File {
	if c.File == "" {
		return nil
	}
	list := append([]topologies.File{{Name: filepath.Base(c.File), Path: c.File}}, c.Files...)
	if r, err := readFile(daemon, c.File, c.Files); err == nil && r != nil {
		for _, f := range r.Included {
			if !slices.Contains(list, f) {
				list = append(list, f)
			}
		}
	}
	return list
}

// readFile reads the user's own files of a node.
func readFile(daemon, path string, named []topologies.File) (*Reading, error) {
	t, err := textsOf(path, named)
	if err != nil {
		return nil, err
	}
	return read(daemon, t), nil
}

// fit is a user's file beside the configuration that is derived from the
// topology: it is used as it is, so it has to fit.
type fit struct {
	*Reading
	c      Config
	daemon string
}

// checkFile says where the user's file does not fit.
func checkFile(daemon string, c Config) error {
	r, err := readFile(daemon, c.File, c.Files)
	if err != nil || r == nil {
		return err
	}
	if misfits := (fit{r, c, daemon}).misfits(); len(misfits) > 0 {
		return fmt.Errorf("%v", misfits[0])
	}
	return nil
}

// misfits are why the file can't be used in the lab, in its lines' order.
func (f fit) misfits() []Remark {
	list := slices.Clone(f.Refused)
	if f.AS.Known && f.AS.Value != f.c.ASN {
		list = append(list, Remark{f.AS.At, fmt.Sprintf("AS %d, but in the topology %s is in AS %d", f.AS.Value, f.c.Node, f.c.ASN)})
	}
	for _, a := range f.Addresses {
		if why := f.foreign(a.Value); why != "" {
			list = append(list, Remark{a.At, why})
		}
	}
	missing := f.missing()
	for _, s := range f.Sessions {
		if why := f.session(s, len(missing) > 0); why.Text != "" {
			list = append(list, why)
		}
	}
	for _, n := range missing {
		list = append(list, Remark{Place{File: f.File}, fmt.Sprintf("no session with %s, which is %s at the other end of %s", n.named(), n.Node, n.on()) + f.foreignTo()})
	}
	slices.SortStableFunc(list, func(a, b Remark) int { return cmp.Compare(line(a), line(b)) })
	return list
}

// foreignTo adds what is known of a file in which the daemon finds no session at all.
func (f fit) foreignTo() string {
	if len(f.Sessions) > 0 {
		return ""
	}
	var others []string
	for _, other := range Names() {
		if r, err := readFile(other, f.c.File, f.c.Files); err == nil && r != nil && len(r.Sessions) > 0 {
			others = append(others, "`daemon: "+other+"`")
		}
	}
	text := fmt.Sprintf(": %s finds none in this file", f.daemon)
	if len(others) > 0 {
		text += ", which reads like one for " + strings.Join(others, " or ")
	}
	return text
}

// line puts what is about the whole file last.
func line(r Remark) int { return cmp.Or(r.At.Line, 1<<30) }

// missing lists the links over which the file has no session.
func (f fit) missing() []Neighbor {
	return slices.DeleteFunc(slices.Clone(f.c.Neighbors), func(n Neighbor) bool {
		_, ok := f.With(n.Remote)
		return ok
	})
}

// foreign says why an address can't be the node's own.
func (f fit) foreign(a netip.Addr) string {
	var own []string
	for _, n := range f.c.Neighbors {
		if n.Local == a {
			return ""
		}
		own = append(own, n.Local.String())
	}
	return fmt.Sprintf("%s has no address %s, only %s; give it to a link in the topology: `to: {%s: {%s: %s}}`",
		f.c.Node, a, document.Some(own), f.c.Node, addressKey(a), suggested(a))
}

// session says why there can be no such session. One with nobody in the lab
// stays down, which is no harm as long as each link has its own.
func (f fit) session(s Session, missing bool) Remark {
	i := slices.IndexFunc(f.c.Neighbors, func(n Neighbor) bool {
		with, _ := f.With(n.Remote)
		return with.At == s.At
	})
	switch {
	case i < 0 && s.Interface != "":
		return f.numbered(s, missing)
	case i < 0 && missing && s.Neighbor.IsValid():
		return Remark{s.At, f.nowhere(s.Neighbor)}
	case i < 0:
		return Remark{}
	}
	n := f.c.Neighbors[i]
	switch {
	case s.AS.Known && s.AS.Value != n.ASN:
		return Remark{s.AS.At, fmt.Sprintf("neighbor %s in AS %d, but in the topology that is %s in AS %d", n.named(), s.AS.Value, n.Node, n.ASN)}
	case n.BFD != nil && s.BFD.Known && s.BFD.Value.Multiplier == 0:
		at := s.At
		if s.BFD.Written() {
			at = s.BFD.At
		}
		return Remark{at, fmt.Sprintf("neighbor %s has no BFD, but in the topology %s has: say `bfd: none` there, or have it here", n.named(), n.on())}
	}
	return Remark{}
}

// named is what a file calls the neighbor by: its address, or the interface that leads to
// it where that is link-local.
func (n Neighbor) named() string {
	if n.Unnumbered() {
		return n.Dev
	}
	return n.Remote.String()
}

// numbered: an unnumbered session needs an unnumbered link.
func (f fit) numbered(s Session, missing bool) Remark {
	var all []string
	for _, n := range f.c.Neighbors {
		if n.Dev == s.Interface {
			return Remark{s.At, fmt.Sprintf("neighbor %s is an unnumbered session, but %s has addresses: say `unnumbered: true` there", s.Name, n.on())}
		}
		if n.Unnumbered() {
			all = append(all, n.Dev+" ("+n.Node+")")
		}
	}
	if missing && len(all) > 0 {
		return Remark{s.At, fmt.Sprintf("no unnumbered link of %s has the interface %s, only %s; name it in the topology: `endpoints: [NODE, \"%s:%s\"]`",
			f.c.Node, s.Interface, document.Some(all), f.c.Node, s.Interface)}
	}
	return Remark{}
}

func (f fit) nowhere(a netip.Addr) string {
	if len(f.c.Neighbors) == 0 {
		return "the node has no link to a speaker"
	}
	var far []string
	for _, n := range f.c.Neighbors {
		far = append(far, n.Remote.String()+" ("+n.Node+")")
	}
	return fmt.Sprintf("no link of %s leads to %s, only to %s; give it to a link in the topology: `to: {NODE: {%s: %s}}`",
		f.c.Node, a, document.Some(far), addressKey(a), suggested(a))
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

// userFiles are the user's files as some of the daemon's own, so that they are
// copied like those: the configuration, which gets the name, comes first.
func userFiles(daemon string, c Config, name string) ([]file, error) {
	var files []file
	for _, f := range c.ownFiles(daemon) {
		text, err := document.ReadFile(f.Path)
		if err != nil {
			return nil, fmt.Errorf("read the configuration: %w", err)
		}
		files = append(files, file{f.Name, string(text)})
	}
	files[0].name = name
	return files, nil
}

// originate lists what a daemon has to be told to announce at its start. A
// user's own file says that itself.
func (c Config) originate() []netip.Prefix {
	if c.File != "" && !c.Restarting {
		return nil
	}
	return c.Originate
}
