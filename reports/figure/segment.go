package figure

import (
	"fmt"
	"slices"
	"strings"

	"anylab/lab/record"

	"gonum.org/v1/gonum/spatial/r2"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Segment is a switch that three or more nodes share, as it is drawn: a node among the
// others, which a line leads to from each of its ends.
type Segment struct {
	Name string // of no node
	Ends []SegmentEnd

	links []record.Link // each joins two of its ends
}

// SegmentEnd is a node's interface at a segment.
type SegmentEnd struct {
	record.LinkEnd
	About string // its part in the segment's VRRP; empty: none
}

// Segments lists the shared segments, in the order of their links.
func (n Network) Segments() []Segment {
	var list []Segment
	for _, l := range n.Topology.Links {
		name := "segment " + l.Segment
		i := slices.IndexFunc(list, func(s Segment) bool { return s.Name == name })
		switch {
		case l.Segment == "":
			continue
		case i < 0:
			list, i = append(list, Segment{Name: name}), len(list)
		}
		list[i].add(l)
	}
	for _, s := range list {
		s.describe()
	}
	return list
}

// Cables lists the links that are no part of a segment.
func (n Network) Cables() []record.Link {
	return slices.DeleteFunc(slices.Clone(n.Topology.Links), func(l record.Link) bool { return l.Segment != "" })
}

func (s *Segment) add(l record.Link) {
	s.links = append(s.links, l)
	for _, e := range l.Ends {
		if !slices.ContainsFunc(s.Ends, func(known SegmentEnd) bool { return known.Node == e.Node }) {
			s.Ends = append(s.Ends, SegmentEnd{LinkEnd: e})
		}
	}
}

// describe says which priority each member of the VRRP has: who has the highest is
// the master.
func (s Segment) describe() {
	highest := 0
	for _, e := range s.Ends {
		highest = max(highest, e.Priority)
	}
	for i, e := range s.Ends {
		if e.Priority == 0 {
			continue
		}
		s.Ends[i].About = fmt.Sprintf("priority %d", e.Priority)
		if e.Priority == highest {
			s.Ends[i].About += ", master"
		}
	}
}

// SegmentAbout says what runs on a segment: its VRRP, or else its BGP sessions, once if
// they are all alike.
func (n Network) SegmentAbout(s Segment) []string {
	var lines, sessions []string
	for _, l := range s.links {
		if v := l.VRRP; v != nil {
			return []string{fmt.Sprintf("VRRP %d every %v", v.ID, v.Interval)}
		}
		if about := strings.Join(n.session(l), ", "); about != "" {
			sessions, lines = append(sessions, about), append(lines, l.Ends[0].Node+"-"+l.Ends[1].Node+" "+about)
		}
	}
	if alike := slices.Compact(sessions); len(alike) == 1 {
		return alike
	}
	return lines
}

// amidst puts each segment between its ends.
func (n Network) amidst(at map[string]r2.Vec) {
	for _, s := range n.Segments() {
		var middle r2.Vec
		for _, e := range s.Ends {
			middle = r2.Add(middle, at[e.Node])
		}
		at[s.Name] = r2.Scale(1/float64(len(s.Ends)), middle)
	}
}

var segmentGlyph = draw.GlyphStyle{Color: ink, Radius: 5, Shape: bus{}}

// bus is a thick bar.
type bus struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (bus) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	half := vg.Point{X: 4 * style.Radius, Y: style.Radius / 2}
	c.SetColor(style.Color)
	c.Fill(vg.Rectangle{Min: at.Sub(half), Max: at.Add(half)}.Path())
}
