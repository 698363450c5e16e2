package figure

import (
	"testing"
	"time"

	"anylab/lab/record"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// reflecting is a network of two route reflectors, whose links cross each other, and much is
// to be said of each.
func reflecting() Network {
	t := record.Topology{Name: "reflectors"}
	for _, name := range []string{"edge", "rr1", "rr2", "a", "b"} {
		role := record.RouterNode
		if len(name) == 1 {
			role = record.AnycastNode
		}
		t.Nodes = append(t.Nodes, record.Node{Name: name, Role: role, ASN: 65000})
	}
	t.Nodes = append(t.Nodes, record.Node{Name: "london", Role: record.ClientNode})
	for _, ends := range [][2]string{{"edge", "rr1"}, {"edge", "rr2"}, {"rr1", "a"}, {"rr1", "b"}, {"rr2", "a"}, {"rr2", "b"}} {
		t.Links = append(t.Links, record.Link{Ends: [2]record.LinkEnd{{Node: ends[0]}, {Node: ends[1], Client: true}},
			BGP: &record.Timers{Hold: 3 * time.Second}, BFD: &record.BFDTimers{Interval: 50 * time.Millisecond, Multiplier: 3}})
	}
	t.Links = append(t.Links, record.Link{Ends: [2]record.LinkEnd{{Node: "edge"}, {Node: "london"}}})
	return Network{Topology: t}
}

// What stands on the links covers neither nodes nor their names, nor each other.
func TestLinksTextsCoverNothing(t *testing.T) {
	n := reflecting()
	s := n.sketch(draw.New(vgsvg.New(width, n.picture().height)))
	taken := s.taken()
	for _, c := range s.beside(s.wires()) {
		if c.says == "" {
			continue
		}
		for _, other := range taken {
			if overlap(other, c.box()) {
				t.Errorf("%q at %v covers what stands at %v", c.says, c.box(), other)
			}
		}
		taken = append(taken, c.box())
	}
	if len(taken) != 17+6 {
		t.Errorf("%d things are drawn, want 6 nodes, their 11 texts, and 6 of links", len(taken))
	}
}

// Where all places on a wire are covered, the one with the most room is taken.
func TestTheMostRoom(t *testing.T) {
	full := grounds{{Min: vg.Point{X: -100, Y: -100}, Max: vg.Point{X: 1100, Y: 100}}, {Min: vg.Point{X: -100, Y: -100}, Max: vg.Point{X: 600, Y: 100}}}
	if c := full.find(wire{to: vg.Point{X: 1000}, text: "BFD"}); c.at.X <= 600 {
		t.Errorf("it stands at %v, where two things are", c.at)
	}
}
