// Package fault breaks one thing, and mends it, in a lab or in a simulation of
// one.
package fault

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"anylab/lab/record"
	"anylab/topologies"
	"anylab/topologies/document"
)

// A Fault is one way of failing. Its exported fields are its YAML parameters,
// and they are all of it: what comes of an injection is in its handle, so that
// one fault can be injected in many worlds.
// It knows nothing of stamps and trials: whoever injects it keeps those.
type Fault interface {
	// Check says, without a lab and without root, why the fault can't be done.
	Check(s Setting) error
	// Declare says what there is to know of the fault before it is injected. It
	// must have passed Check.
	Declare(s Setting) Declaration
	// Inject returns once the fault is in effect. Its handle is to be healed
	// after an error, too.
	Inject(ctx context.Context, w *World) (Injected, error)
}

// A Preparer is a fault that needs the lab in a certain state before anything
// is broken: it is prepared once, before the lab has settled.
type Preparer interface {
	Prepare(ctx context.Context, w *World) error
}

// A Paced is a fault that takes its time: it is another one if it is healed before.
type Paced interface {
	// Within says why the fault can't be done in the time after which it is healed.
	Within(lasts time.Duration) error
}

// Injected is what an injection left in one world. The zero value is of one that
// changed nothing.
type Injected struct {
	active func(context.Context) (bool, error)
	heal   func(context.Context) error
	sent   func() Traffic
}

// Traffic is what a fault sent, as records have it.
type Traffic = record.Traffic

// Sent is what the fault sent while it was in effect.
func (i Injected) Sent() Traffic {
	if i.sent == nil {
		return Traffic{}
	}
	return i.sent()
}

// Active says whether the fault is in effect, as seen from outside it.
func (i Injected) Active(ctx context.Context) (bool, error) {
	if i.active == nil {
		return false, nil
	}
	return i.active(ctx)
}

// Heal undoes the fault. It is idempotent.
func (i Injected) Heal(ctx context.Context) error {
	if i.heal == nil {
		return nil
	}
	return i.heal(ctx)
}

// Place is where a fault strikes.
type Place struct {
	On        []string  // one node, or the two ends of a link
	Direction [2]string // one way: from, to; empty for both
	End       string    // one end of the link; empty for the fault's default
}

type kind struct {
	summary string
	make    func(Place) Fault
}

// kinds is sorted by name.
var kinds = map[string]kind{
	"address-removed":    {"the anycast address of a node is removed while its route stays announced", func(p Place) Fault { return &AddressRemoved{serviceAt{place: p}} }},
	"announce-elsewhere": {"a site on standby begins to announce itself and attracts traffic", func(p Place) Fault { return &AnnounceElsewhere{operation{p}} }},
	"announce-prefixes":  {"a node announces many more routes, of the shape of the Internet's table", func(p Place) Fault { return &AnnouncePrefixes{daemonAt: daemonAt{p}} }},
	"attribute-change":   {"the route of a node is announced with other attributes (prepend, MED, local preference)", func(p Place) Fault { return &AttributeChange{operation: operation{p}} }},
	"bfd-freeze":         {"the BFD of a node falls silent while its BGP lives", func(p Place) Fault { return &BFDFreeze{daemonAt{p}} }},
	"blackhole":          {"packets on a link vanish, one way or both, all or one class of them; carriers stay", func(p Place) Fault { return &Blackhole{place: p} }},
	"cpu-starve":         {"a node is busy: its processes run a small share of the time", func(p Place) Fault { return &CPUStarve{place: p} }},
	"daemon-freeze":      {"the BGP daemon of a node is frozen (SIGSTOP); its sessions stay open and say nothing", func(p Place) Fault { return &DaemonFreeze{daemonAt{p}} }},
	"daemon-kill":        {"the BGP daemon of a node is killed (SIGKILL); the kernel closes its sessions", func(p Place) Fault { return &DaemonKill{daemonAt{p}} }},
	"daemon-restart":     {"the BGP daemon of a node is stopped and started again, gracefully or not", func(p Place) Fault { return &DaemonRestart{daemonAt: daemonAt{p}} }},
	"drain":              {"a node is taken out of service by the book (RFC 8326): community, wait, withdrawal", func(p Place) Fault { return &Drain{operation: operation{p}} }},
	"ecmp-member-down":   {"the link to one of several equal next hops loses its carrier", func(p Place) Fault { return &ECMPMemberDown{LinkDown{place: p}} }},
	"flood":              {"datagrams flood the way from a client to whoever serves it: an attack, inside the lab", func(p Place) Fault { return &Flood{place: p} }},
	"health-lies":        {"the health checker of a node says that all is well, whatever it finds", func(p Place) Fault { return &HealthLies{serviceAt{place: p}} }},
	"isolate":            {"all links of a node are set down; the far ends lose their carriers", func(p Place) Fault { return &Isolate{place: p} }},
	"link-down":          {"one end of a link is set down; the other loses its carrier", func(p Place) Fault { return &LinkDown{place: p} }},
	"link-flap":          {"a link goes down and up, again and again", func(p Place) Fault { return &LinkFlap{place: p} }},
	"loss":               {"a share of the packets on a link vanishes, one way or both: the gray failure", func(p Place) Fault { return &Loss{place: p} }},
	"power-loss":         {"a node falls silent and its processes die; nothing announces it", func(p Place) Fault { return &PowerLoss{place: p, role: topologies.Anycast} }},
	"reboot":             {"a node loses power and comes back with empty tables", func(p Place) Fault { return &PowerLoss{place: p, role: topologies.Anycast, cold: true} }},
	"router-power-loss":  {"a router falls silent and its daemon dies; nothing announces it", func(p Place) Fault { return &PowerLoss{place: p, role: topologies.Router} }},
	"router-reboot":      {"a router loses power and comes back with empty tables", func(p Place) Fault { return &PowerLoss{place: p, role: topologies.Router, cold: true} }},
	"script":             {"an operator's command is run on a node, and later the one that undoes it", func(p Place) Fault { return &Script{place: p} }},
	"service-crash":      {"the service process of a node is killed (SIGKILL); its port refuses", func(p Place) Fault { return &ServiceCrash{serviceAt{place: p}} }},
	"service-hang":       {"the service process of a node is frozen (SIGSTOP); requests get no answer", func(p Place) Fault { return &ServiceHang{serviceAt{place: p}} }},
	"service-slow":       {"the service of a node answers rightly, but late", func(p Place) Fault { return &ServiceSlow{misbehaviour: misbehaviour{serviceAt{place: p}}} }},
	"service-wrong":      {"the service of a node answers wrongly (DNS SERVFAIL, HTTP 500, garbage over UDP)", func(p Place) Fault { return &ServiceWrong{misbehaviour{serviceAt{place: p}}} }},
	"session-reset":      {"the BGP sessions of a node are reset by an operator, hard or soft", func(p Place) Fault { return &SessionReset{daemonAt: daemonAt{p}} }},
	"switch-down":        {"the switch in the middle of a link stops forwarding; carriers stay", func(p Place) Fault { return &SwitchDown{place: p} }},
	"withdraw":           {"the operator withdraws the anycast route of a node", func(p Place) Fault { return &Withdraw{operation{p}} }},
}

// Names lists the kinds of faults, sorted.
func Names() []string { return slices.Sorted(maps.Keys(kinds)) }

// Summary says in one line what a kind of fault does.
func Summary(name string) string { return kinds[name].summary }

// Params returns, for every kind, a pointer to a zero value of its parameters.
func Params() map[string]any {
	params := make(map[string]any, len(kinds))
	for name, k := range kinds {
		params[name] = k.make(Place{})
	}
	return params
}

// New makes a fault of the kind name at a place, with its own parameters.
func New(name string, at Place, params document.Raw) (Fault, error) {
	k, ok := kinds[name]
	if !ok {
		return nil, params.Errorf("kind", "%s", document.Unknown("fault", name, Names()))
	}
	f := k.make(at)
	if err := params.Decode(f); err != nil {
		return nil, err
	}
	if c, ok := f.(Commander); ok {
		return f, c.beside(params)
	}
	return f, nil
}

// A Commander is a fault that runs commands, which may name files beside the one that
// it stands in.
type Commander interface {
	Commands() [][]string
	beside(at document.Raw) error
}

// node returns the one node of the place, which must have the role.
func (p Place) node(s Setting, role topologies.Role) (string, error) {
	if len(p.On) != 1 {
		return "", fmt.Errorf("it strikes one node, not a link: on: <node>")
	}
	n, ok := s.Topology.Node(p.On[0])
	if !ok {
		return "", fmt.Errorf("unknown node %q", p.On[0])
	}
	if role != "" && n.Role != role {
		return "", fmt.Errorf("node %s has role %s; it strikes a node with role %s", n.Name, n.Role, role)
	}
	return n.Name, nil
}

// undirected refuses a direction where a link fails as a whole.
func (p Place) undirected() error {
	if p.Direction[0] != "" {
		return mistake("direction", "the link fails both ways; blackhole and loss have a direction")
	}
	return nil
}

// link returns the link of the place.
func (p Place) link(s Setting) (topologies.Link, error) {
	if len(p.On) != 2 {
		return topologies.Link{}, ErrLink
	}
	return s.Topology.Between(p.On[0], p.On[1])
}
