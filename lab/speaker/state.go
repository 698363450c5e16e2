package speaker

import (
	"strings"

	api "github.com/osrg/gobgp/v3/api"
)

// state is a state of the finite state machine of RFC 4271 section 8.2.2.
type state = api.PeerState_SessionState

const (
	idle        = api.PeerState_IDLE
	active      = api.PeerState_ACTIVE
	openSent    = api.PeerState_OPENSENT
	openConfirm = api.PeerState_OPENCONFIRM
	established = api.PeerState_ESTABLISHED
)

// stateOf is GoBGP's state of the session with a neighbor, idle where it says
// none.
func stateOf(p *api.Peer) state { return max(p.GetState().GetSessionState(), idle) }

// named is a state as logs name it.
func named(s state) string { return strings.ToLower(s.String()) }
