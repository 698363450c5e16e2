package figure

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/reports/words"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// farClients is from how many clients on, and farMS from what round trip of one of
// them, it is worth a figure how far away users are served.
const (
	farClients = 4
	farMS      = 10
)

// reached is how far away a client is served in one cell, in ms; 0: not at all.
type reached struct{ before, after float64 }

// reach draws how far away each client is served, before the fault and after it, cell
// beside cell; of each the first conclusive trial. It is nil where nobody is far away.
func reach(in Input) *picture {
	cells, clients, trips := in.reached()
	if len(clients) < farClients || !slices.ContainsFunc(clients, func(c string) bool { return trips[0][c].before >= farMS }) {
		return nil
	}
	slices.SortStableFunc(clients, func(a, b string) int { return cmp.Compare(trips[0][b].before, trips[0][a].before) })
	rows := vg.Length(len(clients))
	return &picture{"reach", 1.7*vg.Inch + rows*vg.Length(10+9*len(cells)), func(c draw.Canvas) {
		c = header(c, in.Scenario+": how far away users are served", medians(cells, clients, trips), reachKeys(cells, trips))
		p := newPlot()
		p.X.Label.Text = "round trip, ms"
		p.X.Min, p.Y.Min, p.Y.Max = 0, 0, float64(len(clients))
		ticks := plot.ConstantTicks{}
		for i, name := range clients {
			ticks = append(ticks, plot.Tick{Value: float64(len(clients)-i) - 0.5, Label: name})
			for _, of := range trips {
				p.X.Max = max(p.X.Max, 1.08*of[name].before, 1.08*of[name].after)
			}
		}
		p.Y.Tick.Marker, p.Y.Tick.Length, p.Y.Padding = ticks, 0, 6
		p.Add(plotterFunc(verticals), plotterFunc(func(c draw.Canvas, p *plot.Plot) {
			for i, name := range clients {
				for n, of := range trips {
					y := float64(len(clients)-i) - (float64(n)+0.5)/float64(len(trips))*0.8 - 0.1
					of[name].draw(c, p, y, n)
				}
			}
		}))
		p.Draw(c)
	}}
}

// reached lists the cells, the clients and how far away each is served in each cell.
func (in Input) reached() (cells, clients []string, trips []map[string]reached) {
	for _, t := range in.Trials {
		name := record.CellName(t.Failover.Cell)
		if t.Inconclusive || slices.Contains(cells, name) {
			continue
		}
		of := map[string]reached{}
		for _, c := range t.Failover.Clients {
			of[c.Name] = reached{millis(c.RoundTrip.Before), millis(c.RoundTrip.After)}
			if !slices.Contains(clients, c.Name) {
				clients = append(clients, c.Name)
			}
		}
		cells, trips = append(cells, name), append(trips, of)
	}
	return cells, clients, trips
}

func reachKeys(cells []string, trips []map[string]reached) []key {
	var keys []key
	for i, name := range cells {
		before := filled(i)
		keys = append(keys, key{label: strings.TrimSpace(name + " before the fault"), glyph: &before})
		if slices.ContainsFunc(sortedBy(trips[i]), func(r reached) bool { return r.after > 0 }) {
			after := ring(i)
			keys = append(keys, key{label: "after it", glyph: &after})
		} else {
			keys = append(keys, key{label: "after it nobody is served"})
		}
	}
	return keys
}

func sortedBy(of map[string]reached) []reached {
	var list []reached
	for _, r := range of {
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b reached) int { return cmp.Compare(a.before, b.before) })
	return list
}

// medians says what half of the clients have at most, cell after cell.
func medians(cells, clients []string, trips []map[string]reached) string {
	var texts []string
	for i, name := range cells {
		list := sortedBy(trips[i])
		median := words.Milliseconds(list[(len(list)-1)/2].before)
		texts = append(texts, strings.TrimSpace(fmt.Sprintf("%s %s", name, median)))
	}
	return fmt.Sprintf("half of the %d clients are served within: %s", len(clients), strings.Join(texts, "; "))
}

func filled(cell int) draw.GlyphStyle {
	return draw.GlyphStyle{Color: nodeColors[cell%len(nodeColors)], Radius: 4, Shape: draw.CircleGlyph{}}
}

func ring(cell int) draw.GlyphStyle {
	return draw.GlyphStyle{Color: nodeColors[cell%len(nodeColors)], Radius: 4, Shape: draw.RingGlyph{}}
}

// draw joins what was before to what is after.
func (r reached) draw(c draw.Canvas, p *plot.Plot, y float64, cell int) {
	from := at(c, p, r.before, y)
	if r.after > 0 {
		to := at(c, p, r.after, y)
		c.StrokeLine2(draw.LineStyle{Color: faint(nodeColors[cell%len(nodeColors)], 0.5), Width: 1.4}, from.X, from.Y, to.X, to.Y)
		c.DrawGlyph(ring(cell), to)
	}
	if r.before > 0 {
		c.DrawGlyph(filled(cell), from)
	}
}
