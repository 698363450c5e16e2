package bgp

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
)

// Attributes are what an announcement carries beyond its prefix and next hop.
// The zero value is the plain announcement.
type Attributes struct {
	Prepend     int      // how many more times the own AS stands in AS_PATH
	MED         uint32   // MULTI_EXIT_DISC; 0 sends none
	LocalPref   uint32   // LOCAL_PREF, which only internal sessions carry (RFC 4271 section 5.1.5); 0 is the default
	Communities []uint32 // RFC 1997
}

// GracefulShutdown is the community that asks the neighbors to prefer any
// other route (RFC 8326).
const GracefulShutdown uint32 = 65535 << 16

// IsZero says whether a is the plain announcement.
func (a Attributes) IsZero() bool {
	return a.Prepend == 0 && a.MED == 0 && a.LocalPref == 0 && len(a.Communities) == 0
}

// An Attributer is a Speaker that can change what its announcements carry.
type Attributer interface {
	// AnnounceWith announces the prefixes with the attributes, in place of
	// what was announced for them before.
	AnnounceWith(ctx context.Context, a Attributes, p ...netip.Prefix) error
}

// A Resetter is a Speaker that can reset its sessions.
type Resetter interface {
	// Reset resets the sessions with the node peer, or all if it is empty:
	// hard, by a Cease with Administrative Reset (RFC 4486), or soft, by
	// sending and judging all routes anew.
	Reset(ctx context.Context, peer string, soft bool) error
}

// A GracefulStopper is a Speaker that can end as if to be back soon.
type GracefulStopper interface {
	// StopGracefully ends the processes without a NOTIFICATION and leaves
	// their kernel routes, so that neighbors with which graceful restart was
	// negotiated go on forwarding (RFC 4724 section 4).
	StopGracefully(ctx context.Context) error
}

// SetAttributes sets what announcements of the prefixes carry, from now until
// it is set anew: of those in force at once, of others when they are announced.
func (b *Daemon) SetAttributes(ctx context.Context, a Attributes, prefixes ...netip.Prefix) error {
	if err := b.take(ctx); err != nil {
		return err
	}
	defer b.give()
	speaker, announced, err := b.mark(a, prefixes)
	if err != nil || len(announced) == 0 {
		return err
	}
	return announceWith(ctx, speaker, b.config.Node, a, announced)
}

// mark remembers the attributes, for restarts too, and returns the speaker
// that must follow and the prefixes that it announces now.
func (b *Daemon) mark(a Attributes, prefixes []netip.Prefix) (Speaker, []netip.Prefix, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var announced []netip.Prefix
	for _, p := range prefixes {
		if a.IsZero() {
			delete(b.attributes, p)
		} else {
			b.attributes[p] = a
		}
		if b.announced[p] {
			announced = append(announced, p)
		}
	}
	speaker, err := b.running()
	return speaker, announced, err
}

func announceWith(ctx context.Context, s Speaker, node string, a Attributes, prefixes []netip.Prefix) error {
	attributer, ok := s.(Attributer)
	if !ok {
		return fmt.Errorf("%s: the driver of its BGP daemon (%T) can't change attributes", node, s)
	}
	return attributer.AnnounceWith(ctx, a, prefixes...)
}

// announce announces each prefix with its attributes in force.
func (b *Daemon) announce(ctx context.Context, s Speaker, prefixes []netip.Prefix) error {
	var plain []netip.Prefix
	for _, p := range prefixes {
		a := b.Attributes(p)
		if a.IsZero() {
			plain = append(plain, p)
			continue
		}
		if err := announceWith(ctx, s, b.config.Node, a, []netip.Prefix{p}); err != nil {
			return err
		}
	}
	if len(plain) == 0 {
		return nil
	}
	return s.Announce(ctx, plain...)
}

// Attributes returns what announcements of the prefix carry.
func (b *Daemon) Attributes(p netip.Prefix) Attributes {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.attributes[p]
}

// Reset resets the sessions with the node peer, or all if it is empty. It
// returns once the daemon was told.
func (b *Daemon) Reset(ctx context.Context, peer string, soft bool) error {
	resetter, err := speakerAs[Resetter](b, ResetSessions)
	if err != nil {
		return err
	}
	return resetter.Reset(ctx, peer, soft)
}

// Stop ends the processes until the next Restart: cleanly, so that the
// neighbors are told and the kernel routes removed, or gracefully, as if to be
// back soon.
func (b *Daemon) Stop(ctx context.Context, graceful bool) error {
	speaker, err := b.current()
	if err != nil {
		return err
	}
	b.Halt()
	if !graceful {
		return speaker.Close()
	}
	stopper, err := speakerAs[GracefulStopper](b, StopGracefully)
	if err != nil {
		return err
	}
	return errors.Join(stopper.StopGracefully(ctx), speaker.Close())
}
