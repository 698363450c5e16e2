package bgp

import (
	"fmt"
	"slices"

	"anylab/topologies"
	"anylab/topologies/document"
)

// refusal is what a link asks of a daemon that can't do it.
type refusal struct {
	link, key string // key is a path below the link
	what      string // of it, with what it is called
}

func (e refusal) Error() string { return e.what }

// on is what messages call the link.
func (n Neighbor) on() string { return topologies.Link{Name: n.Link, Segment: n.Segment}.Called() }

func (n Neighbor) refuse(key, format string, args ...any) error {
	return refusal{n.Link, key, n.on() + fmt.Sprintf(format, args...)}
}

// at is where the link asks for it: itself, or with all others.
func (e refusal) at(t topologies.Topology) document.Raw {
	root := t.Source.Root()
	i := slices.IndexFunc(t.Links, func(l topologies.Link) bool { return l.Name == e.link })
	link := root.At(t.Links[i].Path())
	for _, said := range []document.Raw{link, root} {
		if said.HasPath(e.key) {
			return said.At(e.key)
		}
	}
	return link
}
