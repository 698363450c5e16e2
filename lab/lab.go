// Package lab makes nodes, links and processes out of namespaces, leaving
// nothing behind.
package lab

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"os/exec"

	"anylab/lab/record"
	"anylab/topologies"
)

var errTODO = errors.New("not built yet")

// Sandbox runs main in private namespaces and returns its exit code.
func Sandbox(main func() int) int { return main() }

// Options says where a lab reports to.
type Options struct {
	Sink record.Sink // process starts and exits; may be nil
	Logs string      // directory that gets <node>/<proc>.log; empty discards
}

// Lab is a running network.
type Lab struct{}

// Open builds the topology's kernel objects. On failure nothing is left.
func Open(ctx context.Context, t topologies.Topology, o Options) (*Lab, error) { return nil, errTODO }

func (l *Lab) Topology() topologies.Topology      { panic(errTODO) }
func (l *Lab) Nodes() []*Node                     { panic(errTODO) } // file order
func (l *Lab) Node(name string) (*Node, error)    { panic(errTODO) }
func (l *Lab) Links() []*Link                     { panic(errTODO) }
func (l *Lab) Link(name string) (*Link, error)    { panic(errTODO) }
func (l *Lab) Between(a, b string) (*Link, error) { panic(errTODO) } // first link that joins both
func (l *Lab) Owner(a netip.Addr) string          { panic(errTODO) } // node that has the (non-anycast) address, or ""
func (l *Lab) Fallbacks() []string                { panic(errTODO) } // what stood in for what this kernel lacks
func (l *Lab) Close() error                       { panic(errTODO) } // last made, first undone; idempotent

// Node is a network namespace with a name. It is also a mount at
// /run/netns/<name> inside the sandbox, so that "ip netns exec" works there.
type Node struct{ topologies.Node }

// Do runs f on a thread that is in the node's namespace. Sockets that f opens
// stay there; f must not start goroutines that open any later.
func (n *Node) Do(f func() error) error { panic(errTODO) }

// Start runs cmd in the node's namespace in the foreground, its output in
// <logs>/<node>/<name>.log. The process dies with ctx.
func (n *Node) Start(ctx context.Context, name string, cmd *exec.Cmd) (*Proc, error) { panic(errTODO) }
func (n *Node) Dir() string                                                          { panic(errTODO) } // private scratch directory inside the sandbox
func (n *Node) LogDir() string                                                       { panic(errTODO) } // <logs>/<node>, exists; empty without Logs
func (n *Node) Interfaces() []Interface                                              { panic(errTODO) } // the link ends, file order

// Interface is a node's end of a link.
type Interface struct {
	topologies.End
	Index int            // unique in the whole lab
	Link  string         // the link's name
	Peer  topologies.End // the far end
}

// Proc is a process of a node.
type Proc struct{}

func (p *Proc) Name() string                   { panic(errTODO) }
func (p *Proc) Node() string                   { panic(errTODO) }
func (p *Proc) PID() int                       { panic(errTODO) }
func (p *Proc) Done() <-chan struct{}          { panic(errTODO) } // closed once it was reaped
func (p *Proc) Exited() record.Time            { panic(errTODO) } // valid after Done
func (p *Proc) Status() string                 { panic(errTODO) } // valid after Done: "exit status 1", "signal: killed"
func (p *Proc) Signal(s os.Signal) error       { panic(errTODO) } // by pidfd; os.ErrProcessDone if gone
func (p *Proc) Stop(ctx context.Context) error { panic(errTODO) } // SIGTERM (and SIGCONT), SIGKILL after 2 s; idempotent

// Link is a cable between two nodes.
type Link struct{ topologies.Link }

func (l *Link) SetDown(node string) error         { panic(errTODO) } // admin down the end at node
func (l *Link) SetUp(node string) error           { panic(errTODO) } // and restore its addresses and static routes as they were
func (l *Link) Carrier(node string) (bool, error) { panic(errTODO) } // IFF_LOWER_UP of the end at node

// ReplaceRoute sets the unicast route for prefix in the calling thread's
// namespace, protocol RTPROT_BGP, one next hop or several (multipath).
func ReplaceRoute(prefix netip.Prefix, via []netip.Addr) error { panic(errTODO) }

// DeleteRoute removes it; a route that is not there is no error.
func DeleteRoute(prefix netip.Prefix) error { panic(errTODO) }
