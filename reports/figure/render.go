package figure

import (
	"bytes"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// width fits a slide, a page and a README alike.
const width = 10 * vg.Inch

var formats = []struct {
	ending string
	render func(picture) ([]byte, error)
}{
	{".svg", renderSVG},
	{".png", renderPNG},
}

func renderSVG(p picture) ([]byte, error) {
	c := vgsvg.New(width, p.height)
	p.draw(draw.New(c))
	var out bytes.Buffer
	if _, err := c.WriteTo(&out); err != nil {
		return nil, err
	}
	// The font's family is only a name in an SVG: where it isn't installed,
	// one of the same width must take its place, not the viewer's serif.
	return bytes.ReplaceAll(out.Bytes(),
		[]byte("font-family:Liberation Sans;"),
		[]byte("font-family:Liberation Sans,Arimo,Arial,Helvetica,sans-serif;")), nil
}

func renderPNG(p picture) ([]byte, error) {
	c := vgimg.NewWith(vgimg.UseWH(width, p.height), vgimg.UseDPI(144))
	p.draw(draw.New(c))
	var out bytes.Buffer
	if _, err := (vgimg.PngCanvas{Canvas: c}).WriteTo(&out); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
