// Package lab makes nodes, links and processes out of namespaces, leaving
// nothing behind.
package lab

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"anylab/lab/record"
	"anylab/topologies"
)

// Lab is a running network.
type Lab struct {
	topology  topologies.Topology
	options   Options
	nodes     []*Node
	byName    map[string]*Node
	links     []*Link
	byLink    map[string]*Link
	segments  map[string]*segment
	owners    map[netip.Addr]string
	fallbacks []string
	nextIndex int // of the next interface
	anycast   int // index into anycastKinds of what this kernel has
	drops     atomic.Uint64
	jail      *jail
	logs      *logs
	cutLogs   []record.CutLog

	mu     sync.Mutex // also of fallbacks
	undo   []func() error
	closed bool
}

// Open builds the topology's kernel objects. On failure nothing is left. It
// refuses to work outside the sandbox, where it would change the host.
func Open(ctx context.Context, t topologies.Topology, o Options) (*Lab, error) {
	if !InSandbox() {
		return nil, errors.New("open lab: not in the sandbox")
	}
	l := &Lab{topology: t, options: o, owners: map[netip.Addr]string{}, byName: map[string]*Node{}, byLink: map[string]*Link{}, segments: map[string]*segment{}, nextIndex: firstIndex}
	if err := l.build(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open lab: %w", err), l.Close())
	}
	return l, nil
}

// build makes namespaces first, then cables, then what needs both ends.
func (l *Lab) build(ctx context.Context) error {
	if err := l.openNames(); err != nil {
		return err
	}
	var err error
	if l.jail, err = openJail(l.options.Exposed); err != nil {
		return err
	}
	l.onClose(l.jail.close)
	l.logs = watchLogs() //nolint:contextcheck // until the lab is closed
	l.onClose(func() (err error) {
		l.cutLogs, err = l.logs.closeAll(l.options.Logs)
		return err
	})
	if err := l.openNodes(ctx); err != nil {
		return err
	}
	if err := l.openLinks(ctx); err != nil {
		return err
	}
	furnished := l.counting("setting up", len(l.nodes), "nodes")
	for _, n := range l.nodes {
		if err := errors.Join(ctx.Err(), n.furnish()); err != nil {
			return fmt.Errorf("set up node %s: %w", n.Name, err)
		}
		furnished()
	}
	return l.awaitAddresses(ctx)
}

// openNames makes the place of the namespaces' names, a file system of its own:
// unmounting it frees them all at once, where one after the other each waits for
// the whole machine (synchronize_rcu in fs/namespace.c).
func (l *Lab) openNames() error {
	if err := os.MkdirAll(netnsDir, 0o755); err != nil {
		return err
	}
	if err := mountTmpfs(netnsDir, "755"); err != nil {
		return err
	}
	l.onClose(func() error {
		if err := unix.Unmount(netnsDir, unix.MNT_DETACH); err != nil {
			return fmt.Errorf("unmount %s: %w", netnsDir, err)
		}
		return nil
	})
	return nil
}

func (l *Lab) counting(what string, all int, parts string) (made func()) {
	if l.options.Counting == nil {
		return func() {}
	}
	return l.options.Counting(what, all, parts)
}

// Topology returns what the lab was built from.
func (l *Lab) Topology() topologies.Topology { return l.topology }

// Nodes returns the nodes in file order.
func (l *Lab) Nodes() []*Node { return slices.Clone(l.nodes) }

// Node returns the node called name.
func (l *Lab) Node(name string) (*Node, error) {
	if n, ok := l.byName[name]; ok {
		return n, nil
	}
	return nil, fmt.Errorf("no node %q", name)
}

// Links returns the links in file order.
func (l *Lab) Links() []*Link { return slices.Clone(l.links) }

// Link returns the link called name.
func (l *Lab) Link(name string) (*Link, error) {
	if k, ok := l.byLink[name]; ok {
		return k, nil
	}
	return nil, fmt.Errorf("no link %q", name)
}

// Between returns the first link that joins the two nodes, in either order.
func (l *Lab) Between(a, b string) (*Link, error) {
	k, err := l.topology.Between(a, b)
	if err != nil {
		return nil, err
	}
	return l.Link(k.Name)
}

// Owner returns the node that has the address on a link, or "".
func (l *Lab) Owner(a netip.Addr) string { return l.owners[a.Unmap().WithZone("")] }

// PeerOf returns the node at the far end of the interface dev of node, or "".
func (l *Lab) PeerOf(node, dev string) string {
	n, err := l.Node(node)
	if err != nil {
		return ""
	}
	for _, i := range n.interfaces {
		if i.Dev == dev {
			return i.Peer.Node
		}
	}
	return ""
}

// Fallbacks says what stood in for what this kernel lacks.
func (l *Lab) Fallbacks() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.fallbacks)
}

// fellBack records a fallback, once however many nodes need it.
func (l *Lab) fellBack(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Contains(l.fallbacks, what) {
		l.fallbacks = append(l.fallbacks, what)
	}
}

// onClose registers what undoes the step just made.
func (l *Lab) onClose(undo func() error) { l.undo = append(l.undo, undo) }

// Kill ends all processes of the lab at once, for good: what is closed after it
// has nobody to wait for.
func (l *Lab) Kill() {
	var all sync.WaitGroup
	for _, n := range l.nodes {
		all.Go(n.kill) // it waits while a process is being started
	}
	all.Wait()
}

// Close ends the lab's processes and lets go of what Open made, last made first.
// Interfaces, addresses and routes go with their namespaces, which the kernel takes
// apart by itself once nobody is in them (cleanup_net in net/core/net_namespace.c):
// in a lab of many nodes it still does so when Close has returned. Close is
// idempotent.
func (l *Lab) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	var errs []error
	l.Kill()
	for _, n := range l.nodes {
		n.bury()
	}
	for _, undo := range slices.Backward(l.undo) {
		errs = append(errs, undo())
	}
	return errors.Join(errs...)
}
