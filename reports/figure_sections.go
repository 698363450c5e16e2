package reports

import (
	"path"
	"slices"
	"strings"

	"anylab/reports/figure"
	"anylab/reports/page"
)

// Figures that stand beside their tables, and not among the others.
const (
	gridFigure       = "stages.svg"
	comparisonFigure = "comparison.svg"
	networkFigure    = figure.NetworkName + ".svg"
)

// figure returns the file of a figure, "" if it was not drawn.
func (r *Report) figure(name string) string {
	at := slices.IndexFunc(r.Figures, func(f string) bool { return path.Base(f) == name })
	if at < 0 {
		return ""
	}
	return r.Figures[at]
}

// networkSection draws what the run was made in.
func networkSection(s sheet) []page.Section {
	return []page.Section{{Title: "The network", Picture: s.figure(networkFigure), Detail: true}}
}

// figureSections have the figures of the run. A page that shows every trial needs no
// figure of one.
func figureSections(s sheet) []page.Section {
	var list []page.Section
	for _, f := range s.Figures {
		if name := path.Base(f); strings.HasSuffix(f, ".svg") && !slices.Contains([]string{gridFigure, comparisonFigure, networkFigure}, name) && (name != "timeline.svg" || len(s.exhibits) == 0) {
			list = append(list, page.Section{Picture: f})
		}
	}
	if note := s.undrawn(); note != "" && len(list) > 0 {
		list = append(list, page.Section{Notes: []string{note}})
	}
	return list
}
