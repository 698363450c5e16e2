package fault

import (
	"context"
	"net/netip"
	"time"
)

// World is what faults break: a running lab, or a simulation of one.
type World struct {
	Setting
	Network
	Clock
	Shell
	Speakers map[string]Speaker  // node -> its BGP daemon
	Running  map[string][]Server // node -> its services
	Round    uint64              // of the trial: what a fault draws differs from one to the next
}

// Network is the wires and the machines on them.
type Network interface {
	// Drop discards what the filter matches on all of the ways at once, silently:
	// no carrier goes, nobody is told.
	Drop(f Filter, ways ...Way) (Dropping, error)
	Link(name string) (Link, error)
	Switch(link string) (Switch, error)
	Node(name string) (Node, error)
	// Flood sends datagrams of so many bytes from a node to the anycast address, at
	// so many bits a second.
	Flood(from string, rate uint64, size int) (Flow, error)
}

// Flow is traffic that goes on until it is stopped.
type Flow interface {
	Flows() bool
	Stop() error // idempotent
	Traffic() Traffic
}

// Packets is a class of packets.
type Packets string

// The classes. Data is what is none of the others, save for address
// resolution: without ARP and neighbour discovery BGP would go as well.
const (
	All         Packets = "all"
	DataPackets Packets = "data"
	BGPPackets  Packets = "bgp"
	BFDPackets  Packets = "bfd"
)

// Filter says which packets are discarded.
type Filter struct {
	Only Packets // empty: all
	Loss float64 // the share of them that is discarded, drawn for each packet; 0 is all
}

// Way is one direction of a link.
type Way struct {
	Link string
	From string // the node whose packets are meant
	At   string // the end that discards them; empty for the best one
}

// Dropping is the discarding of packets, until it is removed.
type Dropping interface {
	InEffect() (bool, error)
	Remove() error // idempotent
}

// Link is a cable from one node to another, or through a switch.
type Link interface {
	SetDown(node string) error // the end at the node
	SetUp(node string) error
	Carrier(node string) (bool, error)
	OppositeCarrier(node string) (bool, error) // where the node's cable leads to: the far end, or the switch
}

// Switch is in the middle of a link.
type Switch interface {
	StopSwitch() error
	StartSwitch() error
	SwitchForwards() (bool, error)
}

// Node is a machine: its processes and its kernel.
type Node interface {
	// Procs lists the processes that live.
	Procs() []Process
	// Connections names the established BGP connections with the addresses.
	Connections(to map[netip.Addr]bool) (map[string]bool, error)
	// SetAnycast puts the anycast addresses on the node, and returns once they
	// take packets, or takes them off it.
	SetAnycast(ctx context.Context, on bool) error
	// HasAnycast says how many of the anycast addresses the node has.
	HasAnycast() (int, error)
	// Flush empties the kernel's tables, as a boot does.
	Flush() error
}

// Signal is what a process is told by its kernel.
type Signal int

// The signals.
const (
	Kill Signal = iota
	Stop
	Continue
)

// Process is a process with its workers, which share its fate.
type Process interface {
	String() string
	// Signal returns at once. The error is os.ErrProcessDone if it has ended.
	Signal(s Signal) error
	Ended() bool
	// Threads counts those that run or wait, and those that are stopped. The
	// error is os.ErrProcessDone if there are none.
	Threads() (running, stopped int, err error)
}

// Shell runs an operator's commands.
type Shell interface {
	// Run runs a command on a node to its end, and keeps what it says. The error is a
	// Refusal if it has an exit status other than 0.
	Run(ctx context.Context, node string, command []string) error
}

// Clock is the world's time.
type Clock interface {
	// Await looks again and again until reached says so: it is for states that
	// have no event. It returns false once the limit has passed, if there is one
	// (0: none). The context that reached gets ends then.
	Await(ctx context.Context, limit time.Duration, reached func(context.Context) (bool, error)) (bool, error)
	// Later calls step after a time, and again after the time that it returns,
	// until it returns false. stop ends that, and returns once step does not run.
	Later(after time.Duration, step func() (again time.Duration, more bool)) (stop func())
}

// Speaker is a node's BGP daemon, which outlives its processes.
type Speaker interface {
	Daemon
	Origin
	Tabler
	BFD
	// Halt keeps a daemon that a supervisor would start again dead until Restart.
	Halt()
}

// Daemon is the speaker's processes and sessions.
type Daemon interface {
	Procs() []Process
	// Stop ends the processes, so that the neighbors are told, or as if to be
	// back soon.
	Stop(ctx context.Context, graceful bool) error
	// Restart starts new processes with the announcements in force, and ends old
	// ones.
	Restart(ctx context.Context) error
	// Reset resets the sessions with a node, or all: it ends them, or only has
	// the routes sent again.
	Reset(ctx context.Context, peer string, soft bool) error
	Sessions(ctx context.Context) ([]Session, error)
}

// Session is how one session stands.
type Session struct {
	Peer string // the node at the other end
	Up   bool   // it is established
}

// Origin is what the speaker announces.
type Origin interface {
	// Announced lists what is announced, with whatever attributes.
	Announced() []netip.Prefix
	// SetAttributes sets what announcements of the prefixes carry from now on.
	SetAttributes(ctx context.Context, a Attributes, p ...netip.Prefix) error
	// Plain says whether announcements of the prefix carry nothing of their own.
	Plain(p netip.Prefix) bool
	// Withdraw takes announcements back, for later processes too if these have
	// ended.
	Withdraw(ctx context.Context, p ...netip.Prefix) error
}

// Tabler is the speaker's tables of many routes.
type Tabler interface {
	AnnounceTable(ctx context.Context, t Table) error
	WithdrawTable(ctx context.Context, t Table) error
	Tables() []Table // in force
}

// Attributes are what an announcement carries beyond its prefix and next hop.
// The zero value is the plain announcement.
type Attributes struct {
	Prepend     int    // how many more times the own AS stands in AS_PATH
	MED         uint32 // MULTI_EXIT_DISC; 0 sends none
	LocalPref   uint32 // LOCAL_PREF; 0 is the default
	Communities []uint32
}

// BFD is that of the speaker's sessions.
type BFD interface {
	// BFDProc returns the process that does nothing else, nil if there is none.
	BFDProc() Process
	// MuteBFD stops the packets or lets them go on, where BFDProc is nil.
	MuteBFD(ctx context.Context, mute bool) error
	BFDMuted(ctx context.Context) (bool, error)
}

// Server is a running service with its health checker.
type Server interface {
	Name() string
	Answering
	Checking
	Announcing
}

// Answering is the service's process.
type Answering interface {
	Proc() Process // the newest one, dead or alive
	// Restart starts the service if its process has ended, and returns once it
	// answers.
	Restart(ctx context.Context) error
	// Behave makes the process answer so from now on. The error is
	// os.ErrProcessDone if it has ended.
	Behave(ctx context.Context, b Behaviour) error
	// Behaviour returns what the process last confirmed.
	Behaviour() Behaviour
}

// Behaviour is how a service answers. The zero value is: rightly, and at once.
type Behaviour struct {
	Delay time.Duration // from each request to its answer
	Wrong bool          // an answer that serves nobody
}

// Checking is the service's health checker.
type Checking interface {
	Healthy() bool
	// Override makes it say that all is well, whatever it finds, or ends that.
	Override(ctx context.Context, on bool)
	Overridden() bool
	// Halt stops it, as when its host loses power: nobody is told.
	Halt()
	// Resume starts it again.
	Resume(ctx context.Context)
}

// Announcing is the service's route, as an operator sees it.
type Announcing interface {
	// Drain takes the announcement back until Undrain.
	Drain(ctx context.Context) error
	Undrain(ctx context.Context) error
}

// await waits until a state is reached that has no event.
func (w *World) await(ctx context.Context, reached func() (bool, error)) error {
	_, err := w.Await(ctx, 0, func(context.Context) (bool, error) { return reached() })
	return err
}
