package bgp

import (
	"context"
	"path/filepath"

	"anylab/lab"
)

// SpeakerOf is the daemon's running speaker.
func SpeakerOf(b *Daemon) Speaker { return b.speaker }

// AskZebra has FRR's zebra on a node carry out a command.
func AskZebra(ctx context.Context, n *lab.Node, command string) (string, error) {
	return vty(filepath.Join(n.Dir(), "zebra.vty")).do(ctx, command)
}

// Speakers lists the drivers of daemons that speak BGP.
func Speakers() []string { return Capable(func(c Capabilities) bool { return !c.VRRP }) }
