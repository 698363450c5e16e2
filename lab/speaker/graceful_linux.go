package speaker

import (
	"time"

	api "github.com/osrg/gobgp/v3/api"
)

// gracefulRestart is what the speaker offers a neighbor (RFC 4724 section 3),
// nil for nothing. A speaker that starts again sets the Restart State bit and
// sends no routes until the neighbors have sent theirs, or until patience ends.
func gracefulRestart(n Neighbor, restarting bool) *api.GracefulRestart {
	if n.Restart == 0 {
		return nil
	}
	return &api.GracefulRestart{
		Enabled:          true,
		RestartTime:      uint32(n.Restart / time.Second),
		DeferralTime:     uint32(patience / time.Second),
		LocalRestarting:  restarting,
		LonglivedEnabled: n.LongLived != 0,
	}
}
