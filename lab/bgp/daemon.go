package bgp

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"sync"

	"anylab/lab"
)

// ErrClosed is returned by the methods of a daemon that was closed.
var ErrClosed = errors.New("BGP daemon is closed")

// Daemon is a node's speaker that outlives its processes: it remembers what
// is announced, and new processes take over where the old ones ended. It is
// safe for concurrent use.
type Daemon struct {
	driver Driver
	node   *lab.Node
	config Config
	life   context.Context // of the processes; a Restart's own context only bounds the restart
	kill   context.CancelCauseFunc
	end    context.CancelCauseFunc // of the processes of the latest Restart, whose turn guards it

	// turn serialises what changes the announcements, so that the set here
	// and the one in the processes can't part. It is a channel because it is
	// waited for with a context: a frozen daemon may hold it for long.
	turn chan struct{}

	mu        sync.Mutex
	announced map[netip.Prefix]bool
	// attributes of announcements that are not plain, also of such as are not
	// in force just now.
	attributes map[netip.Prefix]Attributes
	tables     []Table // announced beside the prefixes
	speaker    Speaker // nil after a restart that failed
	closed     bool
	halted     bool // on purpose: it is not started again by itself

	watching sync.WaitGroup
}

// Start starts the speaker on the node. Its processes end with ctx.
func Start(ctx context.Context, d Driver, n *lab.Node, c Config) (*Daemon, error) {
	life, kill := context.WithCancelCause(ctx)
	b := &Daemon{
		driver: d, node: n, config: c, life: life, kill: kill,
		turn:      make(chan struct{}, 1),
		announced: make(map[netip.Prefix]bool), attributes: make(map[netip.Prefix]Attributes),
	}
	for _, p := range c.Originate {
		b.announced[p] = true
	}
	speaker, err := startWith(life, d, n, c)
	if err != nil {
		kill(err)
		return nil, refused(d, n, c, err)
	}
	b.speaker = speaker
	if err := b.tell(ctx, c.tables()...); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	b.tables = c.tables()
	b.watch(speaker) //nolint:contextcheck // it watches for as long as the daemon lives
	return b, nil
}

// startWith starts the daemon where its own file can be followed.
func startWith(ctx context.Context, d Driver, n *lab.Node, c Config) (Speaker, error) {
	if r, err := readFile(n.Daemon, c.File, c.Files); c.File != "" && err == nil && r != nil {
		for _, path := range r.Logs {
			if err := n.LogsTo(path.Value); err != nil {
				return nil, fmt.Errorf("%s: %w", path.At, err)
			}
		}
	}
	return d.Start(ctx, n, c)
}

// Announce adds the prefixes to the set in force. If the processes are dead
// it returns an error, yet the next Restart announces them.
func (b *Daemon) Announce(ctx context.Context, p ...netip.Prefix) error {
	return b.change(ctx, p, true)
}

// Withdraw takes the prefixes out of the set in force. If the processes are
// dead it returns an error, yet the next Restart does not announce them.
func (b *Daemon) Withdraw(ctx context.Context, p ...netip.Prefix) error {
	return b.change(ctx, p, false)
}

func (b *Daemon) change(ctx context.Context, prefixes []netip.Prefix, announce bool) error {
	if err := b.take(ctx); err != nil {
		return err
	}
	defer b.give()
	speaker, err := b.remember(prefixes, announce)
	if err != nil {
		return err
	}
	if announce {
		return b.announce(ctx, speaker, prefixes)
	}
	return speaker.Withdraw(ctx, prefixes...)
}

// remember changes the set in force and returns the speaker that must follow.
func (b *Daemon) remember(prefixes []netip.Prefix, announce bool) (Speaker, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range prefixes {
		if announce {
			b.announced[p] = true
		} else {
			delete(b.announced, p)
		}
	}
	return b.running()
}

// running returns the speaker; the caller holds mu.
func (b *Daemon) running() (Speaker, error) {
	if b.closed {
		return nil, fmt.Errorf("%s: %w", b.config.Node, ErrClosed)
	}
	if b.speaker == nil {
		return nil, fmt.Errorf("%s: BGP daemon did not come back after its restart", b.config.Node)
	}
	return b.speaker, nil
}

func (b *Daemon) current() (Speaker, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.running()
}

// take waits for the turn.
func (b *Daemon) take(ctx context.Context) error {
	select {
	case b.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s: wait for the BGP daemon: %w", b.config.Node, context.Cause(ctx))
	}
}

func (b *Daemon) give() { <-b.turn }

// Announced lists the set in force, sorted.
func (b *Daemon) Announced() []netip.Prefix {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.SortedFunc(maps.Keys(b.announced), netip.Prefix.Compare)
}

// Peers lists the neighbors as the speaker sees them.
func (b *Daemon) Peers(ctx context.Context) ([]Peer, error) {
	speaker, err := b.current()
	if err != nil {
		return nil, err
	}
	return speaker.Peers(ctx)
}

// Procs lists the processes of the running or last speaker.
func (b *Daemon) Procs() []*lab.Proc {
	speaker, err := b.current()
	if err != nil {
		return nil
	}
	return speaker.Procs()
}

// Restart starts new processes with the announcements in force. Old ones that
// are still alive are ended first; kernel routes that killed ones left are
// taken over. The context bounds the restart, not the new processes.
func (b *Daemon) Restart(ctx context.Context) error {
	old, err := b.current()
	if err == nil {
		err = old.Close() // also ends commands that hang on it, and so frees the turn
	}
	if errors.Is(err, ErrClosed) {
		return err
	}
	if err := b.take(ctx); err != nil {
		return err
	}
	defer b.give()
	return b.again(ctx, nil)
}

// again starts new processes, after what is left of the old speaker has ended.
// The caller has the turn.
func (b *Daemon) again(ctx context.Context, old Speaker) error {
	if old != nil {
		_ = old.Close() // a process that does not end is one of a daemon that starts all the same
	}
	config := b.config
	config.Originate, config.Restarting = b.Announced(), true
	config.Attributes = b.marked()
	speaker, err := b.start(ctx, config)
	if err := b.replace(speaker, err); err != nil { //nolint:contextcheck // what it watches lives as long as the daemon
		return err
	}
	return b.tell(ctx, b.Tables()...)
}

// start starts processes that live as long as the daemon's own context, but
// gives up when ctx ends before they take commands.
func (b *Daemon) start(ctx context.Context, c Config) (Speaker, error) {
	life, end := context.WithCancelCause(b.life)
	if b.end != nil {
		b.end(nil) // the old ones have ended; else every restart would add to life's children
	}
	b.end = end
	keep := context.AfterFunc(ctx, func() { end(context.Cause(ctx)) })
	speaker, err := b.driver.Start(life, b.node, c) //nolint:contextcheck // the processes outlive ctx
	if !keep() && err == nil {
		return nil, errors.Join(fmt.Errorf("restart BGP on %s: %w", c.Node, context.Cause(ctx)), speaker.Close())
	}
	if err != nil {
		end(err)
	}
	return speaker, err
}

// replace puts the new speaker in place, unless the daemon was closed
// meanwhile.
func (b *Daemon) replace(speaker Speaker, err error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		b.speaker = nil
		return fmt.Errorf("restart: %w", err)
	}
	if b.closed {
		return errors.Join(fmt.Errorf("%s: %w", b.config.Node, ErrClosed), speaker.Close())
	}
	b.speaker, b.halted = speaker, false
	b.watch(speaker)
	return nil
}

// marked returns the attributes in force.
func (b *Daemon) marked() map[netip.Prefix]Attributes {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.attributes)
}

// Close ends the processes, and a Restart that is under way. It is idempotent.
func (b *Daemon) Close() error {
	b.mu.Lock()
	speaker := b.speaker
	b.closed = true
	b.mu.Unlock()
	var err error
	if speaker != nil {
		err = speaker.Close()
	}
	b.kill(ErrClosed)
	b.watching.Wait()
	b.turn <- struct{}{} // the restart, if there was one, has ended
	b.give()
	return err
}
