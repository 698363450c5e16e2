package bgp

import (
	"cmp"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"anylab/topologies"
	"anylab/topologies/document"
)

// frrReader reads FRR's integrated file, line by line: what a line means depends
// on the block that it stands in.
type frrReader struct {
	*Reading
	at     Place
	block  string // router, route-map, profile, peer, or empty
	name   string // of the block
	family string // of the address family in it: ipv4, ipv6, or another

	version   [2]int // of "frr version"; zero: none
	modern    bool   // frr defaults datacenter
	policies  Said[bool]
	activated Said[bool] // IPv4 without a word
	shut      Said[bool] // sessions without a word
	timers    [2]Said[time.Duration]
	restart   Said[bool]
	disabled  Said[bool] // graceful restart, of others as well
	restarts  Said[time.Duration]
	peers     []*frrPeer
	profiles  map[string]*frrWatch
	bfdPeers  map[string]*frrWatch
	maps      map[string][]*frrMapEntry
	lists     map[string][]frrListEntry
	used      []frrUse
	networks  []frrNetwork
	routes    []Said[netip.Prefix] // static ones
	static    []connection         // where these are redistributed
}

// frrPeer is a neighbor or a peer group.
type frrPeer struct {
	name     string
	at       Place
	group    bool                // it is one
	settings map[string]frrWords // those that stand outside of an address family
	families map[string]map[string]frrWords
}

// frrWords are what follows the name of a setting; nil words: it is taken back.
type frrWords struct {
	words []string
	at    Place
}

// frrWatch is a BFD profile, or a session of bfdd's own.
type frrWatch struct {
	at        Place
	named     []string // the line that begins it
	values    map[string]Said[int]
	echo      bool // it sends them
	shutdown  bool
	inherited string
}

type frrMapEntry struct {
	permit  bool
	seq     int
	matches [][]string
	at      Place
}

type frrListEntry struct {
	permit bool
	any    bool
	prefix netip.Prefix
	ge, le int
	seq    int
}

// frrUse is where something is named that must be defined.
type frrUse struct {
	kind, name string
	at         Place
	what       string // it does there
}

type frrNetwork struct {
	prefix Said[netip.Prefix]
	policy string
}

func (frr) read(t texts) *Reading {
	r := &frrReader{
		Reading:  &Reading{File: t.name},
		profiles: map[string]*frrWatch{}, bfdPeers: map[string]*frrWatch{},
		maps: map[string][]*frrMapEntry{}, lists: map[string][]frrListEntry{},
	}
	for _, f := range t.named {
		r.split(f)
	}
	r.text(t.name, t.text)
	r.finish()
	return r.Reading
}

// split reads a file of one daemon.
func (r *frrReader) split(f topologies.File) {
	base := filepath.Base(f.Name)
	text, err := document.ReadFile(f.Path)
	switch {
	case slices.Contains(frrSplit, base) && err == nil:
		r.text(f.Name, string(text))
	case filepath.Ext(base) == ".conf" && base != "vtysh.conf":
		r.Ignored = append(r.Ignored, Remark{Place{File: f.Name}, "of no daemon that a lab runs: " + frrRun})
	}
}

func (r *frrReader) text(name, text string) {
	r.leave("end")
	for i, line := range strings.Split(text, "\n") {
		r.at = Place{name, i + 1}
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "!") || strings.HasPrefix(words[0], "#") {
			continue
		}
		r.climb(words)
		r.line(frrUnabridged(r.block, words))
	}
}

// frrRun is which daemons there are.
const frrRun = "a lab runs zebra, staticd, bfdd and bgpd only"

// frrBlocks begin blocks; whatever else stands at the top ends the one before.
var frrTop = []string{"interface", "route-map", "router", "bfd", "vrf", "line", "hostname", "log", "frr", "password", "ip", "ipv6", "service", "end"}

// frrFile is around all blocks.
const frrFile = ""

// frrOuter is which block is around another.
var frrOuter = map[string]string{"profile": "bfd", "peer": "bfd", "bfd": frrFile, "router": frrFile, "route-map": frrFile}

// climb leaves the blocks that a line is none of: like vtysh, for the nearest around
// them that has it.
func (r *frrReader) climb(words []string) {
	if r.family != "" && frrClimbs("family", "router", words) {
		r.family = ""
	}
	for outer, ok := frrOuter[r.block]; ok; outer, ok = frrOuter[outer] {
		begins := outer != frrFile || slices.Contains(frrTop, frrWord(words[0], frrVocabulary[frrFile]))
		if begins && frrClimbs(r.block, outer, words) {
			r.block = outer
			return
		}
	}
}

// line reads one line that is no comment.
func (r *frrReader) line(words []string) {
	inBlock := r.block == "router" && (words[0] == "ip" || words[0] == "ipv6") // no statement of a router's begins so
	switch {
	case words[0] == "exit" || words[0] == "end" || words[0] == "exit-vrf":
		r.leave(words[0])
	case words[0] == "exit-address-family":
		r.family = ""
	case r.block == "" || inBlock || slices.Contains(frrTop, words[0]):
		r.block, r.name, r.family = "", "", ""
		r.top(words)
	case r.block == "router":
		r.router(words)
	case r.block == "route-map":
		r.routeMap(words)
	case r.block == "bfd":
		r.bfd(words)
	case r.block == "profile" || r.block == "peer":
		r.detection(words)
	}
}

// leave leaves the innermost block.
func (r *frrReader) leave(word string) {
	switch {
	case word == "exit" && r.family != "":
		r.family = ""
	case word == "exit" && (r.block == "profile" || r.block == "peer"):
		r.block = "bfd"
	default:
		r.block, r.name, r.family = "", "", ""
	}
}

func (r *frrReader) top(words []string) {
	st := statement{words: words}
	switch {
	case st.starts("frr", "version"):
		major, rest, _ := strings.Cut(st.word(2), ".")
		minor, _, _ := strings.Cut(rest, ".")
		r.version[0], _ = strconv.Atoi(major)
		r.version[1], _ = strconv.Atoi(minor)
	case st.starts("frr", "defaults"):
		r.modern = st.word(2) == "datacenter"
	case st.starts("log", "file"):
		r.Logs = append(r.Logs, said(st.word(2), r.at))
	case st.starts("ip", "route") || st.starts("ipv6", "route"):
		r.Static, r.routes = true, addPrefix(r.routes, st.word(2), r.at)
	case st.starts("router", "bgp"):
		r.routerBGP(st)
	case words[0] == "router":
		r.Ignored = append(r.Ignored, Remark{r.at, fmt.Sprintf("%q has no effect: %s", st.text(), frrRun)})
		r.block = "ignored"
	case words[0] == "vrf":
		r.refuse(st, "a lab has no VRFs")
		r.block = "vrf"
	case words[0] == "route-map" && len(words) > 3:
		seq, _ := strconv.Atoi(words[3])
		r.block, r.name = "route-map", words[1]
		r.maps[r.name] = append(r.maps[r.name], &frrMapEntry{permit: words[2] == "permit", seq: seq, at: r.at})
	case words[0] == "bfd":
		r.block = "bfd"
	case words[0] == "interface":
		r.block = "interface"
	case st.word(1) == "prefix-list":
		r.prefixList(st)
	}
}

func (r *frrReader) refuse(st statement, because string) {
	r.Refused = append(r.Refused, Remark{r.at, fmt.Sprintf("%q: %s", st.text(), because)})
}

// prefixList reads an entry of a prefix list.
func (r *frrReader) prefixList(st statement) {
	e := frrListEntry{}
	rest := st.words[2:]
	if len(rest) < 3 {
		return
	}
	name := st.word(0) + " " + rest[0]
	rest = rest[1:]
	if rest[0] == "seq" && len(rest) > 3 {
		e.seq, _ = strconv.Atoi(rest[1])
		rest = rest[2:]
	}
	if rest[0] != "permit" && rest[0] != "deny" {
		return // a description
	}
	e.permit = rest[0] == "permit"
	e.any = rest[1] == "any"
	e.prefix, _ = netip.ParsePrefix(rest[1])
	for i := 2; i+1 < len(rest); i += 2 {
		n, _ := strconv.Atoi(rest[i+1])
		switch rest[i] {
		case "ge":
			e.ge = n
		case "le":
			e.le = n
		}
	}
	r.lists[name] = append(r.lists[name], e)
	slices.SortStableFunc(r.lists[name], func(a, b frrListEntry) int { return cmp.Compare(a.seq, b.seq) })
}

func (r *frrReader) routeMap(words []string) {
	list := r.maps[r.name]
	switch entry := list[len(list)-1]; words[0] {
	case "match", "call", "on-match", "continue":
		entry.matches = append(entry.matches, words)
		if m := (statement{words: words}); m.starts("match") && m.word(2) == "address" && m.word(3) == "prefix-list" {
			r.used = append(r.used, frrUse{"prefix-list", m.word(1) + " " + m.word(4), r.at, "so the route map's entry matches nothing"})
		}
	}
}

func (r *frrReader) bfd(words []string) {
	if (words[0] != "profile" && words[0] != "peer") || len(words) < 2 {
		return
	}
	r.block, r.name = words[0], words[1]
	all := r.bfdPeers
	if words[0] == "profile" {
		all = r.profiles
	}
	if before := all[r.name]; before == nil || !slices.Equal(before.named, words) {
		all[r.name] = &frrWatch{at: r.at, named: words, values: map[string]Said[int]{}}
	}
}

func (r *frrReader) detection(words []string) {
	d := r.profiles[r.name]
	if r.block == "peer" {
		d = r.bfdPeers[r.name]
	}
	switch words[0] {
	case "detect-multiplier", "receive-interval", "transmit-interval":
		d.values[words[0]] = sayCount(statement{words: words}.word(1), r.at)
	case "echo-mode":
		d.echo = true
	case "echo": // transmit-interval N, or receive-interval N
		d.values["echo "+statement{words: words}.word(1)] = sayCount(statement{words: words}.word(2), r.at)
	case "echo-interval":
		interval := sayCount(statement{words: words}.word(1), r.at)
		d.values["echo transmit-interval"], d.values["echo receive-interval"] = interval, interval
	case "shutdown":
		d.shutdown = true
	case "profile":
		d.inherited = statement{words: words}.word(1)
	}
}
