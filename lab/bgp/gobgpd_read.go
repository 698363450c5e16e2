package bgp

import (
	"bytes"
	"fmt"
	"net/netip"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2/unstable"

	"anylab/topologies/document"
)

// gobgpdSettings are the settings of a file, in any of its languages, by their
// paths, with an index in each list: neighbors.0.config.peer-as.
type gobgpdSettings map[string]Said[string]

// GoBGP's own timers (its internal/pkg/config/default.go).
const (
	gobgpdHold  = 90 * time.Second
	gobgpdRetry = 120 * time.Second
	gobgpdIdle  = 30 * time.Second // idle-hold-time-after-reset
)

func (gobgpd) read(t texts) *Reading {
	r := &Reading{File: t.name}
	settings, bad := gobgpdRead(t.name, t.text)
	if bad.Text != "" {
		r.Refused = append(r.Refused, bad)
		return r
	}
	r.AS = sayAS(settings["global.config.as"].Value, settings["global.config.as"].At)
	r.RouterID = sayAddr(settings["global.config.router-id"].Value, settings["global.config.router-id"].At)
	if zebra := settings["zebra.config.enabled"]; zebra.Value == "true" {
		r.Refused = append(r.Refused, Remark{zebra.At, "a lab runs no zebra beside gobgpd"})
	}
	for i := range settings.count("neighbors") {
		r.Sessions = append(r.Sessions, settings.session(r, fmt.Sprintf("neighbors.%d.", i)))
	}
	if settings.count("dynamic-neighbors") > 0 {
		at := settings["dynamic-neighbors.0.config.prefix"].At
		r.Refused = append(r.Refused, Remark{at, "a lab's sessions are those of its links, so they need an address each"})
	}
	return r
}

// count is the length of a list.
func (g gobgpdSettings) count(list string) int {
	n := 0
	for path := range g {
		if rest, ok := strings.CutPrefix(path, list+"."); ok {
			index, _, _ := strings.Cut(rest, ".")
			if i, err := strconv.Atoi(index); err == nil {
				n = max(n, i+1)
			}
		}
	}
	return n
}

// of returns the setting of the neighbor, else that of its group.
func (g gobgpdSettings) of(neighbor, group, path string) Said[string] {
	if s := g[neighbor+path]; s.Known {
		return s
	}
	return g[group+path]
}

// group returns where the settings of the group called name stand.
func (g gobgpdSettings) group(name string) string {
	for i := range g.count("peer-groups") {
		if at := fmt.Sprintf("peer-groups.%d.", i); g[at+"config.peer-group-name"].Value == name {
			return at
		}
	}
	return "none."
}

func (g gobgpdSettings) session(r *Reading, at string) Session {
	addr := g[at+"config.neighbor-address"]
	s := Session{At: addr.At, Name: addr.Value, Group: g[at+"config.peer-group"], BFD: byDefault(Detection{}),
		Hold: byDefault(gobgpdHold), Retry: byDefault(gobgpdRetry), Idle: byDefault(gobgpdIdle), Restart: byDefault(time.Duration(0))}
	s.Neighbor, _ = netip.ParseAddr(addr.Value)
	group := g.group(s.Group.Value)
	of := func(path string) Said[string] { return g.of(at, group, path) }
	if as := of("config.peer-as"); as.Known {
		s.AS = sayAS(as.Value, as.At)
	}
	if dev := of("config.neighbor-interface"); dev.Known {
		s.Interface, s.Name, s.At = dev.Value, dev.Value, dev.At
	}
	if local := of("transport.config.local-address"); local.Known {
		if s.Local = sayAddr(local.Value, local.At); s.Local.Known {
			r.Addresses = append(r.Addresses, s.Local)
		}
	}
	for path, into := range map[string]*Said[time.Duration]{
		"timers.config.hold-time": &s.Hold, "timers.config.keepalive-interval": &s.Keepalive,
		"timers.config.connect-retry": &s.Retry, "timers.config.idle-hold-time-after-reset": &s.Idle,
	} {
		if v := of(path); v.Known {
			*into = saySeconds(v.Value, v.At)
		}
	}
	if s.Idle.Written() {
		r.Ignored = append(r.Ignored, Remark{s.Idle.At, "gobgpd 3.10 idles for 30 s after a reset, whatever this says; later versions follow it"})
	}
	if !s.Keepalive.Written() && s.Hold.Known {
		s.Keepalive = byDefault(s.Hold.Value / 3)
	}
	s.Helps = byDefault(false)
	if on := of("graceful-restart.config.enabled"); on.Value == "true" {
		s.Helps = said(true, on.At)
		if s.Restart = said(s.Hold.Value, on.At); !s.Hold.Known {
			s.Restart = unread[time.Duration](on.At)
		}
		if v := of("graceful-restart.config.restart-time"); v.Known {
			s.Restart = saySeconds(v.Value, v.At)
		}
	}
	if v := of("config.auth-password"); v.Known {
		s.Password = v
	}
	s.Families = g.families(at, s.Neighbor.Is6())
	return s
}

// families are those that are listed, else that of the address.
func (g gobgpdSettings) families(at string, v6 bool) []SessionFamily {
	var list []SessionFamily
	for i := range g.count(at + "afi-safis") {
		switch g[fmt.Sprintf("%safi-safis.%d.config.afi-safi-name", at, i)].Value {
		case "ipv4-unicast":
			list = append(list, SessionFamily{})
		case "ipv6-unicast":
			list = append(list, SessionFamily{V6: true})
		}
	}
	if list == nil {
		return []SessionFamily{{V6: v6}}
	}
	return list
}

// gobgpdRead reads a file in the language that its name tells.
func gobgpdRead(name, text string) (gobgpdSettings, Remark) {
	g := gobgpdSettings{}
	if format(filepath.Base(name)) == "toml" {
		return g, g.toml(name, []byte(text))
	}
	d, err := document.Parse(name, []byte(text))
	if err != nil {
		return g, Remark{Place{File: name}, err.Error()}
	}
	g.yaml(name, "", d.Root())
	return g, Remark{}
}

func (g gobgpdSettings) yaml(file, path string, r document.Raw) {
	if text, ok := r.Scalar(); ok {
		g[path] = said(text, Place{file, r.Line()})
		return
	}
	if path != "" {
		path += "."
	}
	for _, key := range r.Keys() {
		g.yaml(file, path+key, r.Value(key))
	}
	if r.IsList() {
		for i, item := range r.Items() {
			g.yaml(file, path+strconv.Itoa(i), item)
		}
	}
}

// toml reads tables and lists of tables.
func (g gobgpdSettings) toml(file string, text []byte) Remark {
	var p unstable.Parser
	p.Reset(text)
	lists := map[string]int{} // how many elements each has, by its path with the indexes of those around it
	table := ""
	for p.NextExpression() {
		e := p.Expression()
		keys, at := tomlKey(e, &p, text)
		switch e.Kind {
		case unstable.Table:
			table = tomlPath(lists, keys, false)
		case unstable.ArrayTable:
			table = tomlPath(lists, keys, true)
		case unstable.KeyValue:
			g.tomlValue(Place{file, at}, table+strings.Join(keys, "."), e.Value())
		}
	}
	if err := p.Error(); err != nil {
		line := 1
		if bad, ok := err.(*unstable.ParserError); ok { //nolint:errorlint // it comes as it is
			line += bytes.Count(text[:p.Range(bad.Highlight).Offset], []byte("\n"))
		}
		return Remark{Place{file, line}, "this is no TOML: " + err.Error()}
	}
	return Remark{}
}

func tomlKey(e *unstable.Node, p *unstable.Parser, text []byte) (keys []string, line int) {
	for it := e.Key(); it.Next(); {
		n := it.Node()
		if line == 0 {
			line = 1 + bytes.Count(text[:p.Range(n.Data).Offset], []byte("\n"))
		}
		keys = append(keys, string(n.Data))
	}
	return keys, line
}

// tomlPath is where a table's settings stand. Of a list, the last element is meant.
func tomlPath(lists map[string]int, keys []string, another bool) string {
	path := ""
	for i, key := range keys {
		path += key
		if another && i == len(keys)-1 {
			lists[path]++
		}
		if n := lists[path]; n > 0 {
			path += "." + strconv.Itoa(n-1)
		}
		path += "."
	}
	return path
}

func (g gobgpdSettings) tomlValue(at Place, path string, v *unstable.Node) {
	switch v.Kind {
	case unstable.InlineTable:
		for it := v.Children(); it.Next(); {
			n := it.Node()
			var keys []string
			for k := n.Key(); k.Next(); {
				keys = append(keys, string(k.Node().Data))
			}
			g.tomlValue(at, path+"."+strings.Join(keys, "."), n.Value())
		}
	case unstable.Array:
		i := 0
		for it := v.Children(); it.Next(); i++ {
			g.tomlValue(at, path+"."+strconv.Itoa(i), it.Node())
		}
	default:
		g[path] = said(string(v.Data), at)
	}
}

// proofreading: a dry run. It names settings, not lines.
func (d gobgpd) proofreading(path string) (*exec.Cmd, *regexp.Regexp, error) {
	program, err := d.find("gobgpd")
	return exec.Command(program, "-d", "-p", "-f", path, "-t", format(filepath.Base(path))), gobgpdRefused, err
}

var gobgpdRefused = regexp.MustCompile(`(?m)Can't read config file .*?Error=(?P<text>"(?:[^"\\]|\\.)*")`)
