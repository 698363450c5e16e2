package world

import (
	"anylab/lab"
	"anylab/lab/fault"
)

// Breakable returns the world as faults see it, with what runs by now, in a round
// of trials.
func (w *World) Breakable(round uint64) *fault.World {
	b := &fault.World{Setting: w.Setting, Network: network{w.Lab}, Clock: clock{}, Shell: shell{w.Lab}, Round: round,
		Speakers: map[string]fault.Speaker{}, Running: map[string][]fault.Server{}}
	for node, d := range w.Speakers {
		b.Speakers[node] = speaker{d}
	}
	for node, list := range w.Running {
		for _, r := range list {
			b.Running[node] = append(b.Running[node], server{r})
		}
	}
	return b
}

// network is the lab's.
type network struct{ lab *lab.Lab }

// Drop implements fault.Network.
func (n network) Drop(f fault.Filter, ways ...fault.Way) (fault.Dropping, error) {
	list := make([]lab.Way, len(ways))
	for i, w := range ways {
		list[i] = lab.Way(w)
	}
	return n.lab.Drop(lab.Filter{Only: lab.Traffic(f.Only), Loss: f.Loss}, list...)
}

// Link implements fault.Network.
func (n network) Link(name string) (fault.Link, error) { return n.lab.Link(name) }

// Switch implements fault.Network.
func (n network) Switch(link string) (fault.Switch, error) { return n.lab.Link(link) }

// Node implements fault.Network.
func (n network) Node(name string) (fault.Node, error) {
	found, err := n.lab.Node(name)
	return node{found}, err
}
