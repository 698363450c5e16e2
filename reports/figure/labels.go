package figure

import (
	"math"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// caption is a text that is centred at a point.
type caption struct {
	at     vg.Point
	says   string
	strong bool
}

func (t caption) style() text.Style {
	if t.strong {
		return bold(smallSize, ink)
	}
	return writing(smallSize, muted)
}

// box is the ground that it stands on.
func (t caption) box() vg.Rectangle {
	half := vg.Point{X: t.style().Width(t.says)/2 + 1, Y: 6}
	return vg.Rectangle{Min: t.at.Sub(half), Max: t.at.Add(half)}
}

// write writes a text on a light ground.
func (s sketch) write(t caption) {
	if t.says == "" {
		return
	}
	box := t.box()
	s.c.SetColor(faint(paper, 0.75))
	s.c.Fill(box.Path())
	s.c.FillText(t.style(), vg.Point{X: box.Min.X + 1, Y: box.Min.Y + 1}, t.says)
}

// grounds are where something stands that nothing else is to cover.
type grounds []vg.Rectangle

// taken are those of nodes and segments.
func (s sketch) taken() grounds {
	var list grounds
	for _, node := range s.Topology.Nodes {
		p, half := s.at(node.Name), vg.Point{X: nodeRadius, Y: nodeRadius}
		list = append(list, vg.Rectangle{Min: p.Sub(half), Max: p.Add(half)})
		for _, t := range s.named(node) {
			list = append(list, t.box())
		}
	}
	for _, b := range s.Segments() {
		for _, t := range s.shared(b) {
			list = append(list, t.box())
		}
	}
	return list
}

// along are the places on a wire where its text may stand, as shares of its length, the
// best first.
var along = []vg.Length{0.5, 0.43, 0.57, 0.36, 0.64, 0.29, 0.71, 0.22, 0.78}

// beside is what stands on the wires, unless there are too many to be read.
func (s sketch) beside(wires []wire) []caption {
	if len(wires) > mostLabelled {
		return nil
	}
	var list []caption
	taken := s.taken()
	for _, w := range wires {
		list = append(list, taken.find(w))
	}
	return list
}

// find gives the wire's text the first place where it covers nothing, or else the one
// where it covers least.
func (g *grounds) find(w wire) caption {
	var best caption
	if w.text == "" {
		return best
	}
	least := math.Inf(1)
	for _, share := range along {
		t := caption{at: vg.Point{X: w.from.X + share*(w.to.X-w.from.X), Y: w.from.Y + share*(w.to.Y-w.from.Y)}, says: w.text}
		if covers := g.covered(t.box()); covers < least {
			best, least = t, covers
		}
	}
	*g = append(*g, best.box())
	return best
}

// covered is how much of what stands somewhere the box would cover.
func (g grounds) covered(box vg.Rectangle) float64 {
	var sum vg.Length
	for _, r := range g {
		wide := min(r.Max.X, box.Max.X) - max(r.Min.X, box.Min.X)
		high := min(r.Max.Y, box.Max.Y) - max(r.Min.Y, box.Min.Y)
		sum += max(0, wide) * max(0, high)
	}
	return float64(sum)
}
