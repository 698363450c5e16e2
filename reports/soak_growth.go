package reports

import (
	"fmt"
	"slices"

	"anylab/lab/record"
)

// Growth is how much of something there was, between faults.
type Growth struct {
	What  string `json:"what"`
	Unit  string `json:"unit,omitempty"`
	First int64  `json:"first"` // the most of the first looks
	Last  int64  `json:"last"`
	Most  int64  `json:"most"`
	Grown bool   `json:"grown,omitempty"` // for good, and by more than comes and goes

	looks  int
	latest []int64 // the last ones
}

// looks is how many of the first and of the last looks are compared: a health check that is
// under way, or memory that is yet to be given back, is in one of them only.
const looks = 5

// quantity is what is looked at, and how much of it may come and go.
type quantity struct {
	what      string
	value     int64
	tolerable int64
	percent   int64 // beside
	unit      string
}

// quantities lists what a stock holds.
func quantities(s record.Stock) []quantity {
	list := []quantity{
		{"goroutines of anylab", int64(s.Goroutines), 8, 0, ""},
		{"memory of anylab", s.Heap, 4 << 20, 25, "B"},
		{"descriptors of anylab", int64(s.Files), 8, 0, ""},
		{"network namespaces", int64(s.Namespaces), 0, 0, ""},
	}
	for _, h := range s.Holds {
		list = append(list,
			quantity{"processes of " + h.Of, int64(h.Processes), 2, 0, ""},
			quantity{"descriptors of " + h.Of, int64(h.Files), 8, 25, ""},
			quantity{"memory of " + h.Of, h.Memory, 16 << 20, 25, "B"})
	}
	return list
}

// grows takes stock, and says what has grown for good that had not before: the least of the
// last looks is more than the most of the first ones, and than what comes and goes.
func (s *Soak) grows(t soakSeen) (list []string, doubt string, err error) {
	for e, err := range record.Events(t.Stretch) {
		if err != nil {
			return nil, "", err
		}
		stock, ok := e.Data.(record.Stock)
		if !ok {
			continue
		}
		for _, q := range quantities(stock) {
			if text := s.growth(q.what).take(q); text != "" {
				list = append(list, text)
			}
		}
	}
	return list, "", nil
}

func (s *Soak) growth(what string) *Growth {
	at, ok := slices.BinarySearchFunc(s.Growth, what, func(g Growth, what string) int {
		if g.What < what {
			return -1
		}
		if g.What > what {
			return 1
		}
		return 0
	})
	if !ok {
		s.Growth = slices.Insert(s.Growth, at, Growth{What: what})
	}
	return &s.Growth[at]
}

func (g *Growth) take(q quantity) string {
	g.looks++
	g.Unit = q.unit
	g.Last, g.Most = q.value, max(g.Most, q.value)
	if g.looks <= looks {
		g.First = max(g.First, q.value)
		return ""
	}
	g.latest = append(g.latest[max(0, len(g.latest)-looks+1):], q.value)
	if g.Grown || len(g.latest) < looks || slices.Min(g.latest) <= g.First+q.tolerable+g.First*q.percent/100 {
		return ""
	}
	g.Grown = true
	return fmt.Sprintf("%s grew from %s to %s", g.What, g.amount(g.First), g.amount(g.Last))
}

func (g Growth) amount(n int64) string {
	if g.Unit == "B" {
		return record.Size(n)
	}
	return fmt.Sprint(n)
}

// grown lists what has grown for good, in few words.
func (s *Soak) grown() string {
	n := 0
	for _, g := range s.Growth {
		if g.Grown {
			n++
		}
	}
	if n == 0 {
		return "no growth"
	}
	return fmt.Sprintf("%d grown", n)
}
