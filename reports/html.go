package reports

import (
	_ "embed"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"anylab/lab/record"
	"anylab/reports/words"
)

//go:embed report.html.tmpl
var htmlText string

var htmlPage = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("report").Funcs(template.FuncMap{
		"noun":          func(s share) string { return words.Noun(s.stage) },
		"median":        func(s share) string { return words.Milliseconds(s.median) },
		"p95":           func(s share) string { return words.Milliseconds(s.p95) },
		"percent":       func(s share) int { return int(100*s.part + 0.5) },
		"comparedCells": Compared.cells,
		"gridTitle":     func(g *Grid) string { return words.Sentence(g.title()) },
		"floorTitle":    func() string { return words.Sentence(floorTitle) },
		"floorHead":     func() []string { return floorHead },
		"floorCells":    Floored.cells,
		"gridTexts":     (*Grid).texts,
		"leftOut":       record.LeftOutReasons,
		"leftOutHead":   func() []string { return leftOutHead },
		"claimHead":     func() []string { return claimHead },
		"claimed":       claimed,
		"rfc7747Title":  RFC7747.title,
		"rfc7747Parts":  RFC7747.parts,
		"sentence":      sentence,
		"quantised":     func() string { return quantised },
		"words":         Status.words,
		"dict": func(title string, list []share) any {
			return struct {
				Title string
				List  []share
			}{title, list}
		},
	}).Parse(htmlText))
})

// HTML writes a page that needs no other file: the figures are part of it.
func HTML(w io.Writer, r *Report) error {
	var figures []template.HTML
	var overview, compared template.HTML
	for _, name := range r.Figures {
		if !strings.HasSuffix(name, ".svg") {
			continue
		}
		svg, err := os.ReadFile(filepath.Join(r.Dir, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		_, body, _ := strings.Cut(string(svg), "<svg") // without the XML declaration, which HTML does not have
		picture := template.HTML("<svg" + body)
		switch name {
		case r.overview():
			overview = picture
		case r.compared():
			compared = picture
		default:
			figures = append(figures, picture)
		}
	}
	return htmlPage().Execute(w, map[string]any{
		"Report": r, "Result": r.Result, "Headline": r.headline(), "Columns": columns, "Compared": comparisonHead,
		"Floors": r.floors(), "Cells": r.digests(), "Findings": r.findings(), "Figures": figures,
		"Overview": overview, "ComparedFigure": compared, "ComparisonTitle": r.comparisonTitle(),
		"Conditions": r.conditions(),
	})
}
