package reports

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"anylab/lab/record"
	"anylab/reports/words"
)

var (
	parameterHead = []string{"parameter", "value", "unit or remark"}
	benchmarkHead = []string{"benchmark", "unit", "median", "accuracy interval", "least", "most", "trials"}
)

func (p Parameter) cells() []string { return []string{p.Name, p.Value, p.Unit} }

func (b Benchmark) cells() []string {
	accuracy := "exact"
	if b.Accuracy != nil {
		accuracy = inSeconds(b.Accuracy[0]) + " to " + inSeconds(b.Accuracy[1])
	}
	return []string{b.Name, b.Unit, inSeconds(b.Median), accuracy, inSeconds(b.Min), inSeconds(b.Max), fmt.Sprint(b.N)}
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

// rfc7747Part is one table of the section.
type rfc7747Part struct {
	Title string
	Head  []string
	Rows  [][]string
}

// parts lists the section's tables in the RFC's order: the parameters, then
// the results, twice.
func (s RFC7747) parts() []rfc7747Part {
	parts := []rfc7747Part{{"", parameterHead, nil}, {"Event", benchmarkHead, nil}, {"Reversion", benchmarkHead, nil}}
	for _, p := range s.Parameters {
		parts[0].Rows = append(parts[0].Rows, p.cells())
	}
	for i, list := range [][]Benchmark{s.Event, s.Reversion} {
		for _, b := range list {
			parts[i+1].Rows = append(parts[i+1].Rows, b.cells())
		}
	}
	return parts
}

func (s RFC7747) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "\n## %s\n", s.title())
	for _, p := range s.parts() {
		if p.Title != "" && len(p.Rows) > 0 {
			fmt.Fprintf(b, "\n### %s\n", p.Title)
		}
		table(b, "", p.Head, len(p.Rows), func(i int) []string { return p.Rows[i] })
	}
	fmt.Fprintf(b, "\n- %s\n", strings.Join(s.Details, "\n- "))
}
