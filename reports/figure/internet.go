package figure

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Internet is what the figures of a simulation of the Internet show.
type Internet struct {
	Title  string
	Ends   []string // where packets end: sites, nobody, loops
	Shares []InternetShare
	Until  float64 // milliseconds, when the last share changes
	Curves []InternetCurve
}

// InternetShare is a span of time, up to the next one's: what part of the clients
// each end has.
type InternetShare struct {
	MS float64
	Of []float64
}

// InternetCurve is a distribution by hundredths of the clients.
type InternetCurve struct {
	Name   string
	MS     []float64
	Dashed bool
}

// SaveInternet draws the figures right in dir, and returns the files' names.
func SaveInternet(dir string, in Internet) ([]string, error) {
	return save(dir, []picture{in.shares(), in.distribution()})
}

// color is that of an end: dark where nobody answers.
func (in Internet) color(i int) color.NRGBA {
	switch i - len(in.Ends) {
	case -2:
		return dark
	case -1:
		return vermillion
	}
	return nodeColor(in.Ends[:len(in.Ends)-2], in.Ends[i])
}

// fewEnds is up to how many ends a legend names.
const fewEnds = 14

// shares stacks what part of the clients each end has, over time.
func (in Internet) shares() picture {
	return picture{"shares", 4.4 * vg.Inch, func(c draw.Canvas) {
		var keys []key
		for i, name := range in.Ends {
			if len(in.Ends) <= fewEnds || i >= len(in.Ends)-2 {
				keys = append(keys, key{label: name, fill: in.color(i)})
			}
		}
		c = header(c, in.Title, "simulated: share of the clients by who serves them, from the fault on; one colour for each site", keys)
		p := newPlot()
		p.X.Label.Text, p.Y.Label.Text = "after the fault, on a logarithmic scale", "share of the clients"
		scale := spans{wideScale{internetFinest}}
		p.X.Min, p.X.Max, p.X.Scale, p.X.Tick.Marker = 0, max(10*internetFinest, 1.15*in.Until), scale, scale
		p.Y.Min, p.Y.Max = 0, 1
		p.Y.Tick.Marker = percents{}
		p.Add(plotterFunc(in.stack))
		p.Draw(c)
	}}
}

// internetFinest is where the axes of times turn from linear to logarithmic.
const internetFinest = 100

func (in Internet) stack(c draw.Canvas, p *plot.Plot) {
	for k, s := range in.Shares {
		until := p.X.Max
		if k+1 < len(in.Shares) {
			until = in.Shares[k+1].MS
		}
		below := 0.0
		for i, part := range s.Of {
			fill(c, p, in.color(i), s.MS, below, until, min(1, below+part))
			below = min(1, below+part)
		}
	}
}

// end is where the axes of times end.
func (in Internet) end() float64 {
	end := 10.0 * internetFinest
	for _, curve := range in.Curves {
		for _, ms := range curve.MS {
			end = max(end, ms)
		}
	}
	return 1.15 * end
}

// percents marks quarters.
type percents struct{}

// Ticks implements plot.Ticker.
func (percents) Ticks(_, _ float64) []plot.Tick {
	var ticks []plot.Tick
	for v := 0.0; v <= 100; v += 25 {
		ticks = append(ticks, plot.Tick{Value: v / 100, Label: number(v) + " %"})
	}
	return ticks
}

// distribution draws what part of the clients a time is longer than.
func (in Internet) distribution() picture {
	colors := []color.NRGBA{blue, green, orange}
	style := func(i int, curve InternetCurve) draw.LineStyle {
		s := draw.LineStyle{Color: colors[i%len(colors)], Width: 2.2}
		if curve.Dashed {
			s.Dashes = []vg.Length{6, 3}
		}
		return s
	}
	return picture{"outages", 4.4 * vg.Inch, func(c draw.Canvas) {
		var keys []key
		for i, curve := range in.Curves {
			s := style(i, curve)
			keys = append(keys, key{label: curve.Name, line: &s})
		}
		c = header(c, in.Title, "simulated: cut off, of the clients that are; path not yet final, of the ASes whose path changes", keys)
		p := newPlot()
		p.X.Label.Text, p.Y.Label.Text = "after the fault, on a logarithmic scale", "share that waits longer"
		scale := spans{wideScale{internetFinest}}
		p.X.Min, p.X.Max, p.X.Scale, p.X.Tick.Marker = 0, in.end(), scale, scale
		p.Y.Min, p.Y.Max = 0, 1
		p.Y.Tick.Marker = percents{}
		p.Add(plotterFunc(verticals), plotterFunc(func(c draw.Canvas, p *plot.Plot) {
			for i, curve := range in.Curves {
				line := []vg.Point{at(c, p, 0, 1)}
				for k, ms := range curve.MS {
					share := 1 - float64(k)/math.Max(1, float64(len(curve.MS)-1))
					line = append(line, at(c, p, ms, share))
				}
				c.StrokeLines(style(i, curve), line)
			}
		}))
		p.Draw(c)
	}}
}
