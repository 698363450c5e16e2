package lab

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/containernetworking/plugins/pkg/ns"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"anylab/lab/record"
	"anylab/topologies"
)

// scratch holds the nodes' private directories, on the sandbox's own tmpfs.
const scratch = "/run/anylab"

// netnsDir is where the kernel's tools look for named network namespaces.
const netnsDir = "/run/netns"

// Node is a network namespace with a name. It is also a mount at
// /run/netns/<name> inside the sandbox, so that "ip netns exec" works there.
type Node struct {
	topologies.Node
	lab         *Lab
	interfaces  []Interface
	space       ns.NetNS
	netlink     *netlink.Handle // opened in the namespace, for everything
	logs        string
	advertising sync.Once    // as a router
	out         atomic.Int64 // the interface of the default routes that RouteOut made, counted from 1; 0: none

	mu     sync.Mutex
	procs  []*Proc
	locked map[Power]*thread // in the jail, by what their children may do
	closed bool
}

// Interfaces returns the ends of links at the node, in file order.
func (n *Node) Interfaces() []Interface { return slices.Clone(n.interfaces) }

// StartWithin returns how long a program may take to start on the node, of one that
// takes so long in a lab of its own: those of the other nodes start beside it, and
// their routers then tell each other all routes.
func (n *Node) StartWithin(alone time.Duration) time.Duration {
	const beside = 50 * time.Millisecond
	return alone + time.Duration(len(n.lab.nodes))*beside
}

// Dir returns the node's private scratch directory inside the sandbox.
func (n *Node) Dir() string { return filepath.Join(scratch, n.Name) }

// LogDir returns <logs>/<node>, which exists, or "" if logs are discarded.
func (n *Node) LogDir() string { return n.logs }

// Emit records an event of the node.
func (n *Node) Emit(e record.Event) {
	if e.Node = n.Name; n.lab.options.Sink != nil {
		n.lab.options.Sink.Emit(e)
	}
}

// WorkDir returns the working directory of what runs on the node under the
// name: below the logs, where relative paths of a user's own files lead. If it
// is still empty when the lab closes, it goes.
func (n *Node) WorkDir(name string) (string, error) {
	dir := filepath.Join(n.workDirs(), name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make the working directory of %s on %s: %w", name, n.Name, err)
	}
	return dir, nil
}

// workDirs holds the node's working directories.
func (n *Node) workDirs() string { return filepath.Join(cmp.Or(n.logs, n.Dir()), "cwd") }

// removeEmptyDirs removes the working directories that nothing was written to.
func (n *Node) removeEmptyDirs() error {
	dirs, err := filepath.Glob(filepath.Join(n.workDirs(), "*"))
	for _, dir := range dirs {
		_ = os.Remove(dir) // fails on those that are not empty
	}
	_ = os.Remove(n.workDirs())
	return err
}

// Do runs f on a thread that is in the node's namespace. Sockets that f opens
// stay there; f must not start goroutines that open any later.
func (n *Node) Do(f func() error) error {
	return n.space.Do(func(ns.NetNS) error { return f() })
}

// openNodes makes all namespaces from one thread, which moves from each to
// the next.
func (l *Lab) openNodes(ctx context.Context) error {
	return onThread(func() error {
		opened := l.counting("building", len(l.topology.Nodes), "nodes")
		for _, t := range l.topology.Nodes {
			if err := errors.Join(ctx.Err(), l.openNode(t)); err != nil {
				return fmt.Errorf("make node %s: %w", t.Name, err)
			}
			opened()
		}
		return nil
	})
}

// onThread runs f on a thread that may change its network namespace, and
// brings the thread back. If it can't, the thread ends with its goroutine.
func onThread(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		home, err := netns.Get()
		if err != nil {
			done <- fmt.Errorf("open own network namespace: %w", err)
			return
		}
		err = f()
		if back := netns.Set(home); back != nil {
			err = errors.Join(err, fmt.Errorf("return to own network namespace: %w", back))
		} else {
			runtime.UnlockOSThread()
		}
		done <- errors.Join(err, home.Close())
	}()
	return <-done
}

// openNode leaves the calling thread in the new namespace.
func (l *Lab) openNode(t topologies.Node) error {
	n := &Node{Node: t, lab: l}
	n.AnycastDev = cmp.Or(t.AnycastDev, topologies.AnycastDev)
	if err := n.makeDirs(); err != nil {
		return err
	}
	handle, err := netns.NewNamed(n.Name)
	if err != nil {
		return fmt.Errorf("make network namespace: %w", err)
	}
	if err := handle.Close(); err != nil {
		return err
	}
	if n.space, err = ns.GetNS(filepath.Join(netnsDir, n.Name)); err != nil {
		return err
	}
	l.onClose(n.space.Close)
	if n.netlink, err = netlink.NewHandle(unix.NETLINK_ROUTE); err != nil {
		return fmt.Errorf("open netlink: %w", err)
	}
	l.onClose(func() error { n.netlink.Close(); return nil })
	l.nodes, l.byName[n.Name] = append(l.nodes, n), n
	return writeSysctls(t)
}

func (n *Node) makeDirs() error {
	if err := os.MkdirAll(n.Dir(), 0o755); err != nil {
		return err
	}
	n.lab.onClose(func() error { return errors.Join(n.removeEmptyDirs(), os.RemoveAll(n.Dir())) })
	if n.lab.options.Logs == "" {
		return nil
	}
	n.logs = filepath.Join(n.lab.options.Logs, n.Name)
	return os.MkdirAll(n.logs, 0o755)
}

// furnish gives the node what needs its links to exist.
func (n *Node) furnish() error {
	if err := n.setUp(1); err != nil { // lo has index 1 in every namespace
		return fmt.Errorf("set lo up: %w", err)
	}
	for _, i := range n.interfaces {
		if err := n.configure(i); err != nil {
			return fmt.Errorf("configure %s: %w", i.Dev, err)
		}
		if err := n.shape(i); err != nil {
			return fmt.Errorf("shape %s: %w", i.Dev, err)
		}
	}
	if n.Role == topologies.Anycast && len(n.lab.topology.Anycast) > 0 {
		if err := n.addAnycast(n.lab.topology.Anycast); err != nil {
			return err
		}
	}
	return n.Do(func() error { return writeOwn(n.Node, false) })
}

func (n *Node) setUp(index int) error {
	return n.netlink.LinkSetUp(device(index))
}

func (n *Node) setDown(index int) error {
	return n.netlink.LinkSetDown(device(index))
}
