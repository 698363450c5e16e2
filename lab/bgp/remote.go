package bgp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"sync"
	"time"

	api "github.com/osrg/gobgp/v3/api"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc"

	"anylab/lab"
)

// remote commands a child process.
type remote struct {
	config  Config
	proc    *lab.Proc
	control string // the socket for BFD; empty without BFD
	conn    *grpc.ClientConn
	api     api.GobgpApiClient

	closing sync.Once
	closed  error // what closing came to
}

// await returns once the child has written to the pipe, or has died.
func (s *remote) await(ctx context.Context, ready *os.File) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	ctx, stop := s.whileAlive(ctx)
	defer stop()
	unblock := context.AfterFunc(ctx, func() { _ = ready.SetReadDeadline(time.Unix(1, 0)) })
	defer unblock()
	_, err := ready.Read(make([]byte, 1))
	if errors.Is(err, io.EOF) {
		<-ctx.Done() // only the process's end closes the pipe
	}
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// whileAlive returns a context that ends with ctx or with the process, which
// its cause then names.
func (s *remote) whileAlive(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-s.proc.Done():
			cancel(fmt.Errorf("process ended: %s", s.proc.Status()))
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-watched
	}
}

// do carries out one command, and gives up when the process ends.
func (s *remote) do(ctx context.Context, what string, f func(context.Context) error) error {
	select {
	case <-s.proc.Done(): // says more than the closed connection would
		return fmt.Errorf("%s on %s: process ended: %s", what, s.config.Node, s.proc.Status())
	default:
	}
	ctx, stop := s.whileAlive(ctx)
	defer stop()
	err := f(ctx)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause // says more than gRPC's "context canceled"
		}
		return fmt.Errorf("%s on %s: %w", what, s.config.Node, err)
	}
	return nil
}

// Announce originates the prefixes.
func (s *remote) Announce(ctx context.Context, prefixes ...netip.Prefix) error {
	return s.AnnounceWith(ctx, Attributes{}, prefixes...)
}

// AnnounceWith originates the prefixes with the attributes.
func (s *remote) AnnounceWith(ctx context.Context, a Attributes, prefixes ...netip.Prefix) error {
	for _, p := range prefixes {
		path, err := localPath(p, s.config.ASN, a)
		if err != nil {
			return err
		}
		err = s.do(ctx, "announce "+p.String(), func(ctx context.Context) error {
			_, err := s.api.AddPath(ctx, &api.AddPathRequest{TableType: api.TableType_GLOBAL, Path: path})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Withdraw takes the prefixes back. GoBGP sends withdrawals at once: it has
// no MinRouteAdvertisementInterval (RFC 4271 section 9.2.1.1).
func (s *remote) Withdraw(ctx context.Context, prefixes ...netip.Prefix) error {
	for _, p := range prefixes {
		path, err := localPath(p, s.config.ASN, Attributes{})
		if err != nil {
			return err
		}
		err = s.do(ctx, "withdraw "+p.String(), func(ctx context.Context) error {
			_, err := s.api.DeletePath(ctx, &api.DeletePathRequest{TableType: api.TableType_GLOBAL, Path: path})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Reset resets the sessions with the node peer, or all.
func (s *remote) Reset(ctx context.Context, peer string, soft bool) error {
	for _, n := range s.config.Neighbors {
		if peer != "" && n.Node != peer {
			continue
		}
		err := s.do(ctx, "reset the session with "+n.Node, func(ctx context.Context) error {
			_, err := s.api.ResetPeer(ctx, &api.ResetPeerRequest{
				Address: n.Remote.String(), Soft: soft, Direction: api.ResetPeerRequest_BOTH,
			})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Peers lists the neighbors. Those whose link has no carrier are not in
// GoBGP's list, which is why they are idle here.
func (s *remote) Peers(ctx context.Context) ([]Peer, error) {
	known := make(map[netip.Addr]*api.Peer)
	err := s.do(ctx, "list neighbors", func(ctx context.Context) error {
		stream, err := s.api.ListPeer(ctx, &api.ListPeerRequest{})
		if err != nil {
			return err
		}
		for {
			r, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if a, err := netip.ParseAddr(r.GetPeer().GetState().GetNeighborAddress()); err == nil {
				known[a] = r.GetPeer()
			}
		}
	})
	if err != nil {
		return nil, err
	}
	bfd, err := s.order(ctx, "list BFD sessions", order{})
	if err != nil {
		return nil, err
	}
	peers := make([]Peer, 0, len(s.config.Neighbors))
	for _, n := range s.config.Neighbors {
		p := peerOf(n, known[n.Remote])
		p.BFD = bfd.BFD[n.Remote]
		peers = append(peers, p)
	}
	return peers, nil
}

func peerOf(n Neighbor, p *api.Peer) Peer {
	peer := Peer{Node: n.Node, Addr: n.Remote, ASN: n.ASN, State: stateOf(p)}
	for _, f := range p.GetAfiSafis() {
		peer.Received += int(f.GetState().GetReceived())
	}
	return peer
}

// MuteBFD stops the transmission of BFD packets, or lets it go on.
func (s *remote) MuteBFD(ctx context.Context, mute bool) error {
	_, err := s.order(ctx, "mute BFD", order{Mute: &mute})
	return err
}

// BFDMuted says whether the transmission of BFD packets is stopped.
func (s *remote) BFDMuted(ctx context.Context) (bool, error) {
	a, err := s.order(ctx, "ask for BFD", order{})
	return a.Mute, err
}

// order gives the child an order about BFD, which without BFD does nothing.
func (s *remote) order(ctx context.Context, what string, o order) (a account, err error) {
	if s.control == "" {
		return a, nil
	}
	err = s.do(ctx, what, func(ctx context.Context) error {
		a, err = give(ctx, s.control, o)
		return err
	})
	return a, err
}

// Procs returns the child.
func (s *remote) Procs() []*lab.Proc { return []*lab.Proc{s.proc} }

// StopGracefully ends the child so that it tells its neighbors nothing and
// leaves its routes.
func (s *remote) StopGracefully(ctx context.Context) error {
	s.proc.Expect()
	if err := s.proc.Signal(unix.SIGUSR1); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop gobgp on %s: %w", s.config.Node, err)
	}
	select {
	case <-s.proc.Done():
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop gobgp on %s: %w", s.config.Node, ctx.Err())
	}
}

// Close ends the child: it tells its neighbors and removes its routes. Frozen
// ones are thawed first, hung ones killed after 2 s.
func (s *remote) Close() error {
	s.closing.Do(func() {
		s.closed = errors.Join(s.proc.Stop(context.Background()), s.conn.Close())
	})
	return s.closed
}
