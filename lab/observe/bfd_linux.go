package observe

import (
	"fmt"
	"net/netip"

	"github.com/gopacket/gopacket/layers"

	"anylab/lab"
	"anylab/lab/record"
)

// direction names one half of a BFD session on an interface.
type direction struct {
	index    int
	src, dst netip.Addr
}

// control is what is recorded of a BFD control packet when it changes.
type control struct {
	state layers.BFDState
	diag  layers.BFDDiagnostic
}

// takeBFD records a packet that differs from the one before it, and says whether it
// is one of BFD. Dozens come a second, and nearly all say the same; the capture file has
// them all.
func (w *wire) takeBFD(f frame, link lab.Interface, at record.Time) bool {
	now, src, dst, ok := w.decoder.packet(f.data)
	if !ok {
		return false
	}
	key := direction{f.index, src, dst}
	if before, known := w.said[key]; known && before == now {
		return true
	}
	w.said[key] = now
	from, to := w.ends(link, src, dst, f.outgoing)
	w.out.Emit(record.Event{At: at, Kind: record.KindBFD, Node: w.node, Data: record.BFD{
		Link: w.between(link, from, to), From: from, To: to, Out: f.outgoing, State: stateName(now.state), Diag: uint8(now.diag), Family: familyOf(src),
	}})
	return true
}

// stateName names a state as records do (RFC 5880 section 4.1).
func stateName(s layers.BFDState) string {
	switch s {
	case layers.BFDStateAdminDown:
		return "admin-down"
	case layers.BFDStateDown:
		return "down"
	case layers.BFDStateInit:
		return "init"
	case layers.BFDStateUp:
		return "up"
	}
	return fmt.Sprintf("state-%d", uint8(s)) // two bits: there is no other
}
