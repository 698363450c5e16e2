// Package observe watches carriers, forwarding and the routing protocols' packets, and says when they changed.
package observe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"anylab/lab"
	"anylab/lab/record"
	"anylab/topologies"
)

// Observer watches one kind of thing on a node, from outside of the daemons.
type Observer interface {
	// Start returns once armed and stops when ctx ends; wait returns when
	// everything that was seen until then is recorded.
	Start(ctx context.Context, n *lab.Node, out record.Sink) (wait func() error, err error)
}

// Options says how to observe. Its zero value is fit for use.
type Options struct {
	PcapDir string // gets <link>.pcapng of every link between speakers; empty keeps none
	Buffer  int    // receive buffers of the sockets in bytes; 0 is ample
	Armed   func() // called for each node that is watched; may be nil
}

// ErrCut is the cause that ends the observers' context where nobody wants to know
// any more what happened: what they have not read yet stays unread.
var ErrCut = errors.New("the watching is cut short")

func unwanted(ctx context.Context) bool { return errors.Is(context.Cause(ctx), ErrCut) }

// The sizes of receive buffers that no burst of a lab's size fills.
const (
	netlinkBuffer = 4 << 20
	captureBuffer = 16 << 20
)

func (o Options) netlinkBuffer() int { return cmp.Or(o.Buffer, netlinkBuffer) }
func (o Options) captureBuffer() int { return cmp.Or(o.Buffer, captureBuffer) }

// kind is one kind of observer.
type kind struct {
	name string
	on   func(l *lab.Lab, node string) bool // whether it has work there
	make func(*lab.Lab, Options) Observer
}

// observers lists the kinds, sorted.
var observers = []kind{
	{"address", moves, newAddress},
	{"bgp", speaks, newBGP},
	{"carrier", everywhere, newCarrier},
	{"inbox", serves, newInbox},
	{"lookup", forwards, newLookup},
	{"route", everywhere, newRoute},
}

func everywhere(*lab.Lab, string) bool { return true }

func speaks(l *lab.Lab, node string) bool {
	n, ok := l.Topology().Node(node)
	return ok && n.Daemon != ""
}

func forwards(l *lab.Lab, node string) bool {
	n, ok := l.Topology().Node(node)
	return ok && n.Role == topologies.Router
}

// Start arms every observer on every node where it has work. They stop when
// ctx ends; wait returns when everything that was seen until then is recorded.
// On failure none is left running.
func Start(ctx context.Context, l *lab.Lab, o Options, out record.Sink) (wait func() error, err error) {
	return start(ctx, l, o, out, observers)
}

func start(ctx context.Context, l *lab.Lab, o Options, out record.Sink, kinds []kind) (wait func() error, err error) {
	ctx, cancel := context.WithCancel(ctx)
	var waits []func() error
	wait = func() error {
		defer cancel()
		var err error
		for _, w := range waits {
			err = errors.Join(err, w())
		}
		return err
	}
	var mu sync.Mutex // of waits
	var arming errgroup.Group
	arming.SetLimit(armedAtOnce)
	for _, n := range l.Nodes() {
		arming.Go(func() error {
			for _, k := range kinds {
				if !k.on(l, n.Name) {
					continue
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				w, err := k.make(l, o).Start(ctx, n, out)
				if err != nil {
					return fmt.Errorf("observe %s on %s: %w", k.name, n.Name, err)
				}
				mu.Lock()
				waits = append(waits, Mourn(ctx, out, "observe "+k.name+" on "+n.Name, w))
				mu.Unlock()
			}
			if o.Armed != nil {
				o.Armed()
			}
			return nil
		})
	}
	if err := arming.Wait(); err != nil {
		cancel()
		return nil, errors.Join(err, wait())
	}
	return wait, nil
}

// armedAtOnce is on how many nodes observers are armed at the same time: it is
// mostly waiting for the threads that enter the nodes.
const armedAtOnce = 16

// background runs f in a goroutine; wait returns what f returned.
func background(f func() error) (wait func() error) {
	done := make(chan struct{})
	var err error
	go func() {
		defer close(done)
		err = f()
	}()
	return func() error {
		<-done
		return err
	}
}
