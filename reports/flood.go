package reports

import (
	"fmt"
	"strings"

	"anylab/lab/record"
	"anylab/reports/page"
	"anylab/reports/words"
)

// floods shows how much of what faults sent came to which site: of the first conclusive
// trial.
func (p cellReport) floods() []page.Section {
	if len(p.good) == 0 {
		return nil
	}
	sites := p.topology.Of(record.AnycastNode)
	s := page.Section{Head: append(append([]string{"sent by", "datagrams"}, sites...), "lost on the way"),
		Notes: []string{"how much of it came to which site, of one trial"}}
	for _, f := range p.good[0].Faults {
		if f.Sent == 0 {
			continue
		}
		row, left := []string{f.Kind + " on " + strings.Join(f.On, "-"), fmt.Sprint(f.Sent)}, f.Sent
		for _, site := range sites {
			came := f.Reached[site]
			row, left = append(row, portion(came, f.Sent)), left-min(left, came)
		}
		s.Rows = append(s.Rows, append(page.Texts(row[0]), page.Numbers(append(row[1:], portion(left, f.Sent))...)...))
	}
	if len(s.Rows) == 0 {
		return nil
	}
	return []page.Section{s}
}

func portion(part, of uint64) string {
	if part == 0 {
		return ""
	}
	return words.Share(float64(part) / float64(of))
}
