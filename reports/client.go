package reports

import (
	"cmp"
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/reports/page"
	"anylab/reports/stats"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// Client is a trial as one client saw it that asked one service.
type Client struct {
	Client       string     `json:"client"`
	Service      string     `json:"service"`
	Outage       Interval   `json:"outage_ms"`
	Interruption Interval   `json:"interruption_ms"`
	Failback     *Interval  `json:"failback_outage_ms,omitempty"`
	Lost         int        `json:"lost"`
	Resolution   string     `json:"resolution"` // of the outage: "group" or "flow"
	RTT          RoundTrips `json:"rtt_ms"`
	AnsweredBy   Answers    `json:"answered_by"`
}

// RoundTrips are the median ones; null where nothing was answered.
type RoundTrips struct {
	Before *Number `json:"before"`
	After  *Number `json:"after,omitempty"`
	Healed *Number `json:"healed,omitempty"`
}

// newClients lists what each client saw of each service.
func newClients(f *timeline.Failover) []Client {
	list := []Client{}
	for i := range f.Clients {
		if c := &f.Clients[i]; c.Service != "" {
			list = append(list, newClient(c))
		}
	}
	return list
}

func newClient(c *timeline.Client) Client {
	whole := newRow(&c.Failover, nil)
	one := Client{
		Client: c.Name, Service: c.Service, Outage: whole.Outage, Interruption: whole.Interruption,
		Lost: whole.Probes.Lost, Resolution: whole.Resolution, AnsweredBy: whole.AnsweredBy,
		RTT: RoundTrips{tripped(float64(c.RoundTrip.Before)), tripped(float64(c.RoundTrip.After)), tripped(float64(c.RoundTrip.Healed))},
	}
	if whole.Failback != nil {
		one.Failback = &whole.Failback.Outage
	}
	return one
}

// tripped is a round trip that was measured in nanoseconds; nil if there was none.
func tripped(ns float64) *Number {
	if ns == 0 {
		return nil
	}
	ms := Number(ns / 1e6)
	return &ms
}

// fewClients is up to how many clients a summary shows.
const fewClients = 8

// clients shows what each of several clients saw, over the conclusive trials:
// those first who were cut off the longest.
func (p cellReport) clients() []page.Section {
	s := page.Section{Head: []string{"client", "asks", "outage", "the truth lies in", "interruption", "lost", "round trip", "answered by"}, First: fewClients}
	list := p.seenByClients()
	slices.SortStableFunc(list, func(a, b seenByClient) int { return cmp.Compare(b.outage().value, a.outage().value) })
	for _, c := range list {
		s.Rows = append(s.Rows, c.rows()...)
	}
	if len(s.Rows) < 2 {
		return nil
	}
	s.Notes = []string{"each client by itself, medians over the conclusive trials; round trip and who answered: before the fault > after it > when it was healed"}
	return []page.Section{s}
}

// seenByClient is what a client saw of a service, in several trials.
type seenByClient struct {
	client, service string
	trials          []timeline.Failover
}

// rows are one of all that the client saw, and one of each address family if one fared
// unlike the other.
func (s seenByClient) rows() [][]page.Cell {
	rows := [][]page.Cell{s.row()}
	parts := s.families()
	for i, part := range parts {
		if i > 0 && !part.unlike(parts[0]) {
			return rows
		}
	}
	for _, part := range parts {
		rows = append(rows, part.row())
	}
	return rows
}

// families are what the client saw over each of several address families.
func (s seenByClient) families() []seenByClient {
	var list []seenByClient
	for _, f := range s.trials {
		for i, part := range f.Families {
			if i == len(list) {
				list = append(list, seenByClient{client: s.client + ", " + part.Family, service: s.service})
			}
			list[i].trials = append(list[i].trials, part.Failover)
		}
	}
	return list
}

// unlike says whether some trial was another one for one of two. What doubts there are
// touch both alike, and don't count.
func (s seenByClient) unlike(o seenByClient) bool {
	for i, f := range s.trials {
		g := o.trials[i]
		if disjoint(f.Broken.Outage, g.Broken.Outage) || disjoint(f.Mended.Outage, g.Mended.Outage) {
			return true
		}
	}
	return s.answers() != o.answers()
}

// disjoint says whether two times can't be the same.
func disjoint(a, b timeline.Interval) bool {
	return a.Open != b.Open || !a.Open && (a.Low > b.High || b.Low > a.High)
}

func (p cellReport) seenByClients() []seenByClient {
	var list []seenByClient
	for _, f := range p.good {
		for _, c := range f.Clients {
			at := slices.IndexFunc(list, func(s seenByClient) bool { return s.client == c.Name && s.service == c.Service })
			if at < 0 && c.Service != "" {
				at, list = len(list), append(list, seenByClient{c.Name, c.Service, make([]timeline.Failover, 0, len(p.good))})
			}
			if at >= 0 {
				list[at].trials = append(list[at].trials, c.Failover)
			}
		}
	}
	return list
}

func (s seenByClient) median(name string) bounded {
	m, _ := metricOf(name)
	all := collect(m, s.trials)
	if len(all) == 0 {
		return exactly(stats.Summarise(nil, 0).Median)
	}
	return all.statistic("median")
}

func (s seenByClient) outage() bounded { return s.median("outage") }

func (s seenByClient) row() []page.Cell {
	outage, lost := s.outage(), s.median("lost")
	bounds := ""
	if stats.Finite(outage.high) {
		bounds = words.Span(outage.low, outage.high)
	}
	row := append(page.Texts(s.client, s.service), page.Numbers(words.Milliseconds(outage.value), bounds,
		words.Milliseconds(s.median("interruption").value), words.Amount(lost.value, string(record.Count)))...)
	return append(row, page.Texts(joinDiffering(s.trips()), s.answers())...)
}

// trips are the round trips before the fault, after it, and when it was healed, "-"
// where nothing was answered.
func (s seenByClient) trips() []string {
	sent := func(of func(timeline.Failover) int) bool {
		return slices.ContainsFunc(s.trials, func(f timeline.Failover) bool { return f.Fault != "" && of(f) > 0 })
	}
	names := []string{"rtt"}
	if sent(func(f timeline.Failover) int { return f.Broken.Sent }) {
		names = append(names, "rtt_after")
	}
	if sent(func(f timeline.Failover) int { return f.Mended.Sent }) {
		names = append(names, "rtt_healed")
	}
	var texts []string
	for _, m := range names {
		text := "-"
		if r := s.median(m); stats.Finite(r.value) {
			text = words.Milliseconds(r.value)
		}
		texts = append(texts, text)
	}
	return texts
}

// joinDiffering writes one text for all where they are the same.
func joinDiffering(texts []string) string {
	if once := slices.Compact(slices.Clone(texts)); len(once) == 1 {
		return once[0]
	}
	return strings.Join(texts, " > ")
}

// answers are those of most trials.
func (s seenByClient) answers() string {
	count, most := map[string]int{}, ""
	var named []metric // that answersText asks for
	for _, name := range []string{"rtt_after", "rtt_healed"} {
		m, _ := metricOf(name)
		named = append(named, m)
	}
	for i := range s.trials {
		text := answersText(answering(&s.trials[i], named))
		if count[text]++; count[text] > count[most] {
			most = text
		}
	}
	return most
}
