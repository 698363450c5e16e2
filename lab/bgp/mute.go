package bgp

import "context"

// A BFDMuter is a Speaker whose BFD can be made to fail alone.
type BFDMuter interface {
	// MuteBFD stops the transmission of BFD packets on all links, or lets it
	// go on. BGP and the reception of BFD are not concerned.
	MuteBFD(ctx context.Context, mute bool) error
	// BFDMuted says whether it is stopped.
	BFDMuted(ctx context.Context) (bool, error)
}

// MuteBFD stops the transmission of BFD packets, or lets it go on.
func (b *Daemon) MuteBFD(ctx context.Context, mute bool) error {
	m, err := speakerAs[BFDMuter](b, SilenceBFD)
	if err != nil {
		return err
	}
	return m.MuteBFD(ctx, mute)
}

// BFDMuted says whether the transmission of BFD packets is stopped.
func (b *Daemon) BFDMuted(ctx context.Context) (bool, error) {
	m, err := speakerAs[BFDMuter](b, SilenceBFD)
	if err != nil {
		return false, err
	}
	return m.BFDMuted(ctx)
}
