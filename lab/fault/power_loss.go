package fault

import (
	"context"
	"errors"
	"time"

	"anylab/topologies"
)

// PowerLoss takes the power from a node. Its links fall silent first, both
// ways: the kernel would close the sockets of killed processes with a FIN,
// which a dead machine can't send. Then its processes are killed, and its
// health checkers halt with them.
//
// The carriers stay. Where a node's power also takes the light from its
// cables, isolate shows what that changes.
type PowerLoss struct {
	place Place
	role  topologies.Role
	cold  bool // it comes back as from a boot: nothing is left in the kernel's tables
}

// Check says whether the place is a node of the fault's role.
func (f *PowerLoss) Check(s Setting) error {
	_, err := f.place.node(s, f.role)
	return err
}

// Usual says: machines lose power, for good or for a moment.
func (f *PowerLoss) Usual() Usual {
	u := Usual{Of: SitePart, Does: "loses power"}
	if f.role == topologies.Router {
		u.Of = RouterPart
	}
	if f.cold {
		u.Does = "reboots"
	}
	return u
}

// Declare says: silence on all links.
func (f *PowerLoss) Declare(s Setting) Declaration {
	node := f.place.On[0]
	d := Declaration{
		Theory:   cutOff(s, node),
		Silences: true,
		Changes:  []string{daemonOf(node), anycastAddressesOf(node)},
		Needs:    discarding,
	}
	for _, c := range s.Services[node] {
		d.Changes = append(d.Changes, serviceOf(c.Name, node))
	}
	return d
}

// Inject drops, halts and kills, and leaves it to Active to see the processes
// gone: the node's silence is the moment that counts.
func (f *PowerLoss) Inject(_ context.Context, w *World) (Injected, error) {
	n, err := w.Node(f.place.On[0])
	if err != nil {
		return Injected{}, err
	}
	b := &blackout{PowerLoss: f, w: w, node: n, dark: true}
	in := Injected{active: b.active, heal: b.heal}
	if b.drop, err = w.drop(Filter{}, allWays(w.Setting, f.place.On[0])); err != nil {
		return in, err
	}
	// Halted before the kill, or a checker would still see its service die.
	for _, s := range w.Running[f.place.On[0]] {
		s.Halt()
	}
	if d, ok := w.Speakers[f.place.On[0]]; ok {
		d.Halt()
	}
	return in, each(n.Procs(), Kill)
}

// blackout is a node without power.
type blackout struct {
	*PowerLoss
	w    *World
	node Node
	drop Injected
	dark bool // until it was healed well
}

// reaping is how long killed processes may take until they are gone.
const reaping = 5 * time.Second

// active says whether the node is silent and none of its processes lives. One that
// was being started while the power went dies, too.
func (b *blackout) active(ctx context.Context) (bool, error) {
	silent, err := b.drop.Active(ctx)
	if err != nil || !silent {
		return false, err
	}
	return b.w.Await(ctx, reaping, func(context.Context) (bool, error) {
		if procs := b.node.Procs(); b.dark && !ended(procs) {
			return false, each(procs, Kill)
		}
		return ended(b.node.Procs()), nil
	})
}

// heal gives the power back: the kernel first, then the daemon, then the
// services, which announce the address once they are healthy.
func (b *blackout) heal(ctx context.Context) error {
	if !b.dark {
		return nil
	}
	dead, err := b.active(ctx)
	if err == nil && dead && b.cold {
		err = b.node.Flush()
	}
	if err := errors.Join(err, b.drop.Heal(ctx)); err != nil {
		return err
	}
	if err := b.startDaemon(ctx); err != nil {
		return err
	}
	if err := b.startServices(ctx); err != nil {
		return err
	}
	b.dark = false
	return nil
}

// startDaemon starts the daemon anew, without what the node's services had it
// announce: they do so themselves when they are back.
func (b *blackout) startDaemon(ctx context.Context) error {
	node := b.place.On[0]
	d, ok := b.w.Speakers[node]
	if !ok || !ended(d.Procs()) {
		return nil // a client has none
	}
	for _, c := range b.w.Services[node] {
		_ = d.Withdraw(ctx, c.Prefixes...) // an error: it is dead; but it remembers
	}
	return d.Restart(ctx)
}

func (b *blackout) startServices(ctx context.Context) error {
	var errs []error
	for _, s := range b.w.Running[b.place.On[0]] {
		err := s.Restart(ctx)
		if err == nil {
			s.Resume(ctx)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
