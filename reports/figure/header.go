package figure

import (
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// margin is kept free around every figure.
const margin = 14

// key is one entry of a legend: a colour, a line or a glyph, and its meaning.
type key struct {
	label string
	fill  color.Color
	line  *draw.LineStyle
	glyph *draw.GlyphStyle
}

// header writes title, subtitle and legend from the canvas's top down, and
// returns what is left below them.
func header(c draw.Canvas, title, subtitle string, keys []key) draw.Canvas {
	c.SetColor(paper)
	c.Fill(c.Path())
	c = draw.Crop(c, margin, -margin, margin, -margin)
	c = line(c, titleSize, title, true)
	if subtitle != "" {
		c = line(c, smallSize, subtitle, false)
	}
	if len(keys) > 0 {
		c = legend(draw.Crop(c, 0, 0, 0, -2), keys)
	}
	return draw.Crop(c, 0, 0, 0, -4)
}

// line writes one line of text at the canvas's top, smaller where it would
// not fit, and returns the canvas below.
func line(c draw.Canvas, size vg.Length, s string, strong bool) draw.Canvas {
	style := writing(size, muted)
	if strong {
		style = bold(size, ink)
	}
	for style.Width(s) > c.Size().X && style.Font.Size > smallSize {
		style.Font.Size--
	}
	h := style.Font.Size * 1.35
	c.FillText(style, vg.Point{X: c.Min.X, Y: c.Max.Y - h + 3}, s)
	return draw.Crop(c, 0, 0, 0, -h)
}

// legend sets the keys side by side, on as many lines as they need.
func legend(c draw.Canvas, keys []key) draw.Canvas {
	const swatch, height, gap = 16, 17, 16
	style := writing(smallSize, ink)
	x, y := c.Min.X, c.Max.Y-height
	for _, k := range keys {
		w := swatch + 5 + style.Width(k.label)
		if x > c.Min.X && x+w > c.Max.X {
			x, y = c.Min.X, y-height
		}
		drawKey(c, k, vg.Rectangle{Min: vg.Point{X: x, Y: y + 3}, Max: vg.Point{X: x + swatch, Y: y + 14}})
		c.FillText(style, vg.Point{X: x + swatch + 5, Y: y + 4}, k.label)
		x += w + gap
	}
	c.Max.Y = y
	return c
}

func drawKey(c draw.Canvas, k key, box vg.Rectangle) {
	middle := vg.Point{X: (box.Min.X + box.Max.X) / 2, Y: (box.Min.Y + box.Max.Y) / 2}
	if k.fill != nil {
		c.SetColor(k.fill)
		c.Fill(box.Path())
	}
	if k.line != nil {
		c.StrokeLine2(*k.line, box.Min.X, middle.Y, box.Max.X, middle.Y)
	}
	if k.glyph != nil {
		c.DrawGlyph(*k.glyph, middle)
	}
}
