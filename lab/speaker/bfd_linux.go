package speaker

import (
	"context"
	"fmt"
	"log"
	"net/netip"
	"sync"
	"time"

	"anylab/lab/bfd"
)

// reopenBFD is how long a BFD session waits whose sockets could not be opened,
// for instance because its interface has vanished.
const reopenBFD = time.Second

// detector runs the BFD session with one neighbor (RFC 5881 and 5883) next to its BGP
// session.
type detector struct {
	Neighbor
	log *log.Logger

	// failed says why the BGP session must be reset. It holds one: any number
	// of failures calls for one reset.
	failed chan string
	shared bool // others run at the same address

	mu      sync.Mutex
	session *bfd.Session // nil while it can't be opened
	state   bfd.State
	mute    bool
}

// detectors are those of a speaker, by the neighbor's address.
type detectors map[netip.Addr]*detector

// newDetectors returns a detector for each neighbor that has BFD.
func newDetectors(c Config, l *log.Logger) detectors {
	all := make(detectors)
	for _, n := range c.Neighbors {
		if n.BFD != nil {
			all[n.Remote] = &detector{Neighbor: n, log: l, failed: make(chan string, 1), state: bfd.Down}
		}
	}
	for _, d := range all {
		for _, other := range all {
			d.shared = d.shared || d != other && d.Local == other.Local && d.Dev == other.Dev
		}
	}
	return all
}

// failed returns what tells of the failures of the path to the neighbor; nil
// without BFD.
func (all detectors) failed(n Neighbor) <-chan string {
	if d := all[n.Remote]; d != nil {
		return d.failed
	}
	return nil
}

// start runs them all, and answers orders on the socket, until stop is called,
// which returns when the neighbors were told.
func (all detectors) start(socket string, l *log.Logger) (stop func(), err error) {
	if len(all) == 0 {
		return func() {}, nil
	}
	listener, err := openControl(socket)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, d := range all {
		wg.Go(func() { d.run(ctx) })
	}
	wg.Go(func() { control(ctx, listener, all, l) })
	return func() {
		cancel()
		wg.Wait()
	}, nil
}

// run works until ctx ends, and then tells the neighbor that BFD was taken
// down on purpose.
func (d *detector) run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := d.runOnce(ctx); err != nil {
			d.log.Printf("%s (%s): BFD: %v", d.Node, d.Remote, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(reopenBFD):
		}
	}
}

func (d *detector) runOnce(ctx context.Context) error {
	session, err := bfd.Open(bfd.Config{
		Local: d.Local, Remote: d.Remote, Dev: d.Dev,
		Interval: d.BFD.Interval, Receive: d.BFD.Receive, Multiplier: d.BFD.Multiplier, Routers: d.Routers, Shared: d.shared,
	})
	if err != nil {
		return err
	}
	d.mu.Lock()
	d.session, d.state = session, bfd.Down
	session.Mute(d.mute)
	d.mu.Unlock()
	return session.Run(ctx, d.changed)
}

// changed decides what a change of the BFD session means for BGP. Only a
// session that was up can fail: one that never came up says that the neighbor
// has no BFD, which does not forbid BGP. Nor has the path failed when the
// neighbor has taken its end down on purpose (RFC 5882 section 4.2).
func (d *detector) changed(c bfd.Change) {
	d.mu.Lock()
	before := d.state
	d.state = c.State
	d.mu.Unlock()
	d.log.Printf("%s (%s): BFD %s", d.Node, d.Remote, c.State)
	if before != bfd.Up || c.State != bfd.Down || c.Remote == bfd.AdminDown {
		return
	}
	select {
	case d.failed <- fmt.Sprintf("BFD down: %s", c.Diag):
	default:
	}
}

// status returns the state of the BFD session and whether it is mute.
func (d *detector) status() (state string, mute bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state.String(), d.mute
}

// silence stops the transmission, or lets it go on.
func (d *detector) silence(mute bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.mute = mute
	if d.session != nil {
		d.session.Mute(mute)
	}
}
