// Package speaker is the embedded BGP speaker: a process of its own.
package speaker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/netip"
	"os"
	"os/signal"
	"sync"
	"time"

	api "github.com/osrg/gobgp/v3/api"
	"github.com/osrg/gobgp/v3/pkg/server"
	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/topologies/document"
)

const bgpPort = 179

// When the routes that a former speaker left are swept: settle after the last
// neighbor came up, which is ample for its first updates (they follow at once,
// and without graceful restart no End-of-RIB marker tells their end). A
// neighbor that has not come within patience is not waited for.
const (
	settle   = time.Second
	patience = 10 * time.Second
)

// readyFD is the pipe, the first of the extra files that the process gets, on
// which it writes a byte once it takes commands.
const readyFD = 3

// Main runs the embedded speaker until SIGTERM: the hidden subcommand that
// its driver starts on a node. Its one argument is the configuration
// file. It returns the exit code.
func Main(args []string) int {
	l := log.New(stamped{os.Stderr}, "", 0)
	if len(args) != 1 {
		l.Print("usage: speaker CONFIG")
		return 2
	}
	ctx, cancel := signal.NotifyContext(context.Background(), unix.SIGTERM, unix.SIGINT)
	defer cancel()
	go quit(l)
	if err := speak(ctx, args[0], l); err != nil {
		l.Print(err)
		return 1
	}
	return 0
}

// quit ends the process on SIGUSR1, as a speaker does that is to be restarted
// gracefully: without a NOTIFICATION, and leaving its routes in the kernel.
func quit(l *log.Logger) {
	told := make(chan os.Signal, 1)
	signal.Notify(told, unix.SIGUSR1)
	<-told
	l.Print("quitting for a graceful restart")
	os.Exit(0)
}

// speak runs the speaker that the file describes until ctx ends.
func speak(ctx context.Context, path string, l *log.Logger) error {
	var c Config
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return fmt.Errorf("decode configuration %s: %w", path, err)
	}
	bound(c)
	kernel, err := lab.NewRoutes() // closed by the end of the process
	if err != nil {
		return err
	}
	if c.Resilient != nil {
		if err := kernel.Resilient(*c.Resilient); err != nil {
			return err
		}
	}
	left, err := kernel.List()
	if err != nil {
		return err
	}
	f := newFIB(kernel, left, c.Neighbors, l)
	s := server.NewBgpServer(server.LoggerOption(logger{l}), server.GrpcListenAddress("unix://"+c.Socket))
	go s.Serve() // GoBGP has no end for it; the process is its end
	if err := begin(ctx, s, c, f); err != nil {
		return errors.Join(err, f.close())
	}
	detectors := newDetectors(c, l)
	stopBFD, err := detectors.start(c.Control, l) //nolint:contextcheck // it says goodbye to the neighbors after ctx has ended
	if err != nil {
		return errors.Join(err, f.close())
	}
	if err := ready(); err != nil {
		stopBFD()
		return errors.Join(err, f.close())
	}
	err = follow(ctx, s, c, detectors, f, l)
	stopBFD() // first: the neighbors need not find out
	l.Print("stopping")
	f.freeze() // the kernel forwards until the neighbors know better
	stop(s, l)
	return errors.Join(err, f.close())
}

// farewell bounds the end of the sessions: the routes must be removed before
// the driver loses patience.
const farewell = time.Second

// stop tells all neighbors that the sessions end.
func stop(s *server.BgpServer, l *log.Logger) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Stop()
	}()
	select {
	case <-done:
	case <-time.After(farewell):
		l.Print("GoBGP does not stop") // the end of the process stops it
	}
}

func ready() error {
	pipe := os.NewFile(readyFD, "ready")
	_, err := pipe.Write([]byte{1})
	if err = errors.Join(err, pipe.Close()); err != nil {
		return fmt.Errorf("tell that the speaker is ready: %w", err)
	}
	return nil
}

// begin configures the server, but for its neighbors.
func begin(ctx context.Context, s *server.BgpServer, c Config, f *fib) error {
	if err := s.StartBgp(ctx, &api.StartBgpRequest{Global: global(c)}); err != nil {
		return fmt.Errorf("start GoBGP: %w", err)
	}
	if err := exports(c).assign(ctx, s, api.PolicyDirection_EXPORT); err != nil {
		return err
	}
	if err := imports(c).assign(ctx, s, api.PolicyDirection_IMPORT); err != nil {
		return err
	}
	best := &api.WatchEventRequest{Table: &api.WatchEventRequest_Table{
		Filters: []*api.WatchEventRequest_Table_Filter{{Type: api.WatchEventRequest_Table_Filter_BEST, Init: true}},
	}}
	// The FIB writes in the watcher's own goroutine: no hand-over between a
	// best path and the kernel.
	err := s.WatchEvent(ctx, best, func(r *api.WatchEventResponse) { f.update(r.GetTable().GetPaths()) })
	if err != nil {
		return fmt.Errorf("watch best paths: %w", err)
	}
	for _, prefix := range c.Originate {
		path, err := EncodePath(prefix, c.ASN, c.Attributes[prefix])
		if err == nil {
			_, err = s.AddPath(ctx, &api.AddPathRequest{TableType: api.TableType_GLOBAL, Path: path})
		}
		if err != nil {
			return fmt.Errorf("originate %s: %w", prefix, err)
		}
	}
	return nil
}

// follow runs the sessions until ctx ends or the links can't be watched.
func follow(ctx context.Context, s *server.BgpServer, c Config, detectors detectors, f *fib, l *log.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	queue, err := acceptQueue(s)
	if err != nil {
		return err
	}
	up, turns := make(chan Neighbor, len(c.Neighbors)), make(chan struct{}, openedAtOnce)
	sessions := make(map[netip.Addr]*session) // without zones, which GoBGP's reports lack
	for _, n := range c.Neighbors {
		session := newSession(n, peerConfig(n, c.Restarting), s, queue, up, l)
		session.turns, session.failed = turns, detectors.failed(n)
		sessions[n.Remote.WithZone("")] = session
		wg.Go(func() { session.run(ctx) })
	}
	wg.Go(func() { reconcile(ctx, up, f, c.Large, l) })
	err = s.WatchEvent(ctx, &api.WatchEventRequest{Peer: &api.WatchEventRequest_Peer{}}, func(r *api.WatchEventResponse) {
		tell(ctx, sessions, r.GetPeer().GetPeer())
	})
	if err != nil {
		return fmt.Errorf("watch neighbors: %w", err)
	}
	return watchCarriers(ctx, l, func(dev string, up, carrier bool) {
		for _, session := range sessions {
			if session.Dev == dev {
				send(ctx, session.usable, up && (carrier || session.Lasting))
			}
		}
	})
}

// tell passes a state that GoBGP reports to its session.
func tell(ctx context.Context, sessions map[netip.Addr]*session, p *api.Peer) {
	if p == nil {
		return // the end of the initial reports
	}
	addr, err := netip.ParseAddr(p.GetState().GetNeighborAddress())
	if session := sessions[addr.WithZone("")]; err == nil && session != nil {
		send(ctx, session.states, stateOf(p))
	}
}

func send[T any](ctx context.Context, to chan<- T, v T) {
	select {
	case to <- v:
	case <-ctx.Done():
	}
}

// reconcile waits until every neighbor has come up once, or did not come, and
// ends the start: after the neighbors have had their say it sweeps what a
// former speaker left, and gives back memory.
func reconcile(ctx context.Context, up <-chan Neighbor, f *fib, large bool, l *log.Logger) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for came := range cap(up) {
		select {
		case <-up:
			continue
		case <-timer.C:
			l.Printf("only %d of %d neighbors came up in %v", came, cap(up), document.Duration(patience))
		case <-ctx.Done():
			return
		}
		break
	}
	timer.Reset(settle)
	select {
	case <-timer.C:
		f.sweep()
	case <-ctx.Done():
		return
	}
	if large {
		return
	}
	if err := slim(); err != nil {
		l.Printf("give back memory: %v", err)
	}
}
