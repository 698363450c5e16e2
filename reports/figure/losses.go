package figure

import (
	"fmt"
	"slices"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// solid is the share of an outage's requests that are lost in it from which on it is one:
// where less are, there is too much to do, or what was mended broke again.
const solid = 0.6

// losses draws which share of its requests each client lost, cell beside cell; of each
// the first conclusive trial. It is nil where requests are lost together.
func losses(in Input) *picture {
	cells, clients, of := in.lostBy()
	if !in.lostInPieces() {
		return nil
	}
	b := bars{name: "losses", title: in.Scenario + ": who loses what", axis: "lost requests, %", most: 100,
		subtitle: "in brackets: how far away the client is served meanwhile", series: cells, rows: clients}
	if len(clients) == 1 {
		b.series, b.rows = nil, cells
	}
	for row := range b.rows {
		list := make([]bar, max(1, len(b.series)))
		for i := range list {
			client, cell := row, i
			if len(clients) == 1 {
				client, cell = 0, row
			}
			list[i] = of[cell][clients[client]]
		}
		b.values = append(b.values, list)
	}
	return b.picture()
}

// lostBy lists the cells, the clients and what each lost in each cell.
func (in Input) lostBy() (cells, clients []string, of []map[string]bar) {
	for _, t := range in.Trials {
		name := record.CellName(t.Failover.Cell)
		if t.Inconclusive || slices.Contains(cells, name) {
			continue
		}
		lost := map[string]bar{}
		for _, c := range t.Failover.Clients {
			if lost[c.Name] = lostOf(c); !slices.Contains(clients, c.Name) {
				clients = append(clients, c.Name)
			}
		}
		cells, of = append(cells, name), append(of, lost)
	}
	return cells, clients, of
}

func lostOf(c timeline.Client) bar {
	e := c.Broken
	if e.Sent == 0 {
		return bar{}
	}
	text := fmt.Sprintf("%d of %d", e.Lost, e.Sent)
	if after := millis(c.RoundTrip.After); after > 0 {
		text += fmt.Sprintf(" (%s)", words.Milliseconds(after))
	}
	return bar{100 * float64(e.Lost) / float64(e.Sent), text}
}

// lostInPieces says whether requests were lost among answered ones.
func (in Input) lostInPieces() bool {
	return slices.ContainsFunc(in.Trials, func(t Trial) bool {
		var lost, outage time.Duration
		for _, g := range t.Failover.Broken.Groups {
			if g.Lost == 0 || g.LossDerived == 0 {
				continue
			}
			if g.Together {
				lost, outage = lost+g.LossDerived, outage+g.Outage.Value
				continue
			}
			for _, f := range t.Failover.Broken.Flows {
				if f.Group == g.Name && f.Outage != nil {
					interval := g.LossDerived * time.Duration(g.Affected) / time.Duration(g.Lost)
					lost, outage = lost+time.Duration(f.Lost)*interval, outage+f.Outage.Value
				}
			}
		}
		return float64(lost) < solid*float64(outage)
	})
}

// connections draws how often long-lived connections ended, also those that were opened
// anew, cell below cell. It is nil where fewer than two cells have such connections, or
// none ended.
func connections(in Input) *picture {
	b := bars{name: "connections", title: in.Scenario + ": connections broken", axis: "times that a connection ended",
		subtitle: "a connection that ended is opened anew; of the first conclusive trial of each"}
	some := false
	for _, t := range in.Trials {
		name, s := record.CellName(t.Failover.Cell), t.Failover.Broken.Streams
		if t.Inconclusive || s == nil || slices.Contains(b.rows, name) {
			continue
		}
		ends := s.Ends
		if again := t.Failover.Mended.Streams; again != nil {
			ends += again.Ends
		}
		some = some || ends > 0
		b.rows = append(b.rows, name)
		b.values = append(b.values, []bar{{float64(ends), fmt.Sprint(ends)}})
	}
	if len(b.rows) < 2 || !some {
		return nil
	}
	return b.picture()
}
