package page

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"strings"
	"sync"
)

//go:embed page.html.tmpl
var htmlText string

// htmlPage escapes what it is filled with.
var htmlPage = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"percent": func(part float64) int { return int(100*part + 0.5) },
		"name":    pictureName,
		"right":   func(s Section) []bool { return s.only(Number) },
		"is":      func(c Cell, kind string) bool { return kind == kindNames[c.Kind] },
		"svg":     func(string) (template.HTML, error) { return "", nil },
	}).Parse(htmlText))
})

// kindNames are those of the template.
var kindNames = map[Kind]string{Text: "text", Number: "number", Badge: "badge", Code: "code", Bar: "bar"}

// HTML writes a page that needs no other file: the pictures, which are read
// from files, become part of it.
func HTML(w io.Writer, p Page, files fs.FS) error {
	t, err := htmlPage().Clone()
	if err != nil {
		return fmt.Errorf("prepare the page: %w", err)
	}
	t.Funcs(template.FuncMap{"svg": func(file string) (template.HTML, error) {
		text, err := fs.ReadFile(files, file)
		_, body, _ := strings.Cut(string(text), "<svg") // without the XML declaration, which HTML does not have
		return template.HTML("<svg" + body), err
	}})
	return t.Execute(w, p.visible())
}
