package page

import (
	"encoding/csv"
	"strings"
	"testing"
)

// No cell of CSV is a formula, and a number stays one.
func TestCSVHasNoFormulas(t *testing.T) {
	for cell, want := range map[string]string{
		"=1+1": "'=1+1", "@SUM(1)": "'@SUM(1)", "+cmd|' /C calc'!A0": "'+cmd|' /C calc'!A0", "-2+HYPERLINK(\"x\")": "'-2+HYPERLINK(\"x\")",
		"\t=1": " =1", "\x1b[31m": `\x1b[31m`, "a\nb": "a b", "-": "-", "-1.5 ms (-1 %)": "-1.5 ms (-1 %)", "+0.49 ms (+46 %)": "+0.49 ms (+46 %)", "-82.0 to 79.0 ms": "-82.0 to 79.0 ms", "a=b": "a=b",
	} {
		var b strings.Builder
		p := Page{Sections: []Section{{Title: cell, Head: []string{"", cell}, Rows: [][]Cell{Texts("x", cell)}}}}
		if err := CSV(&b, p); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
		if err != nil || len(rows) != 2 || rows[0][2] != want || rows[1][0] != want || rows[1][2] != want {
			t.Errorf("%q is %q, want %q: %v", cell, rows, want, err)
		}
	}
}
