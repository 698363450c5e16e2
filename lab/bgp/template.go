package bgp

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"text/template"
	"time"

	"anylab/lab"
	"anylab/topologies"
)

//go:embed templates
var templateFiles embed.FS

var templates = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"seconds":    func(d time.Duration) int64 { return int64(d / time.Second) },
		"ms":         func(d time.Duration) int64 { return d.Milliseconds() },
		"bfdOptions": bfdOptions,

		"half":    func(c topologies.Community, i int) uint32 { return halves([]uint32{uint32(c)})[0][i] },
		"minutes": func(d time.Duration) int64 { return int64(d / time.Minute) },

		"multihopTTL": func() int { return multihopTTL },
	}).ParseFS(templateFiles, "templates/*"))
})

// exactly writes a time in the largest of two units that has it whole.
func exactly(d time.Duration) string {
	if d%time.Millisecond == 0 {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%d us", d.Microseconds())
}

// render fills a template in.
func render(name string, c any) (string, error) {
	var text bytes.Buffer
	if err := templates().ExecuteTemplate(&text, name, c); err != nil {
		return "", fmt.Errorf("generate configuration: %w", err)
	}
	return text.String(), nil
}

// leastRetry is the least that daemons can be told.
const leastRetry = time.Second

// Retry is how long lies between two attempts to connect: as little as daemons can be
// told, unless the topology says otherwise.
func (n Neighbor) Retry() time.Duration { return cmp.Or(n.ConnectRetry, leastRetry) }

// Families says, for each address family of the sessions, whether it is IPv6;
// IPv4 comes first. Templates ask.
func (c Config) Families() []bool {
	var v []bool
	for _, v6 := range []bool{false, true} {
		if slices.ContainsFunc(c.Neighbors, func(n Neighbor) bool { return n.Carries(v6) }) {
			v = append(v, v6)
		}
	}
	return v
}

// Of returns the neighbors whose sessions carry an address family.
func (c Config) Of(v6 bool) []Neighbor {
	return slices.DeleteFunc(slices.Clone(c.Neighbors), func(n Neighbor) bool { return !n.Carries(v6) })
}

// ConnectedOf returns the prefixes of one address family that are announced
// while their interface is up.
func (c Config) ConnectedOf(v6 bool) []netip.Prefix { return ofFamily(c.Connected, v6) }

// Restarts says whether any session has graceful restart.
func (c Config) Restarts() time.Duration {
	var longest time.Duration
	for _, n := range c.Neighbors {
		longest = max(longest, n.Restart)
	}
	return longest
}

// LongLived is the longest Long-lived Stale Time of the sessions.
func (c Config) LongLived() time.Duration {
	var longest time.Duration
	for _, n := range c.Neighbors {
		longest = max(longest, n.LongLived)
	}
	return longest
}

// BFDs returns a session of each interface that has BFD.
func (c Config) BFDs() []Neighbor {
	var list []Neighbor
	for _, n := range c.Neighbors {
		if n.BFD != nil && !slices.ContainsFunc(list, func(o Neighbor) bool { return o.Dev == n.Dev }) {
			list = append(list, n)
		}
	}
	return list
}

// Hops returns the sessions of one address family with a router in between.
func (c Config) Hops(v6 bool) []Neighbor {
	return slices.DeleteFunc(c.Of(v6), func(n Neighbor) bool { return !n.Hop })
}

// AddPaths says which way all paths go: "send", "receive", "send/receive", or empty.
func (n Neighbor) AddPaths() string {
	switch {
	case n.Sends.AddPath && n.Hears.AddPath:
		return "send/receive"
	case n.Sends.AddPath:
		return "send"
	case n.Hears.AddPath:
		return "receive"
	}
	return ""
}

// V6 says whether the session's addresses are of IPv6.
func (n Neighbor) V6() bool { return n.Remote.Is6() }

// Carries says whether the session carries the family's routes.
func (n Neighbor) Carries(v6 bool) bool { return slices.Contains(n.Families, v6) }

// Address is the far end's, without the interface that it is behind.
func (n Neighbor) Address() netip.Addr { return n.Remote.WithZone("") }

// Peer is what FRR calls the far end by: its address, or the interface of
// an unnumbered session.
func (n Neighbor) Peer() string {
	if n.Unnumbered() {
		return n.Dev
	}
	return n.Remote.String()
}

// Hops is how many links a session's packets cross.
func (n Neighbor) Hops() int {
	if n.Hop {
		return 2
	}
	return 1
}

// LeastTTL is what they leave of the highest TTL (RFC 5082 section 3).
func (n Neighbor) LeastTTL() int { return 256 - n.Hops() }

// multihopTTL lets the packets of a session pass the one hop of a link.
const multihopTTL = 2

// file is one of a daemon's configuration files.
type file struct{ name, text string }

// generate fills templates in: each file's is called like it, with ".tmpl".
func generate(c any, names ...string) ([]file, error) {
	var files []file
	for _, name := range names {
		text, err := render(name+".tmpl", c)
		if err != nil {
			return nil, err
		}
		files = append(files, file{name, text})
	}
	return files, nil
}

// writeFiles writes all of a daemon's files.
func writeFiles(n *lab.Node, files []file) error {
	for _, f := range files {
		if _, err := writeFile(n, f.name, f.text); err != nil {
			return err
		}
	}
	return nil
}

// writeFile writes a file of the daemon's into the node's private directory,
// with a copy among the logs, and returns its path.
func writeFile(n *lab.Node, name, text string) (string, error) {
	path := filepath.Join(n.Dir(), name)
	if err := n.Furnish(func() error { return replaceFile(path, text) }); err != nil {
		return "", err
	}
	if n.LogDir() == "" {
		return path, nil
	}
	return path, replaceFile(filepath.Join(n.LogDir(), name), text)
}

// replaceFile replaces a file in one step. Some daemons insist that nobody
// else can read their configuration.
func replaceFile(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	next := path + ".new"
	if err := os.WriteFile(next, []byte(text), 0o600); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	if err := os.Rename(next, path); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	return nil
}

// ofFamily returns the prefixes of one address family.
func ofFamily(all []netip.Prefix, v6 bool) []netip.Prefix {
	return slices.DeleteFunc(slices.Clone(all), func(p netip.Prefix) bool { return p.Addr().Is6() != v6 })
}
