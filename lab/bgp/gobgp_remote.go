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
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"

	"anylab/lab"
	"anylab/lab/speaker"
)

// gobgpSpeaker commands a process that has GoBGP's gRPC interface: the embedded
// speaker, or gobgpd.
type gobgpSpeaker struct {
	processes
	config  Config
	control string // the socket for BFD; empty without BFD
	conn    *grpc.ClientConn
	api     api.GobgpApiClient
	once    sync.Once
}

// dialGoBGP returns a client that connects when it is first used, and tries
// again quickly: the socket appears a moment after the process's start.
func dialGoBGP(n *lab.Node, c Config, socket string) (*gobgpSpeaker, error) {
	conn, err := grpc.NewClient("unix://"+socket,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.WaitForReady(true)), // do ends the wait for a dead process
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 2 * time.Millisecond, Multiplier: 1.2, MaxDelay: 20 * time.Millisecond},
			MinConnectTimeout: time.Second,
		}))
	if err != nil {
		return nil, err
	}
	return &gobgpSpeaker{processes: processes{node: n}, config: c, conn: conn, api: api.NewGobgpApiClient(conn)}, nil
}

// Announce originates the prefixes.
func (s *gobgpSpeaker) Announce(ctx context.Context, prefixes ...netip.Prefix) error {
	return s.AnnounceWith(ctx, Attributes{}, prefixes...)
}

// AnnounceWith originates the prefixes with the attributes.
func (s *gobgpSpeaker) AnnounceWith(ctx context.Context, a Attributes, prefixes ...netip.Prefix) error {
	for _, p := range prefixes {
		path, err := speaker.EncodePath(p, s.config.ASN, speaker.Attributes(a))
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
func (s *gobgpSpeaker) Withdraw(ctx context.Context, prefixes ...netip.Prefix) error {
	for _, p := range prefixes {
		path, err := speaker.EncodePath(p, s.config.ASN, speaker.Attributes{})
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
func (s *gobgpSpeaker) Reset(ctx context.Context, peer string, soft bool) error {
	known, err := s.known(ctx)
	if err != nil {
		return err
	}
	for _, n := range s.config.Neighbors {
		if peer != "" && n.Node != peer {
			continue
		}
		err := s.do(ctx, "reset the session with "+n.Node, func(ctx context.Context) error {
			if !soft && known[n.Remote].GetState().GetAdminState() == api.PeerState_PFX_CT {
				_, err := s.api.EnablePeer(ctx, &api.EnablePeerRequest{Address: n.Remote.String()})
				return err
			}
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
func (s *gobgpSpeaker) Peers(ctx context.Context) ([]Peer, error) {
	known, err := s.known(ctx)
	if err != nil {
		return nil, err
	}
	bfd, err := s.order(ctx, "list BFD sessions", speaker.Order{})
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

// known is GoBGP's own list.
func (s *gobgpSpeaker) known(ctx context.Context) (map[netip.Addr]*api.Peer, error) {
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
	return known, err
}

func peerOf(n Neighbor, p *api.Peer) Peer {
	peer := Peer{Node: n.Node, Addr: n.Remote, ASN: n.ASN, State: stateNamed(p.GetState().GetSessionState().String())}
	for _, f := range p.GetAfiSafis() {
		peer.Received += int(f.GetState().GetReceived())
	}
	return peer
}

// MuteBFD stops the transmission of BFD packets, or lets it go on.
func (s *gobgpSpeaker) MuteBFD(ctx context.Context, mute bool) error {
	_, err := s.order(ctx, "mute BFD", speaker.Order{Mute: &mute})
	return err
}

// BFDMuted says whether the transmission of BFD packets is stopped.
func (s *gobgpSpeaker) BFDMuted(ctx context.Context) (bool, error) {
	a, err := s.order(ctx, "ask for BFD", speaker.Order{})
	return a.Mute, err
}

// order gives the child an order about BFD, which without BFD does nothing.
func (s *gobgpSpeaker) order(ctx context.Context, what string, o speaker.Order) (a speaker.Account, err error) {
	if s.control == "" {
		return a, nil
	}
	err = s.do(ctx, what, func(ctx context.Context) error {
		a, err = speaker.Ask(ctx, s.control, o)
		return err
	})
	return a, err
}

// StopGracefully ends the child so that it tells its neighbors nothing and
// leaves its routes.
func (s *gobgpSpeaker) StopGracefully(ctx context.Context) error {
	proc := s.list[0]
	proc.Expect()
	if err := proc.Signal(quitQuietly); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop gobgp on %s: %w", s.node.Name, err)
	}
	select {
	case <-proc.Done():
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop gobgp on %s: %w", s.node.Name, ctx.Err())
	}
}

// Close ends the process: it tells its neighbors and removes its routes.
func (s *gobgpSpeaker) Close() error {
	err := s.processes.Close()
	s.once.Do(func() { err = errors.Join(err, s.conn.Close()) })
	return err
}
