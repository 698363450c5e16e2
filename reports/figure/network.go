package figure

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"anylab/lab/record"
	"anylab/reports/words"

	"gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/iterator"
	"gonum.org/v1/gonum/graph/layout"
	"gonum.org/v1/gonum/graph/simple"
	"gonum.org/v1/gonum/spatial/r2"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Network is a topology to be drawn.
type Network struct {
	Topology record.Topology
	Served   map[string][]string // client -> sites that answer it; nil: not known
}

// About says what a node is, its name first.
func (n Network) About(node record.Node) []string {
	lines := []string{node.Name}
	if node.ASN != 0 {
		lines = append(lines, fmt.Sprintf("AS %d", node.ASN))
	}
	if node.Daemon != "" {
		lines = append(lines, node.Daemon)
	}
	if node.Role == record.AnycastNode {
		for _, p := range n.Topology.Anycast {
			lines = append(lines, p.String())
		}
	}
	return lines
}

// LinkAbout says what a link is like: its delay, its session and how that is watched.
func (n Network) LinkAbout(l record.Link) []string {
	var lines []string
	if there, back := l.Ends[0].Delay, l.Ends[1].Delay; there != 0 || back != 0 {
		text := words.Duration(there)
		if there != back {
			text += " there, " + words.Duration(back) + " back"
		}
		lines = append(lines, text)
	}
	if unnumbered(l) {
		lines = append(lines, "unnumbered")
	}
	return append(lines, n.session(l)...)
}

// session says what runs over a link: BGP within an AS or between two, who is a client
// of the route reflector there, and BFD.
func (n Network) session(l record.Link) []string {
	var lines []string
	if l.BGP != nil {
		lines = append(lines, n.bgp(l)+" hold "+l.BGP.Hold.String())
	}
	if client := reflected(l); client != "" {
		lines = append(lines, "rr client "+client)
	}
	if l.BFD != nil {
		lines = append(lines, fmt.Sprintf("BFD %v x %d", l.BFD.Interval, l.BFD.Multiplier))
	}
	return lines
}

// bgp is iBGP between speakers of one AS, else eBGP; empty where there is none.
func (n Network) bgp(l record.Link) string {
	a, _ := n.Topology.Node(l.Ends[0].Node)
	b, _ := n.Topology.Node(l.Ends[1].Node)
	switch {
	case l.BGP == nil:
		return ""
	case a.ASN == b.ASN:
		return "iBGP"
	}
	return "eBGP"
}

// reflected is the end that is a client of the route reflector at the other one; empty
// if there is none.
func reflected(l record.Link) string {
	for _, e := range l.Ends {
		if e.Client {
			return e.Node
		}
	}
	return ""
}

// unnumbered says whether the link's ends have link-local addresses only.
func unnumbered(l record.Link) bool {
	e := l.Ends[0]
	return !e.IPv4.IsValid() && e.IPv6.Addr().IsLinkLocalUnicast()
}

// Address is that of a link's end, IPv4 before IPv6; empty if it has none of its own,
// but a link-local one.
func Address(e record.LinkEnd) string {
	switch {
	case e.IPv4.IsValid():
		return e.IPv4.String()
	case e.IPv6.IsValid() && !e.IPv6.Addr().IsLinkLocalUnicast():
		return e.IPv6.String()
	}
	return ""
}

// Serving lists which site serves which client, in the topology's order.
func (n Network) Serving() [][2]string {
	var list [][2]string
	for _, client := range n.Topology.Of(record.ClientNode) {
		for _, site := range n.Served[client] {
			list = append(list, [2]string{site, client})
		}
	}
	return list
}

// mostLabelled is up to how many links are labelled: more are no drawing to read.
const mostLabelled = 40

// SVG draws the network: where its nodes stand, if all say so, else as springs pull
// those that are linked together.
func (n Network) SVG() ([]byte, error) { return renderSVG(n.picture()) }

// NetworkName is that of the drawing's file, without its ending.
const NetworkName = "network"

func (n Network) picture() picture {
	rows := max(4, vg.Length(len(n.Topology.Nodes))/4)
	return picture{NetworkName, min(12, 1.5+0.85*rows) * vg.Inch, func(c draw.Canvas) {
		s := n.sketch(c)
		s.links()
		s.segments()
		s.nodes()
	}}
}

// sketch is the network below its heading.
func (n Network) sketch(c draw.Canvas) sketch {
	c = header(c, n.Topology.Name, n.subtitle(), n.keys())
	return sketch{n, draw.Crop(c, 50, -50, 38, -16), n.layout()}
}

func (n Network) subtitle() string {
	text := fmt.Sprintf("%s, %s", words.Count(len(n.Topology.Nodes), "node"), words.Count(len(n.Cables()), "link"))
	if shared := len(n.Segments()); shared > 0 {
		text += ", " + words.Count(shared, "shared segment")
	}
	for _, p := range n.Topology.Anycast {
		text += ", anycast " + p.String()
	}
	return text
}

var roleGlyphs = map[record.NodeRole]draw.GlyphStyle{
	record.RouterNode:  {Color: muted, Radius: 7, Shape: draw.BoxGlyph{}},
	record.AnycastNode: {Color: blue, Radius: 8, Shape: draw.CircleGlyph{}},
	record.ClientNode:  {Color: orange, Radius: 6, Shape: draw.PyramidGlyph{}},
}

func (n Network) keys() []key {
	var keys []key
	for _, role := range []record.NodeRole{record.RouterNode, record.AnycastNode, record.ClientNode} {
		if len(n.Topology.Of(role)) > 0 {
			g := roleGlyphs[role]
			keys = append(keys, key{label: string(role), glyph: &g})
		}
	}
	if len(n.Segments()) > 0 {
		small := segmentGlyph
		small.Radius /= 2
		keys = append(keys, key{label: "shared segment", glyph: &small})
	}
	if len(n.Serving()) > 0 {
		keys = append(keys, key{label: "serves", line: &servesLine})
	}
	return keys
}

var servesLine = draw.LineStyle{Color: faint(green, 0.8), Width: 1.8, Dashes: []vg.Length{4, 3}}

// layout returns where the nodes are, in a square of 1.
func (n Network) layout() map[string]r2.Vec {
	at := map[string]r2.Vec{}
	for _, node := range n.Topology.Nodes {
		if node.Place == nil {
			return unit(n.springs())
		}
		at[node.Name] = r2.Vec{X: node.Place.Lon, Y: node.Place.Lat}
	}
	if len(at) > len(distinct(at)) {
		return unit(n.springs()) // some would stand on others
	}
	n.amidst(at)
	return unit(at)
}

func distinct(at map[string]r2.Vec) map[r2.Vec]bool {
	places := map[r2.Vec]bool{}
	for _, p := range at {
		places[p] = true
	}
	return places
}

// ordered is a graph whose nodes come in order, so that it is drawn the same way each
// time.
type ordered struct{ *simple.UndirectedGraph }

func byID(nodes graph.Nodes) graph.Nodes {
	list := graph.NodesOf(nodes)
	slices.SortFunc(list, func(a, b graph.Node) int { return int(a.ID() - b.ID()) })
	return iterator.NewOrderedNodes(list)
}

func (g ordered) Nodes() graph.Nodes        { return byID(g.UndirectedGraph.Nodes()) }
func (g ordered) From(id int64) graph.Nodes { return byID(g.UndirectedGraph.From(id)) }

func (n Network) springs() map[string]r2.Vec {
	g, ids := ordered{simple.NewUndirectedGraph()}, map[string]int64{}
	for i, node := range n.Topology.Nodes {
		ids[node.Name] = int64(i)
		g.AddNode(simple.Node(i))
	}
	for i, s := range n.Segments() {
		id := int64(len(n.Topology.Nodes) + i)
		ids[s.Name] = id
		g.AddNode(simple.Node(id))
		for _, e := range s.Ends {
			g.SetEdge(simple.Edge{F: simple.Node(id), T: simple.Node(ids[e.Node])})
		}
	}
	for _, l := range n.Cables() {
		if a, b := ids[l.Ends[0].Node], ids[l.Ends[1].Node]; a != b {
			g.SetEdge(simple.Edge{F: simple.Node(a), T: simple.Node(b)})
		}
	}
	// Where there are so many that nobody can tell them apart, less will do: each
	// update takes as long as there are pairs.
	const told = 200
	share := min(1, told*told/float64(len(n.Topology.Nodes)*len(n.Topology.Nodes)))
	e := layout.EadesR2{Updates: max(2, int(150*share)), Repulsion: 1, Rate: 0.05, Theta: 0.2, Src: rand.NewPCG(1, 1)}
	o := layout.NewOptimizerR2(g, e.Update)
	for o.Update() {
	}
	at := map[string]r2.Vec{}
	for name, id := range ids {
		at[name] = o.Coord2(id)
	}
	return at
}

// unit stretches the places over a square of 1.
func unit(at map[string]r2.Vec) map[string]r2.Vec {
	var low, high r2.Vec
	first := true
	for _, p := range at {
		if first {
			low, high, first = p, p, false
		}
		low, high = r2.Vec{X: min(low.X, p.X), Y: min(low.Y, p.Y)}, r2.Vec{X: max(high.X, p.X), Y: max(high.Y, p.Y)}
	}
	size := r2.Vec{X: max(1e-9, high.X-low.X), Y: max(1e-9, high.Y-low.Y)}
	for name, p := range at {
		at[name] = r2.Vec{X: (p.X - low.X) / size.X, Y: (p.Y - low.Y) / size.Y}
	}
	return at
}

// sketch draws a network on a canvas.
type sketch struct {
	Network
	c     draw.Canvas
	place map[string]r2.Vec
}

func (s sketch) at(node string) vg.Point {
	p, size := s.place[node], s.c.Size()
	return vg.Point{X: s.c.Min.X + vg.Length(p.X)*size.X, Y: s.c.Min.Y + vg.Length(p.Y)*size.Y}
}

func (s sketch) links() {
	wires := s.wires()
	for _, l := range wires {
		s.c.StrokeLine2(draw.LineStyle{Color: grey, Width: 1.2}, l.from.X, l.from.Y, l.to.X, l.to.Y)
	}
	for _, pair := range s.Serving() {
		a, b := s.at(pair[0]), s.at(pair[1])
		s.c.StrokeLine2(servesLine, a.X, a.Y, b.X, b.Y)
	}
	for _, t := range s.beside(wires) {
		s.write(t)
	}
}

// wire is a cable, or leads to a shared segment.
type wire struct {
	from, to vg.Point
	text     string
}

func (s sketch) wires() []wire {
	var list []wire
	for _, l := range s.Cables() {
		list = append(list, wire{s.at(l.Ends[0].Node), s.at(l.Ends[1].Node), s.brief(l)})
	}
	for _, b := range s.Segments() {
		for _, e := range b.Ends {
			list = append(list, wire{s.at(e.Node), s.at(b.Name), e.About})
		}
	}
	return list
}

// brief is what there is room for beside a link. Which BGP it is is said where some is
// internal.
func (s sketch) brief(l record.Link) string {
	var parts []string
	if d := l.Ends[0].Delay; d > 0 {
		parts = append(parts, words.Duration(d.Round(10*time.Microsecond)))
	}
	if unnumbered(l) {
		parts = append(parts, "unnumbered")
	}
	if s.internal() && l.BGP != nil {
		parts = append(parts, s.bgp(l))
	}
	if reflected(l) != "" {
		parts = append(parts, "rr client")
	}
	if l.BFD != nil {
		parts = append(parts, fmt.Sprintf("BFD %v x %d", l.BFD.Interval, l.BFD.Multiplier))
	}
	return strings.Join(parts, " ")
}

// internal says whether speakers of one AS have a session.
func (n Network) internal() bool {
	return slices.ContainsFunc(n.Topology.Links, func(l record.Link) bool { return n.bgp(l) == "iBGP" })
}

func (s sketch) nodes() {
	for _, node := range s.Topology.Nodes {
		p := s.at(node.Name)
		s.c.DrawGlyph(draw.GlyphStyle{Color: paper, Radius: nodeRadius, Shape: draw.CircleGlyph{}}, p)
		s.c.DrawGlyph(roleGlyphs[node.Role], p)
		for _, t := range s.named(node) {
			s.write(t)
		}
	}
}

// nodeRadius is that of the ground on which a node stands.
const nodeRadius = 10

// named is what stands below a node.
func (s sketch) named(node record.Node) []caption {
	p := s.at(node.Name)
	list := []caption{{vg.Point{X: p.X, Y: p.Y - 17}, node.Name, true}}
	if node.ASN != 0 && len(s.Topology.Nodes) <= mostLabelled {
		list = append(list, caption{vg.Point{X: p.X, Y: p.Y - 30}, fmt.Sprintf("AS %d", node.ASN), false})
	}
	return list
}

// segments draws what several nodes share.
func (s sketch) segments() {
	for _, b := range s.Segments() {
		p := s.at(b.Name)
		s.c.DrawGlyph(segmentGlyph, p)
		for _, t := range s.shared(b) {
			s.write(t)
		}
	}
}

// shared is what stands below a segment.
func (s sketch) shared(b Segment) []caption {
	var list []caption
	p := s.at(b.Name)
	for i, about := range s.SegmentAbout(b) {
		list = append(list, caption{vg.Point{X: p.X, Y: p.Y - 13 - vg.Length(i)*12}, about, false})
	}
	return list
}
