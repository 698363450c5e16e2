package reports

import (
	"path"
	"slices"
	"strings"

	"anylab/reports/page"
)

// Figures that stand beside their tables, and not among the others.
const (
	gridFigure       = "stages.svg"
	comparisonFigure = "comparison.svg"
)

// figure returns the file of a figure, "" if it was not drawn.
func (r *Report) figure(name string) string {
	at := slices.IndexFunc(r.Figures, func(f string) bool { return path.Base(f) == name })
	if at < 0 {
		return ""
	}
	return r.Figures[at]
}

// figureSections have the figures of the run.
func figureSections(s sheet) []page.Section {
	var list []page.Section
	for _, f := range s.Figures {
		if name := path.Base(f); strings.HasSuffix(f, ".svg") && name != gridFigure && name != comparisonFigure {
			list = append(list, page.Section{Picture: f})
		}
	}
	if note := s.undrawn(); note != "" && len(list) > 0 {
		list = append(list, page.Section{Notes: []string{note}})
	}
	return list
}
