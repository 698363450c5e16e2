//go:build !linux

package probe

import (
	"context"
	"net/netip"
	"time"

	"anylab/lab"
)

// Requests are sent from a lab's nodes, which are on Linux. Elsewhere it is known what
// can be asked.

func newDatagram(Config, dialect) transport    { return nil }
func newStream(Config, conversation) transport { return nil }
func newSessions(Config, dialogue) transport   { return nil }

type prober struct{ config Config }

func (*prober) Start(context.Context, *lab.Node, Recorder) (func() error, error) {
	return nil, lab.ErrNotLinux
}

func (*prober) Priority() string { return "" }

func Trace(context.Context, *lab.Node, netip.Addr, time.Duration) ([]Hop, error) {
	return nil, lab.ErrNotLinux
}
