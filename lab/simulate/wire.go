package simulate

import (
	"slices"
	"time"

	"anylab/lab/fault"
	"anylab/lab/record"
	"anylab/topologies"
)

// wire is a link.
type wire struct {
	lab *Lab
	topologies.Link
	ports    [2]*port
	sessions []*session
	bfd      *bfd // nil: none
	forwards bool // the switch does, if there is one
}

// port is one end of a link.
type port struct {
	wire  *wire
	node  *node
	far   *port
	end   topologies.End
	up    bool // as an operator has it
	drops []*dropping
	data  history[passing] // of what leaves here
}

// passing is what becomes of data on its way.
type passing struct {
	open bool
	loss float64
}

// hopTime is what a hop takes beside the link's own delay: a kernel's forwarding.
const hopTime = 15 * time.Microsecond

func newWire(l *Lab, t topologies.Link) *wire {
	w := &wire{lab: l, Link: t, forwards: true}
	for i, e := range t.Ends {
		w.ports[i] = &port{wire: w, node: l.nodes[e.Node], end: e, up: true}
	}
	w.ports[0].far, w.ports[1].far = w.ports[1], w.ports[0]
	for _, p := range w.ports {
		p.node.ports = append(p.node.ports, p)
		p.data.set(l.now, passing{open: true})
	}
	return w
}

func (w *wire) port(node string) *port {
	if w.ports[0].node.Name == node {
		return w.ports[0]
	}
	return w.ports[1]
}

// carrier says whether the interface has one: a switch or a hop in between hides
// the far end's state.
func (p *port) carrier() bool { return p.up && (p.far.up || p.wire.Parted()) }

// passes says what becomes of a class of packets that leaves here now.
func (p *port) passes(class fault.Packets) passing {
	out := passing{open: p.up && p.far.up && (p.wire.forwards || !p.wire.Switch), loss: p.end.Shape.Loss}
	for _, d := range p.drops {
		switch {
		case d.Only != "" && d.Only != fault.All && d.Only != class:
		case d.Loss == 0:
			out.open = false
		default:
			out.loss = 1 - (1-out.loss)*(1-d.Loss)
		}
	}
	return out
}

// discards says whether a rule drops all of a class before it leaves, so that the
// interface does not see it.
func (p *port) discards(class fault.Packets) bool {
	return slices.ContainsFunc(p.drops, func(d *dropping) bool {
		return d.Loss == 0 && (d.Only == "" || d.Only == fault.All || d.Only == class)
	})
}

// takes is how long a packet that leaves here is under way.
func (p *port) takes() time.Duration {
	d := p.end.Shape.Delay + hopTime
	if p.end.Shape.Jitter > 0 {
		p.wire.lab.chance = true
		d += p.wire.lab.within(-p.end.Shape.Jitter, p.end.Shape.Jitter)
	}
	if p.wire.Hop {
		d += hopTime
	}
	return max(d, 0)
}

// changed is called after anything that decides what passes.
func (w *wire) changed() {
	for _, p := range w.ports {
		if now := p.passes(fault.DataPackets); now != p.data.last() {
			p.data.set(w.lab.now, now)
			w.lab.touched = w.lab.now
		}
	}
	if w.bfd != nil {
		w.bfd.changed()
	}
	for _, s := range w.sessions {
		s.changed()
	}
}

// set sets an end up or down, and has both ends notice.
func (w *wire) set(node string, up bool) {
	p := w.port(node)
	if p.up == up {
		return
	}
	had := [2]bool{w.ports[0].carrier(), w.ports[1].carrier()}
	p.up = up
	for i, q := range w.ports {
		if q.carrier() != had[i] {
			w.lab.emit(record.KindCarrier, q.node.Name, record.Carrier{Dev: q.end.Dev, Peer: q.far.node.Name, Up: q.carrier()})
		}
	}
	if !up {
		p.node.lose(p)
	}
	w.changed()
	for i, q := range w.ports {
		if had[i] && !q.carrier() {
			q.node.carrierLost(q)
		}
	}
	for _, q := range w.ports {
		q.node.look()
	}
}

// SetDown implements fault.Link.
func (w *wire) SetDown(node string) error { w.set(node, false); return nil }

// SetUp implements fault.Link.
func (w *wire) SetUp(node string) error { w.set(node, true); return nil }

// Carrier implements fault.Link.
func (w *wire) Carrier(node string) (bool, error) { return w.port(node).carrier(), nil }

// OppositeCarrier implements fault.Link.
func (w *wire) OppositeCarrier(node string) (bool, error) {
	p := w.port(node)
	if w.Parted() {
		return p.up, nil
	}
	return p.far.carrier(), nil
}

// StopSwitch implements fault.Switch.
func (w *wire) StopSwitch() error { w.forwards = false; w.changed(); return nil }

// StartSwitch implements fault.Switch.
func (w *wire) StartSwitch() error { w.forwards = true; w.changed(); return nil }

// SwitchForwards implements fault.Switch.
func (w *wire) SwitchForwards() (bool, error) { return w.forwards, nil }

// dropping is a rule that discards packets at one or more ports.
type dropping struct {
	fault.Filter
	ports  []*port
	active bool
}

// Drop implements fault.Network.
func (l *Lab) Drop(f fault.Filter, ways ...fault.Way) (fault.Dropping, error) {
	d := &dropping{Filter: f, active: true}
	for _, way := range ways {
		p := l.wires[way.Link].port(way.From)
		p.drops = append(p.drops, d)
		d.ports = append(d.ports, p)
	}
	d.changed()
	return d, nil
}

func (d *dropping) changed() {
	for _, p := range d.ports {
		p.wire.changed()
	}
}

// InEffect implements fault.Dropping.
func (d *dropping) InEffect() (bool, error) { return d.active, nil }

// Remove implements fault.Dropping.
func (d *dropping) Remove() error {
	if !d.active {
		return nil
	}
	d.active = false
	for _, p := range d.ports {
		p.drops = slices.DeleteFunc(p.drops, func(o *dropping) bool { return o == d })
	}
	d.changed()
	return nil
}
