package reports

import (
	"fmt"
	"math"
	"strconv"

	"anylab/lab/record"
	"anylab/reports/page"
	"anylab/reports/words"
)

// rfc7747Sections have the tables of the RFC in its order: the parameters, then
// the results, twice.
func rfc7747Sections(s sheet) []page.Section {
	var list []page.Section
	for _, r := range s.Result.RFC7747 {
		parameters := page.Section{Title: r.title(), Head: []string{"parameter", "value", "unit or remark"}, Detail: true}
		for _, p := range r.Parameters {
			parameters.Rows = append(parameters.Rows, page.Texts(p.Name, p.Value, p.Unit))
		}
		list = append(list, parameters, benchmarkSection("event", r.Event), benchmarkSection("reversion", r.Reversion), page.Section{Notes: r.Details, Detail: true})
	}
	return list
}

func benchmarkSection(of string, list []Benchmark) page.Section {
	s := page.Section{Head: []string{"benchmark of the " + of, "unit", "median", "accuracy interval", "least", "most", "trials"}, Detail: true}
	for _, b := range list {
		s.Rows = append(s.Rows, append(page.Texts(b.Name, b.Unit),
			page.Numbers(inSeconds(b.Median), b.accuracy(), inSeconds(b.Min), inSeconds(b.Max), fmt.Sprint(b.N))...))
	}
	return s
}

func (b Benchmark) accuracy() string {
	if b.Accuracy == nil {
		return "exact"
	}
	return inSeconds(b.Accuracy[0]) + " to " + inSeconds(b.Accuracy[1])
}

// inSeconds writes a number with up to six decimals, without the noise of
// binary fractions.
func inSeconds(n Quantity) string {
	if math.IsInf(float64(n), 1) {
		return words.NotRestored
	}
	return strconv.FormatFloat(math.Round(float64(n)*1e6)/1e6+0, 'f', -1, 64)
}

// title says which case of the RFC it is, in which cell.
func (s RFC7747) title() string {
	title := "RFC 7747"
	if s.Case != "" {
		title += ", test case " + s.Case
	}
	if name := record.CellName(s.Cell); name != "" {
		title += ": " + name
	}
	return title
}
