package bgp

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"anylab/topologies"
	"anylab/topologies/document"
)

// Place is a line of a file; the zero value is none.
type Place struct {
	File string // its base name; of an included one, relative to the first
	Line int    // from 1
}

func (p Place) String() string { return fmt.Sprintf("%s:%d", p.File, p.Line) }

// Said is what a configuration says of one thing.
type Said[T any] struct {
	Value T
	Known bool  // false: what it is can't be told from the file, and Value means nothing
	At    Place // where it is said; zero: nowhere, and Value is the daemon's default
}

// said is a value that stands in the file.
func said[T any](v T, at Place) Said[T] { return Said[T]{Value: v, Known: true, At: at} }

// byDefault is a value that the daemon has of its own.
func byDefault[T any](v T) Said[T] { return Said[T]{Value: v, Known: true} }

// unread is a value that stands in the file in a form that isn't read.
func unread[T any](at Place) Said[T] { return Said[T]{At: at} }

// or returns the value that is said, else the other one.
func (s Said[T]) or(other Said[T]) Said[T] {
	if s.Known || s.At.Line > 0 {
		return s
	}
	return other
}

// Written says whether the file says anything of it.
func (s Said[T]) Written() bool { return s.At.Line > 0 }

// Remark is what there is to say about a line of a user's file.
type Remark struct {
	At   Place // Line is 0 where it is about the whole file
	Text string
}

func (r Remark) String() string {
	if r.At.Line == 0 {
		return r.At.File + ": " + r.Text
	}
	return r.At.String() + ": " + r.Text
}

// Reading is what a user's own configuration says, as far as it was read: it is
// no full parser's. What it does not name is not known.
type Reading struct {
	File       string // its base name
	AS         Said[uint32]
	RouterID   Said[netip.Addr]
	Addresses  []Said[netip.Addr] // of the node's own that it names
	Sessions   []Session
	Originated []Said[netip.Prefix] // what it announces by name
	Sources    []Said[string]       // what it announces without naming it: connected, static, kernel
	Scan       time.Duration        // how often the daemon looks at the conditions of its routes; 0: it has none
	Dampening  Said[bool]           // RFC 2439
	Static     bool                 // it has static routes
	Included   []topologies.File    // files that are read with it
	Logs       []Said[string]       // files that the daemon writes to
	Ignored    []Remark             // what has no effect in a lab
	Refused    []Remark             // what no lab can honour
	// Redistributed say of a prefix whether each source's policy lets it in.
	Redistributed []func(netip.Prefix) Said[bool]
	Connected     []connection
	Fixed         []Said[netip.Prefix] // its static routes that are announced without being named
	Doubts        []Remark             // what is likely to be a mistake
}

// Session is what the file says of a neighbor, with what it inherits.
type Session struct {
	At         Place
	Name       string     // as the file has it
	Neighbor   netip.Addr // invalid: it is not named by its address
	Interface  string     // of an unnumbered session
	Range      netip.Prefix
	Group      Said[string] // a peer group's, or a template's name
	AS         Said[uint32]
	Local      Said[netip.Addr]
	Hold       Said[time.Duration]
	Keepalive  Said[time.Duration] // while the negotiated hold time is Hold
	Retry      Said[time.Duration] // between attempts to connect
	Idle       Said[time.Duration] // how long it does not try after an error
	Restart    Said[time.Duration] // the Restart Time of RFC 4724; 0: no graceful restart of its own
	Helps      Said[bool]          // it keeps the routes of a neighbor that restarts
	BFD        Said[Detection]
	Password   Said[string] // of TCP MD5 (RFC 2385)
	Down       Place        // where it is kept down; Line is 0: nowhere
	GTSM       Place        // where only packets that come from next door are let in (RFC 5082); Line is 0: nowhere
	Families   []SessionFamily
	Unexported Said[string] // why nothing is announced to it; unknown: nothing speaks against
}

// SessionFamily is an address family of a session.
type SessionFamily struct {
	V6     bool
	Import Said[string] // the policy's name; unknown: it has none, or none that can be told
	Export Said[string]
	// Passes says whether the export policy lets a prefix through; nil: not known.
	Passes func(netip.Prefix) Said[bool]
	Admits func(netip.Prefix) Said[bool] // the same of the import policy
}

// Detection is how BFD watches a session; the zero value is: not at all.
type Detection struct {
	Multiplier        int // that the far end is told to count to
	Transmit, Receive time.Duration
	Echo              time.Duration // between the echo packets that it sends; 0: none
	EchoReceive       time.Duration // and between those that it sends back; 0: it sends none back
}

// A reader is a Driver that understands the user's own files.
type reader interface {
	read(texts) *Reading
}

// Read reads the user's own configuration of a daemon as far as it is
// understood; nil if the daemon takes none.
func Read(daemon, name, text string) *Reading { return read(daemon, texts{name: name, text: text}) }

func read(daemon string, t texts) *Reading {
	d, ok := drivers[daemon].(reader)
	if !ok {
		return nil
	}
	r := d.read(t)
	slices.SortStableFunc(r.Sessions, func(a, b Session) int { return a.At.Line - b.At.Line })
	return r
}

// With returns the session with a neighbor: its own, or that of a range it is in.
func (r *Reading) With(neighbor netip.Addr) (Session, bool) {
	i := slices.IndexFunc(r.Sessions, func(s Session) bool { return s.with(neighbor) })
	if i < 0 {
		i = slices.IndexFunc(r.Sessions, func(s Session) bool { return s.Range.IsValid() && s.Range.Contains(neighbor) })
	}
	if i < 0 {
		return Session{}, false
	}
	return r.Sessions[i], true
}

// with says whether the session is with the neighbor and no other: a link-local
// address is one of the interface that is its zone.
func (s Session) with(neighbor netip.Addr) bool {
	if s.Interface != "" {
		return s.Interface == neighbor.Zone()
	}
	return s.Neighbor.IsValid() && s.Neighbor == neighbor
}

// Family returns what is said of an address family of the session.
func (s Session) Family(v6 bool) (SessionFamily, bool) {
	i := slices.IndexFunc(s.Families, func(f SessionFamily) bool { return f.V6 == v6 })
	if i < 0 {
		return SessionFamily{}, false
	}
	return s.Families[i], true
}

// Summary is what was read, in a few lines.
func (r *Reading) Summary() []string {
	var lines []string
	if own := r.own(); own != "" {
		lines = append(lines, own)
	}
	for _, s := range r.Sessions {
		lines = append(lines, s.String())
	}
	if what := r.announced(); what != "" {
		lines = append(lines, "announces "+what)
	}
	for _, log := range r.Logs {
		lines = append(lines, "writes "+log.Value+", in the lab only")
	}
	return lines
}

func (r *Reading) own() string {
	var parts []string
	if r.AS.Known {
		parts = append(parts, fmt.Sprintf("AS %d", r.AS.Value))
	}
	if r.RouterID.Known {
		parts = append(parts, "router id "+r.RouterID.Value.String())
	}
	if r.Dampening.Value {
		parts = append(parts, "route flap damping")
	}
	return strings.Join(parts, ", ")
}

// source names what is announced of one family: connected IPv6.
func source(kind string, v6 bool, at Place) Said[string] {
	if v6 {
		return said(kind+" IPv6", at)
	}
	return said(kind+" IPv4", at)
}

func (r *Reading) announced() string {
	var all []string
	for _, p := range r.Originated {
		all = append(all, p.Value.String())
	}
	for _, s := range r.Sources {
		if s.Known {
			all = append(all, s.Value+" routes")
		} else {
			all = append(all, "what "+s.At.String()+" lets out")
		}
	}
	return strings.Join(all, ", ")
}

// String is one line: who the neighbor is, and when it counts as gone.
func (s Session) String() string {
	parts := []string{"neighbor " + s.Name}
	if s.AS.Known {
		parts[0] += fmt.Sprintf(" in AS %d", s.AS.Value)
	}
	if s.Range.IsValid() {
		parts[0] = strings.Replace(parts[0], "neighbor", "neighbors", 1)
	}
	if s.Group.Known {
		parts[0] += " (" + s.Group.Value + ")"
	}
	for _, t := range []struct {
		name string
		Said[time.Duration]
	}{{"hold", s.Hold}, {"keepalive", s.Keepalive}, {"connect retry", s.Retry}, {"idle after an error", s.Idle}} {
		switch {
		case t.Known:
			parts = append(parts, fmt.Sprintf("%s %v%s", t.name, document.Duration(t.Value), defaulted(t.Written())))
		case t.Written():
			parts = append(parts, t.name+" not known")
		}
	}
	switch b := s.BFD; {
	case !b.Known && b.Written():
		parts = append(parts, "BFD not known")
	case b.Known && b.Value.Multiplier > 0:
		parts = append(parts, b.Value.String())
	}
	if s.Restart.Known && s.Restart.Value > 0 {
		parts = append(parts, fmt.Sprintf("graceful restart %v", document.Duration(s.Restart.Value)))
	}
	if s.Password.Known {
		parts = append(parts, "a password")
	}
	var families []string
	for _, f := range s.Families {
		families = append(families, map[bool]string{false: "IPv4", true: "IPv6"}[f.V6])
	}
	if len(families) > 1 {
		parts = append(parts, strings.Join(families, " and "))
	}
	return strings.Join(parts, ", ")
}

func defaulted(written bool) string {
	if written {
		return ""
	}
	return " (its default)"
}

func (d Detection) String() string {
	if d.Transmit == d.Receive {
		return fmt.Sprintf("BFD %v x %d", document.Duration(d.Transmit), d.Multiplier)
	}
	return fmt.Sprintf("BFD sends every %v, receives every %v, x %d", document.Duration(d.Transmit), document.Duration(d.Receive), d.Multiplier)
}
