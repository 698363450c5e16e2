package page

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
)

//go:embed page.html.tmpl
var htmlText string

//go:embed page.css
var style string

// htmlPage escapes what it is filled with.
var htmlPage = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"percent": func(part float64) int { return int(100*part + 0.5) },
		"name":    pictureName,
		"right":   func(s Section) []bool { return s.only(Number) },
		"is":      func(c Cell, kind string) bool { return kind == kindNames[c.Kind] },
		"shade":   shadeName,
		"style":   func() template.CSS { return template.CSS(style) },
		"svg":     func(string) (template.HTML, error) { return "", nil },
		"next":    func() int { return 0 },
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
	charts := 0
	t.Funcs(template.FuncMap{
		"svg": func(file string) (template.HTML, error) {
			text, err := fs.ReadFile(files, file)
			_, body, _ := strings.Cut(string(text), "<svg") // without the XML declaration, which HTML does not have
			return template.HTML("<svg" + themed.Replace(body)), err
		},
		"next": func() int { charts++; return charts },
	})
	return t.Execute(w, newHTMLPage(p.visible()))
}

// themed gives a figure, which is drawn on white, the colours that its page has for
// text, paper and the like: in the dark they are others. A colour that is not opaque
// may be one less.
var themed = func() *strings.Replacer {
	var pairs []string
	for _, c := range [][2]string{{"#202020", "ink"}, {"#000000", "ink"}, {"#595959", "muted"}, {"#585858", "muted"}, {"#FFFFFF", "paper"},
		{"#E0E0E0", "line"}, {"#DFDFDF", "line"}, {"#4A0010", "missing"}, {"#49000F", "missing"}} {
		for _, of := range []string{"fill:", "stroke:"} {
			pairs = append(pairs, of+c[0], of+"var(--"+c[1]+")")
		}
	}
	return strings.NewReplacer(pairs...)
}()

// shadeName is the class of a shade. Beyond the palette it repeats, paler.
func shadeName(shade int) string {
	switch shade {
	case Missing:
		return "missing"
	case Broken:
		return "broken"
	}
	return fmt.Sprintf("s%d", shade%12)
}

// A choice is what the reader may choose sections by.
type choice struct {
	Name    string
	Options []string
}

type htmlSection struct {
	Section
	ID      int
	Classes string // for each choice, which of its options the section is of
	Chooses bool   // the choices stand before it
}

type htmlPageOf struct {
	Page
	Sections []htmlSection
	Choose   []choice
}

func newHTMLPage(p Page) htmlPageOf {
	h := htmlPageOf{Page: p}
	for _, name := range p.Choices {
		h.Choose = append(h.Choose, choice{Name: name})
	}
	chosen := false
	for i, s := range p.Sections {
		one := htmlSection{Section: s, ID: i, Chooses: len(s.Labels) > 0 && !chosen}
		for k, label := range s.Labels {
			c := &h.Choose[k]
			at := slices.Index(c.Options, label)
			if at < 0 {
				at, c.Options = len(c.Options), append(c.Options, label)
			}
			one.Classes += fmt.Sprintf(" c%d-%d", k, at)
		}
		chosen = chosen || one.Chooses
		h.Sections = append(h.Sections, one)
	}
	return h
}

// Contents are the sections with a title, of which there must be some for a list of
// them to be of use.
func (h htmlPageOf) Contents() []htmlSection {
	list := slices.DeleteFunc(slices.Clone(h.Sections), func(s htmlSection) bool { return s.Title == "" || s.Source != "" || s.Folded })
	if len(list) < 4 {
		return nil
	}
	return list
}
