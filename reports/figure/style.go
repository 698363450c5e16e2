package figure

import (
	"image/color"
	"slices"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The palette of Okabe and Ito, which stays distinct with every common kind
// of colour blindness.
var (
	blue       = color.NRGBA{0x00, 0x72, 0xB2, 0xFF}
	orange     = color.NRGBA{0xE6, 0x9F, 0x00, 0xFF}
	green      = color.NRGBA{0x00, 0x9E, 0x73, 0xFF}
	sky        = color.NRGBA{0x56, 0xB4, 0xE9, 0xFF}
	purple     = color.NRGBA{0xCC, 0x79, 0xA7, 0xFF}
	yellow     = color.NRGBA{0xF0, 0xE4, 0x42, 0xFF}
	vermillion = color.NRGBA{0xD5, 0x5E, 0x00, 0xFF}

	ink   = color.NRGBA{0x20, 0x20, 0x20, 0xFF}
	muted = color.NRGBA{0x59, 0x59, 0x59, 0xFF}
	paper = color.NRGBA{0xFF, 0xFF, 0xFF, 0xFF}
	grid  = color.NRGBA{0xE0, 0xE0, 0xE0, 0xFF}
	dark  = color.NRGBA{0x4A, 0x00, 0x10, 0xFF} // lost requests: darker than any node
	grey  = color.NRGBA{0xA8, 0xA8, 0xA8, 0xFF} // answered, but by whom is not known
)

// nodeColors are given to the nodes by name; vermillion is left to the fault.
var nodeColors = []color.NRGBA{blue, orange, green, sky, purple, yellow}

// nodeColor returns the colour of node among all nodes, sorted. Beyond the
// palette it repeats, each time darker.
func nodeColor(nodes []string, node string) color.NRGBA {
	i := slices.Index(nodes, node)
	if i < 0 {
		return grey
	}
	c := nodeColors[i%len(nodeColors)]
	for range i / len(nodeColors) {
		c = color.NRGBA{c.R / 3 * 2, c.G / 3 * 2, c.B / 3 * 2, c.A}
	}
	return c
}

// faint returns c with the given opacity, 0 to 1.
func faint(c color.NRGBA, opacity float64) color.NRGBA {
	c.A = uint8(255 * opacity)
	return c
}

const (
	titleSize = 16
	textSize  = 12
	smallSize = 11 // nothing is smaller: it must be read from the last row
)

// writing returns a text style, left aligned on the base line.
func writing(size vg.Length, c color.Color) text.Style {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
	return text.Style{Color: c, Font: f, YAlign: draw.YBottom, Handler: plot.DefaultTextHandler}
}

func bold(size vg.Length, c color.Color) text.Style {
	s := writing(size, c)
	s.Font.Weight = xfont.WeightBold
	return s
}

// newPlot returns an empty plot in this package's style.
func newPlot() *plot.Plot {
	p := plot.New()
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Label.TextStyle.Font = writing(textSize, ink).Font
		a.Label.TextStyle.Color = ink
		a.Label.Padding = 4
		a.Tick.Label.Font = writing(smallSize, ink).Font
		a.Tick.Label.Color = ink
		a.Tick.Length = 4
		a.Color, a.Tick.Color = muted, muted
		a.Padding = 0
	}
	return p
}

// plotterFunc makes a function a plot.Plotter.
type plotterFunc func(draw.Canvas, *plot.Plot)

// Plot calls f.
func (f plotterFunc) Plot(c draw.Canvas, p *plot.Plot) { f(c, p) }

// at maps a data point onto the canvas of p's data.
func at(c draw.Canvas, p *plot.Plot, x, y float64) vg.Point {
	return vg.Point{X: c.X(p.X.Norm(x)), Y: c.Y(p.Y.Norm(y))}
}

// fill paints the rectangle between two data points, clipped to the axes.
func fill(c draw.Canvas, p *plot.Plot, col color.Color, x0, y0, x1, y1 float64) {
	x0, x1 = max(x0, p.X.Min), min(x1, p.X.Max)
	if !(x0 < x1) { // NaN included, which the rasteriser would follow for ever
		return
	}
	c.SetColor(col)
	c.Fill(vg.Rectangle{Min: at(c, p, x0, y0), Max: at(c, p, x1, y1)}.Path())
}
