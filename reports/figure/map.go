package figure

import (
	"image/color"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
	"anylab/reports/words"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// catchmentName is the file of the map, without its ending.
const catchmentName = "catchment"

// served is who served a client, and how far away.
type served struct {
	client string
	sites  []string // none: nobody
	trip   time.Duration
}

// label names the client, and its round trip.
func (s served) label() string {
	if len(s.sites) == 0 || s.trip == 0 {
		return s.client
	}
	return s.client + " " + words.Milliseconds(millis(s.trip))
}

// catchment draws who is served by which site, on a map, before the fault and after
// it, as the trial that is looked at more closely shows it. It is nil where the places
// of two clients and a site are not known.
func catchment(in Input) *picture {
	i := slices.IndexFunc(in.Trials, func(t Trial) bool { return len(t.Samples) > 0 })
	if i < 0 {
		return nil
	}
	f := in.Trials[i].Failover
	before := in.servedBy(f, func(c timeline.Client) (map[string]string, time.Duration) {
		return c.Before.AnsweredBy, c.RoundTrip.Before
	})
	after := in.servedBy(f, func(c timeline.Client) (map[string]string, time.Duration) {
		return c.Broken.AnsweredBy, c.RoundTrip.After
	})
	sites := slices.DeleteFunc(slices.Clone(in.Sites), func(s string) bool { _, ok := in.Places[s]; return !ok })
	if len(before) < 2 || len(sites) == 0 {
		return nil
	}
	w := windowOf(slices.Collect(maps.Values(in.Places)))
	panels := []struct {
		title string
		list  []served
	}{{"before", before}}
	if f.Fault != "" {
		panels = append(panels, struct {
			title string
			list  []served
		}{"after " + f.Fault + " on " + strings.Join(f.On, "-"), after})
	}
	const panelHeight = 4.1 * vg.Inch
	return &picture{catchmentName, vg.Length(len(panels))*panelHeight + 0.9*vg.Inch, func(c draw.Canvas) {
		c = header(c, in.Scenario+": who is served where", "a line leads from each client to the site that answers it; the times are round trips", in.mapKeys(sites))
		height := c.Size().Y / vg.Length(len(panels))
		for n, p := range panels {
			own := draw.Crop(c, 0, 0, c.Size().Y-vg.Length(n+1)*height, -vg.Length(n)*height)
			own = line(own, textSize, p.title, true)
			atlas{draw.Crop(own, 0, 0, 8, -4), w, in.Places, in.Sites}.draw(p.list, sites)
		}
	}}
}

func (in Input) mapKeys(sites []string) []key {
	var keys []key
	for _, s := range sites {
		keys = append(keys, key{label: s, glyph: &draw.GlyphStyle{Color: nodeColor(in.Sites, s), Radius: 5, Shape: draw.BoxGlyph{}}})
	}
	return append(keys, key{label: "answered by nobody", glyph: &unserved})
}

var unserved = draw.GlyphStyle{Color: dark, Radius: 4, Shape: draw.CrossGlyph{}}

// servedBy lists the clients whose places are known, each once.
func (in Input) servedBy(f timeline.Failover, of func(timeline.Client) (map[string]string, time.Duration)) []served {
	var list []served
	for _, c := range f.Clients {
		_, placed := in.Places[c.Name]
		if !placed || slices.ContainsFunc(list, func(s served) bool { return s.client == c.Name }) {
			continue
		}
		answered, trip := of(c)
		s := served{client: c.Name, trip: trip}
		for _, together := range answered {
			s.sites = append(s.sites, strings.Split(together, timeline.Together)...)
		}
		slices.Sort(s.sites)
		s.sites = slices.Compact(s.sites)
		list = append(list, s)
	}
	return list
}

// window is the part of the world that a map shows, in degrees.
type window struct{ west, east, south, north float64 }

// windowOf holds all places with some room around them, twice as wide as it is high.
func windowOf(places []record.Place) window {
	w := window{180, -180, 90, -90}
	for _, p := range places {
		w.west, w.east = min(w.west, p.Lon), max(w.east, p.Lon)
		w.south, w.north = min(w.south, p.Lat), max(w.north, p.Lat)
	}
	const room = 0.18
	wide, high := max(20, w.east-w.west)*(1+2*room), max(10, w.north-w.south)*(1+2*room)
	wide = max(wide, 2*high)
	high = wide / 2
	lon, lat := (w.west+w.east)/2, (w.south+w.north)/2
	return window{lon - wide/2, lon + wide/2, lat - high/2, lat + high/2}
}

// atlas draws on a map of equal degrees.
type atlas struct {
	c      draw.Canvas
	w      window
	places map[string]record.Place
	sites  []string // by which colours are given
}

func (a atlas) at(p record.Place) vg.Point {
	size := a.c.Size()
	return vg.Point{
		X: a.c.Min.X + size.X*vg.Length((p.Lon-a.w.west)/(a.w.east-a.w.west)),
		Y: a.c.Min.Y + size.Y*vg.Length((p.Lat-a.w.south)/(a.w.north-a.w.south)),
	}
}

func (a atlas) draw(list []served, sites []string) {
	a.graticule()
	for _, s := range list {
		for _, site := range s.sites {
			if _, ok := a.places[site]; ok {
				from, to := a.at(a.places[s.client]), a.at(a.places[site])
				a.c.StrokeLine2(draw.LineStyle{Color: faint(nodeColor(a.sites, site), 0.8), Width: 1.6}, from.X, from.Y, to.X, to.Y)
			}
		}
	}
	taken := a.points(list, sites)
	for _, site := range sites {
		a.c.DrawGlyph(draw.GlyphStyle{Color: nodeColor(a.sites, site), Radius: 6, Shape: draw.BoxGlyph{}}, a.at(a.places[site]))
		a.label(a.at(a.places[site]), site, true, &taken)
	}
	for _, s := range list {
		style := unserved
		if len(s.sites) > 0 {
			style = draw.GlyphStyle{Color: nodeColor(a.sites, s.sites[0]), Radius: 4, Shape: draw.CircleGlyph{}}
		}
		a.c.DrawGlyph(draw.GlyphStyle{Color: paper, Radius: 5.2, Shape: draw.CircleGlyph{}}, a.at(a.places[s.client]))
		a.c.DrawGlyph(style, a.at(a.places[s.client]))
		a.label(a.at(a.places[s.client]), s.label(), false, &taken)
	}
}

// points is the room that sites and clients take.
func (a atlas) points(list []served, sites []string) []vg.Rectangle {
	names := slices.Clone(sites)
	for _, s := range list {
		names = append(names, s.client)
	}
	const radius = 6
	var taken []vg.Rectangle
	for _, name := range names {
		p := a.at(a.places[name])
		taken = append(taken, vg.Rectangle{Min: vg.Point{X: p.X - radius, Y: p.Y - radius}, Max: vg.Point{X: p.X + radius, Y: p.Y + radius}})
	}
	return taken
}

// graticule draws the frame, and meridians and parallels every 10, 30 or 60 degrees,
// whichever leave room; the equator is darker.
func (a atlas) graticule() {
	a.c.SetColor(color.NRGBA{0xF7, 0xF9, 0xFB, 0xFF})
	a.c.Fill(a.c.Path())
	step := 10.0
	for _, wider := range []float64{30, 60} {
		if (a.w.east-a.w.west)/step > 14 {
			step = wider
		}
	}
	for lon := math.Ceil(a.w.west/step) * step; lon <= a.w.east; lon += step {
		x := a.at(record.Place{Lon: lon}).X
		a.c.StrokeLine2(draw.LineStyle{Color: grid, Width: 0.8}, x, a.c.Min.Y, x, a.c.Max.Y)
	}
	for lat := math.Ceil(a.w.south/step) * step; lat <= a.w.north; lat += step {
		style := draw.LineStyle{Color: grid, Width: 0.8}
		if lat == 0 {
			style.Color = grey
		}
		y := a.at(record.Place{Lat: lat}).Y
		a.c.StrokeLine2(style, a.c.Min.X, y, a.c.Max.X, y)
	}
}

// label writes a name beside a point where there is room for it: right, left, above
// or below; else right.
func (a atlas) label(p vg.Point, name string, strong bool, taken *[]vg.Rectangle) {
	style := writing(smallSize, ink)
	if strong {
		style = bold(smallSize, ink)
	}
	const off, height = 8, smallSize * 1.2
	w := style.Width(name)
	spots := []vg.Point{{X: p.X + off, Y: p.Y - height/2}, {X: p.X - off - w, Y: p.Y - height/2}, {X: p.X - w/2, Y: p.Y + off}, {X: p.X - w/2, Y: p.Y - off - height}}
	box := func(at vg.Point) vg.Rectangle {
		return vg.Rectangle{Min: at, Max: vg.Point{X: at.X + w, Y: at.Y + height}}
	}
	free := func(at vg.Point) bool {
		r := box(at)
		inside := r.Min.X >= a.c.Min.X && r.Max.X <= a.c.Max.X && r.Min.Y >= a.c.Min.Y && r.Max.Y <= a.c.Max.Y
		return inside && !slices.ContainsFunc(*taken, func(o vg.Rectangle) bool {
			return r.Min.X < o.Max.X && o.Min.X < r.Max.X && r.Min.Y < o.Max.Y && o.Min.Y < r.Max.Y
		})
	}
	at := spots[0]
	if i := slices.IndexFunc(spots, free); i >= 0 {
		at = spots[i]
	}
	*taken = append(*taken, box(at))
	a.c.SetColor(faint(paper, 0.7))
	a.c.Fill(vg.Rectangle{Min: vg.Point{X: at.X - 1, Y: at.Y + 1}, Max: vg.Point{X: at.X + w + 1, Y: at.Y + height}}.Path())
	a.c.FillText(style, vg.Point{X: at.X, Y: at.Y + 3}, name)
}
