package observe

import (
	"net/netip"

	"anylab/lab"
	"anylab/lab/record"
)

// virtual names a virtual router as it is heard on an interface.
type virtual struct {
	index int
	id    uint8
}

// advertised is what is recorded of an advertisement when it changes.
type advertised struct {
	from     string
	priority uint8
}

// takeVRRP records an advertisement that differs from the one before it: who holds the
// address says the same again and again, and the capture file has it all.
func (w *wire) takeVRRP(f frame, link lab.Interface, at record.Time) {
	id, priority, src, ok := w.decoder.advertisement(f.data)
	if !ok {
		return
	}
	from, _ := w.ends(link, src, netip.Addr{}, f.outgoing)
	key, now := virtual{f.index, id}, advertised{from, priority}
	if before, known := w.heard[key]; known && before == now {
		return
	}
	w.heard[key] = now
	a := record.Advertisement{Segment: link.Link, From: from, Out: f.outgoing, ID: id, Priority: priority}
	if k, err := w.lab.Link(link.Link); err == nil && k.Segment != "" {
		a.Segment = k.Segment
	}
	w.out.Emit(record.Event{At: at, Kind: record.KindVRRP, Node: w.node, Data: a})
}
