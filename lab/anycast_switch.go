package lab

import (
	"context"
	"fmt"
)

// SwitchAnycast sets the interface with the anycast addresses up or down, as
// health checks do whose daemon announces what is connected. Where lo stands
// in for it the addresses are put on and taken off.
func (n *Node) SwitchAnycast(ctx context.Context, up bool) error {
	index, err := n.anycastIndex()
	if err != nil {
		return err
	}
	if index == 1 { // lo, which everything else needs
		if up {
			return n.RestoreAnycast(ctx)
		}
		return n.RemoveAnycast()
	}
	if !up {
		if err := n.setDown(index); err != nil {
			return fmt.Errorf("set %s of %s down: %w", n.AnycastDev, n.Name, err)
		}
		return nil
	}
	if err := n.setUp(index); err != nil {
		return fmt.Errorf("set %s of %s up: %w", n.AnycastDev, n.Name, err)
	}
	return n.RestoreAnycast(ctx) // IPv6 addresses go when an interface is set down
}
