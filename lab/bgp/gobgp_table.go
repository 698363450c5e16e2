package bgp

import (
	"context"

	api "github.com/osrg/gobgp/v3/api"

	"anylab/lab/speaker"
)

// AnnounceTable originates the routes of the table.
func (s *gobgpSpeaker) AnnounceTable(ctx context.Context, t Table) error {
	return s.do(ctx, "announce a table", func(ctx context.Context) error { return s.stream(ctx, t, false) })
}

// WithdrawTable takes them back.
func (s *gobgpSpeaker) WithdrawTable(ctx context.Context, t Table) error {
	return s.do(ctx, "withdraw a table", func(ctx context.Context) error { return s.stream(ctx, t, true) })
}

// stream hands the routes over, and returns once GoBGP has taken the last of them.
func (s *gobgpSpeaker) stream(ctx context.Context, t Table, withdraw bool) error {
	const batch = 500
	stream, err := s.api.AddPathStream(ctx)
	if err != nil {
		return err
	}
	r := &api.AddPathStreamRequest{TableType: api.TableType_GLOBAL}
	for prefix, ases := range speaker.Table(t.Routes, t.Seed) {
		path, err := speaker.EncodeRoute(prefix, ases)
		if err != nil {
			return err
		}
		path.IsWithdraw = withdraw
		if r.Paths = append(r.Paths, path); len(r.Paths) == batch {
			if err := stream.Send(r); err != nil {
				break // CloseAndRecv says why
			}
			r.Paths = r.Paths[:0]
		}
	}
	if len(r.Paths) > 0 {
		_ = stream.Send(r) // likewise
	}
	_, err = stream.CloseAndRecv()
	return err
}
