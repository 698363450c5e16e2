package topologies

import (
	"fmt"
	"strconv"
	"strings"

	"anylab/topologies/document"
)

// Policy is what is done to the routes that one end of a link announces to the
// other.
type Policy struct {
	Prepend         int                           `yaml:"prepend" json:",omitempty" min:"0" max:"255" doc:"how many more times the other end's AS stands in the path of routes to the node"`
	MED             uint32                        `yaml:"med" json:",omitempty" doc:"MULTI_EXIT_DISC of routes to the node; compared between routes of one AS only"`
	Communities     document.OneOrMore[Community] `yaml:"communities" json:",omitempty" doc:"that routes to the node are given: '65000:101', no-export, no-advertise or graceful-shutdown"`
	LocalPreference uint32                        `yaml:"local_preference" json:",omitempty" min:"1" doc:"that the node gives to what it hears over this link; 100"`
	MaxPrefixes     int                           `yaml:"max_prefixes" json:",omitempty" min:"1" doc:"that the node hears over this link before it ends the session; no limit"`
	AddPath         bool                          `yaml:"add_path" json:",omitempty" doc:"the other end announces all its paths to the node, not the best alone (RFC 7911)"`
	Actions         []Action                      `yaml:"actions" json:",omitempty" doc:"what the other end does for a community that a route to the node carries: [{community: '65000:101', prepend: 1}]"`
}

// Action is what a provider does for a customer's community.
type Action struct {
	Community Community `yaml:"community,required"`
	Prepend   int       `yaml:"prepend,required" min:"1" max:"255"`
}

// IsZero says whether routes go as they are.
func (p Policy) IsZero() bool {
	return p.Prepend == 0 && p.MED == 0 && len(p.Communities) == 0 && p.LocalPreference == 0 && p.MaxPrefixes == 0 && !p.AddPath && len(p.Actions) == 0
}

// String says what is done to routes, nothing if nothing is.
func (p Policy) String() string {
	var said []string
	say := func(is bool, format string, args ...any) {
		if is {
			said = append(said, fmt.Sprintf(format, args...))
		}
	}
	say(p.Prepend > 0, "prepend %d", p.Prepend)
	say(p.MED > 0, "med %d", p.MED)
	for _, c := range p.Communities {
		say(true, "community %s", c)
	}
	for _, a := range p.Actions {
		say(true, "prepend %d for %s", a.Prepend, a.Community)
	}
	say(p.LocalPreference > 0, "local preference %d", p.LocalPreference)
	say(p.MaxPrefixes > 0, "at most %d prefixes", p.MaxPrefixes)
	say(p.AddPath, "all paths")
	return strings.Join(said, ", ")
}

// Community is one of RFC 1997.
type Community uint32

// wellKnown are those that have names.
var wellKnown = map[string]Community{"no-export": 0xffffff01, "no-advertise": 0xffffff02, "graceful-shutdown": 0xffff0000}

// UnmarshalText reads "65000:101" or a well-known name.
func (c *Community) UnmarshalText(text []byte) error {
	if known, ok := wellKnown[string(text)]; ok {
		*c = known
		return nil
	}
	high, low, _ := strings.Cut(string(text), ":")
	a, errA := strconv.ParseUint(high, 10, 16)
	b, errB := strconv.ParseUint(low, 10, 16)
	if errA != nil || errB != nil {
		return fmt.Errorf("%q is no community; it is two numbers of at most 65535, as in 65000:101, or one of no-export, no-advertise, graceful-shutdown", text)
	}
	*c = Community(a<<16 | b)
	return nil
}

// Example shows the form in a JSON Schema.
func (Community) Example() (pattern, example string) {
	return `^([0-9]+:[0-9]+|no-export|no-advertise|graceful-shutdown)$`, `"65000:101"`
}

func (c Community) String() string {
	for name, known := range wellKnown {
		if c == known {
			return name
		}
	}
	return c.Numbers()
}

// Numbers writes its halves, as all daemons read it.
func (c Community) Numbers() string { return fmt.Sprintf("%d:%d", c>>16, c&0xffff) }

// MarshalText writes what UnmarshalText reads.
func (c Community) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
