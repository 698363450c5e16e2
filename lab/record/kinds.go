package record

import (
	"net/netip"
	"time"
)

// Kind says what an event is and which payload it carries.
type Kind string

// The kinds of events. The name is what stands in events.jsonl.
const (
	KindTrial    Kind = "trial"    // Trial: a trial began or ended
	KindFault    Kind = "fault"    // Fault: one step of breaking or mending
	KindCarrier  Kind = "carrier"  // Carrier: an interface gained or lost its carrier
	KindRoute    Kind = "route"    // Route: a kernel route changed
	KindLookup   Kind = "lookup"   // Lookup: the forwarding lookup's answer changed
	KindAddress  Kind = "address"  // Address: a member of a VRRP took an anycast address, or gave it away
	KindVRRP     Kind = "vrrp"     // Advertisement: what a member of a VRRP tells the others
	KindBGP      Kind = "bgp"      // BGP: a message, or a session's TCP end, on the wire
	KindBFD      Kind = "bfd"      // BFD: a control packet whose state or diagnostic changed
	KindHealth   Kind = "health"   // Health: a health checker's verdict changed
	KindStart    Kind = "start"    // Proc: a process started
	KindExit     Kind = "exit"     // Proc: a process ended
	KindRestart  Kind = "restart"  // Restart: a daemon or a service was started again by its supervisor
	KindClock    Kind = "clock"    // Clock: the wall clock's offset, sampled through the run
	KindFinding  Kind = "finding"  // Finding: a reason to doubt, seen while it happened
	KindStream   Kind = "stream"   // Stream: a long-lived TCP connection of a probe began or ended
	KindSilence  Kind = "silence"  // Silence: the probe path was cut for a known time, before the first trial
	KindState    Kind = "state"    // State: where traffic goes, looked at between measurements
	KindForce    Kind = "force"    // Force: the lab was brought back to its beginning, which it had not come back to by itself
	KindAlert    Kind = "alert"    // Alert: Prometheus, in the lab, saw that something is wrong, or raised an alert
	KindInternet Kind = "internet" // InternetTrial: what a simulated fault did
	KindEnd      Kind = "end"      // End: nothing follows
	KindStock    Kind = "stock"    // Stock: what the lab and the harness hold, in a soak: from here to the next fault all is calm
	KindLoad     Kind = "load"     // Load: how busy the machine was since the sample before
)

// payloads lists, for decoding, what each kind carries.
var payloads = map[Kind]func() any{
	KindAddress:  func() any { return new(Address) },
	KindAlert:    func() any { return new(Alert) },
	KindBFD:      func() any { return new(BFD) },
	KindBGP:      func() any { return new(BGP) },
	KindCarrier:  func() any { return new(Carrier) },
	KindClock:    func() any { return new(Clock) },
	KindEnd:      func() any { return new(End) },
	KindExit:     func() any { return new(Proc) },
	KindFault:    func() any { return new(Fault) },
	KindFinding:  func() any { return new(Finding) },
	KindForce:    func() any { return new(Force) },
	KindInternet: func() any { return new(InternetTrial) },
	KindHealth:   func() any { return new(Health) },
	KindLoad:     func() any { return new(Load) },
	KindLookup:   func() any { return new(Lookup) },
	KindRestart:  func() any { return new(Restart) },
	KindRoute:    func() any { return new(Route) },
	KindSilence:  func() any { return new(Silence) },
	KindStart:    func() any { return new(Proc) },
	KindState:    func() any { return new(State) },
	KindStock:    func() any { return new(Stock) },
	KindStream:   func() any { return new(Stream) },
	KindTrial:    func() any { return new(Trial) },
	KindVRRP:     func() any { return new(Advertisement) },
}

// TrialPhase is a moment in a trial's life.
type TrialPhase string

// The phases of a trial, in order. Between begin and the fault nothing may be
// lost; end comes after healing was verified and the gate met again.
const (
	TrialBegin TrialPhase = "begin" // the gate was met
	TrialEnd   TrialPhase = "end"
)

// Trial marks where a trial begins and ends.
type Trial struct {
	Index int               `json:"index"`          // from 0, counted within the cell
	Cell  map[string]string `json:"cell,omitempty"` // matrix axis -> value
	Phase TrialPhase        `json:"phase"`
	Spent *Spent            `json:"spent,omitempty"` // at the end

	// Returned says, at the end, whether within the limit after healing everybody
	// was served again by whom it was served by before the fault. It is absent
	// where nothing was healed, and in a record of an old anylab.
	Returned *bool `json:"returned,omitempty"`
}

// Forcing is a way of bringing a lab back to its beginning.
type Forcing string

// The ways, from the cheapest to the dearest.
const (
	ClearSessions  Forcing = "clear-sessions"  // as an operator does
	RestartDaemons Forcing = "restart-daemons" // which forget what they have learned
	Rebuild        Forcing = "rebuild"         // the whole lab is made anew
)

// Force is one step by which the lab was brought to where a trial begins.
type Force struct {
	Index int               `json:"index"` // of the trial that begins next, as in Trial
	Cell  map[string]string `json:"cell,omitempty"`
	How   Forcing           `json:"how"`
	On    []string          `json:"on,omitempty"` // the nodes whose sessions or daemons; none: all
	Why   []string          `json:"why"`          // what was not as at the beginning
}

// Spent is what a trial's time went to. What is not named is overhead: looking
// whether all is well, making and verifying changes, writing.
type Spent struct {
	Wall     time.Duration `json:"wall_ns"`     // since whatever came before the trial
	Reunion  time.Duration `json:"reunion_ns"`  // until every session and service was up and every client at home
	Phase    time.Duration `json:"phase_ns"`    // until the fault's random moment
	Fault    time.Duration `json:"fault_ns"`    // while something was broken, for as long as asked or until the outcome was known
	Recovery time.Duration `json:"recovery_ns"` // from healing until service had been back for the sustain time
}

// Needed is the time that the experiment itself takes.
func (s Spent) Needed() time.Duration { return s.Reunion + s.Phase + s.Fault + s.Recovery }

// FaultPhase is a step of breaking or mending.
type FaultPhase string

// The phases of a fault, in order. Inject and Effective bracket the injecting
// call: time zero is Effective, and half of the bracket is its uncertainty.
// Heal and Healed bracket the mending likewise.
const (
	FaultInject       FaultPhase = "inject"        // just before the injecting call
	FaultEffective    FaultPhase = "effective"     // the call returned; the fault is in effect
	FaultVerified     FaultPhase = "verified"      // seen to be in effect
	FaultHeal         FaultPhase = "heal"          // just before the healing call
	FaultHealed       FaultPhase = "healed"        // the call returned
	FaultHealVerified FaultPhase = "heal-verified" // seen to be undone
)

// Fault is one step of one fault. A failed step carries Err and is not
// followed by the next one.
type Fault struct {
	ID    int        `json:"id"` // index in the scenario's faults
	Kind  string     `json:"kind"`
	On    []string   `json:"on"` // one node, or a link's two ends
	Phase FaultPhase `json:"phase"`
	Err   string     `json:"err,omitempty"`

	Service string `json:"service,omitempty"` // which one it strikes, if it strikes a service
	Traffic
}

// Traffic is what a fault sent while it was in effect; its last step tells.
type Traffic struct {
	Sent    uint64            `json:"sent,omitempty"`    // datagrams
	Reached map[string]uint64 `json:"reached,omitempty"` // as many came to each node that had any
}

// Carrier says that the interface Dev of the event's node, whose link leads
// to Peer, has a carrier or not, or is gone (Gone implies !Up). The interface
// with the anycast addresses has no link and no Peer: it is set up or down.
type Carrier struct {
	Dev  string `json:"dev"`
	Peer string `json:"peer"`
	Up   bool   `json:"up"`
	Gone bool   `json:"gone,omitempty"`
}

// Hop is one next hop of a route: the node it leads to, by which interface.
type Hop struct {
	Node string     `json:"node"` // empty when it leads out of the lab
	Via  netip.Addr `json:"via"`
	Dev  string     `json:"dev"`
	Down bool       `json:"down,omitempty"` // RTNH_F_LINKDOWN or RTNH_F_DEAD
}

// Route is a route (or next-hop group) event of the kernel, in the event's
// node. Hops is what forwards now; it is empty when the route was deleted.
type Route struct {
	Prefix  netip.Prefix `json:"prefix"`
	Deleted bool         `json:"deleted,omitempty"`
	Hops    []Hop        `json:"hops,omitempty"`
}

// Lookup is the kernel's answer to "where does a packet to Dst go?" in the
// event's node (RTM_GETROUTE). It is recorded when the answer changes. Hop.Node
// is empty when there is no route. For IPv4 it is the only evidence of a change
// that comes with a lost carrier: the kernel sends no route event then. Where the
// route leads straight onto a shared segment, Hop.Node is who has Dst there by the
// kernel's neighbor table (RTM_GETNEIGH), empty when that has no one.
type Lookup struct {
	Dst  netip.Addr `json:"dst"`
	Flow int        `json:"flow,omitempty"` // which of the node's flows was asked about
	Hop  Hop        `json:"hop"`
}

// Address says that the event's node has an anycast address on the interface Dev of
// a shared segment (RTM_NEWADDR), or no longer has (RTM_DELADDR): it is the master of
// the segment's VRRP, or no longer is.
type Address struct {
	Prefix netip.Prefix `json:"prefix"`
	Dev    string       `json:"dev"`
	Gone   bool         `json:"gone,omitempty"`
}

// Advertisement is a message of VRRP (RFC 9568 section 5) that differs in sender or
// priority from the one before it on the segment, seen on an interface of the event's
// node: Out if that node sent it. At is the kernel's packet stamp.
type Advertisement struct {
	Segment  string `json:"segment"`
	From     string `json:"from"`
	Out      bool   `json:"out,omitempty"`
	ID       uint8  `json:"id"` // of the virtual router
	Priority uint8  `json:"priority"`
}

// Leaves says whether the sender gives the addresses away (RFC 9568 section 5.2.4).
func (a Advertisement) Leaves() bool { return a.Priority == 0 }

// BGPType names a BGP message (RFC 4271 section 4.1), or an end of the TCP
// connection that carried the session.
type BGPType string

// The message types, then the two ways in which TCP ends a session.
const (
	BGPOpen         BGPType = "open"
	BGPUpdate       BGPType = "update"
	BGPNotification BGPType = "notification"
	BGPKeepalive    BGPType = "keepalive"
	BGPRefresh      BGPType = "route-refresh"
	BGPFin          BGPType = "fin"
	BGPRst          BGPType = "rst"
)

// Family is an address family.
type Family string

// The families.
const (
	IPv4 Family = "ipv4"
	IPv6 Family = "ipv6"
)

// FamilyOf returns the family of the address.
func FamilyOf(a netip.Addr) Family {
	if a.Unmap().Is4() {
		return IPv4
	}
	return IPv6
}

// BGP is one message between two nodes, seen on an interface of the event's
// node: Out if that node sent it. At is the kernel's packet stamp.
type BGP struct {
	Link     string         `json:"link"`
	From     string         `json:"from"`
	To       string         `json:"to"`
	Out      bool           `json:"out,omitempty"`
	Type     BGPType        `json:"type"`
	Announce []netip.Prefix `json:"announce,omitempty"`
	Withdraw []netip.Prefix `json:"withdraw,omitempty"`
	Family   Family         `json:"family,omitempty"` // of the session's addresses; empty if it carries both, and in a record of an old anylab
	Code     uint8          `json:"code,omitempty"`   // of a notification, RFC 4271 section 4.5
	Subcode  uint8          `json:"subcode,omitempty"`

	Stale bool `json:"stale,omitempty"` // the end of a connection beside the one that carries the session by now

	Others      int      `json:"others,omitempty"`      // prefixes that are not listed: of a full table
	Communities []string `json:"communities,omitempty"` // of what is announced, "65535:0" (RFC 1997)
}

// Ends says whether the session is over with this message.
func (b BGP) Ends() bool {
	return !b.Stale && (b.Type == BGPNotification || b.Type == BGPFin || b.Type == BGPRst)
}

// BFD is a control packet (RFC 5880 section 4.1) that differs in state or
// diagnostic from the one before it on the same link in the same direction.
type BFD struct {
	Link  string `json:"link"`
	From  string `json:"from"`
	To    string `json:"to"`
	Out   bool   `json:"out,omitempty"`
	State string `json:"state"` // admin-down, down, init, up
	Diag  uint8  `json:"diag,omitempty"`

	Family Family `json:"family,omitempty"` // of the session's addresses; empty if it carries both, and in a record of an old anylab
}

// Health is a checker's verdict about a service on the event's node.
type Health struct {
	Service string `json:"service"`
	Healthy bool   `json:"healthy"`
	Reason  string `json:"reason,omitempty"` // why unhealthy
}

// Proc is a process of the lab, started or ended on the event's node.
type Proc struct {
	Name   string `json:"name"`
	PID    int    `json:"pid"`
	Status string `json:"status,omitempty"` // how it ended
	// Unexpected: it ended though neither a fault nor the lab ended it.
	Unexpected bool `json:"unexpected,omitempty"`
}

// Restart says that a supervisor, such as systemd or watchfrr, started a daemon
// or a service of the event's node again. At is when it began to.
type Restart struct {
	Name  string        `json:"name"`     // of the daemon, or of the service
	After time.Duration `json:"after_ns"` // since its process had ended
	Err   string        `json:"err,omitempty"`
}

// Alert is what a Prometheus in the lab made of a rule's condition: the scrape that
// first showed it, or the evaluation with which the alert fired. At is Prometheus' own
// stamp: the end of the scrape, or the begin of the evaluation.
type Alert struct {
	Rule   string `json:"rule"`
	Of     string `json:"of"` // the node that it is about
	Firing bool   `json:"firing,omitempty"`
}

// The rules of a Prometheus in the lab, by what they ask: daemons, the anycast address,
// and exporters.
const (
	RuleSession     = "BGPSessionDown"
	RuleRoutes      = "TooFewRoutes"
	RuleUnreachable = "AnycastUnreachable"
	RuleTarget      = "TargetDown"
)

// Clock is a sample of ClockOffset.
type Clock struct {
	OffsetNS int64 `json:"offset_ns"`
}

// Finding is a reason to doubt a measurement, seen while it happened: a
// netlink or capture overrun, a clock step, a late sender. Reports decide
// which trials it touches, by time.
type Finding struct {
	Name   string `json:"name"` // stable, kebab-case
	Detail string `json:"detail"`
	From   Time   `json:"from,omitempty"` // the doubt covers From to the event's At; 0: that moment only
}

// StreamEvent is what happened to a long-lived TCP connection.
type StreamEvent string

// The events of a connection: one that began, then the ways in which one ends.
const (
	StreamConnected StreamEvent = "connected" // established, and the service has spoken
	StreamReset     StreamEvent = "reset"     // by RST
	StreamClosed    StreamEvent = "closed"    // by FIN
	StreamTimeout   StreamEvent = "timeout"   // given up: a request had no answer in time
)

// Stream is one event of the connection that a flow of a probe group keeps.
// The event's node is the client.
type Stream struct {
	Group  string        `json:"group"`
	Flow   int           `json:"flow"`
	Event  StreamEvent   `json:"event"`
	Node   string        `json:"node"`                // at the other end; empty if it does not say
	Waited time.Duration `json:"waited_ns,omitempty"` // how long the flow's oldest request had had no answer by then
}
