package figure

import (
	"bytes"
	"fmt"
	"html"
	"regexp"
	"strconv"
	"unicode"

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
	svg := bytes.ReplaceAll(out.Bytes(),
		[]byte("font-family:Liberation Sans;"),
		[]byte("font-family:Liberation Sans,Arimo,Arial,Helvetica,sans-serif;"))
	return bytes.Map(legal, textElement.ReplaceAllFunc(svg, ofItsLength)), nil
}

// legal replaces what no XML may hold (XML 1.0 section 2.2), and what acts unseen,
// such as marks that turn the direction of text: names in a record may hold
// anything.
func legal(r rune) rune {
	if r != '\t' && r != '\n' && !unicode.IsGraphic(r) {
		return unicode.ReplacementChar
	}
	return r
}

// textElement is one text of an SVG: its position, style and characters.
var textElement = regexp.MustCompile(`<text ([^>]*?)\s+style="([^"]*font-weight:(\w+);[^"]*font-size:([0-9.]+)px[^"]*)">([^<]*)</text>`)

// ofItsLength states how long the text is: a viewer that has none of those
// fonts would draw over what stands beside it.
func ofItsLength(element []byte) []byte {
	part := textElement.FindSubmatch(element)
	size, err := strconv.ParseFloat(string(part[4]), 64)
	if err != nil || len(part[5]) == 0 {
		return element
	}
	style := writing(vg.Points(size), ink)
	if string(part[3]) == "bold" {
		style = bold(vg.Points(size), ink)
	}
	length := style.Width(html.UnescapeString(string(part[5]))).Points()
	return fmt.Appendf(nil, `<text %s textLength="%.1f" lengthAdjust="spacingAndGlyphs" style="%s">%s</text>`, part[1], length, part[2], part[5])
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
