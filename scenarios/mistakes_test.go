package scenarios

import (
	"errors"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"anylab/topologies/document"
)

var update = flag.Bool("update", false, "rewrite the expected errors")

// TestMistakes loads files with one mistake each and compares the errors.
func TestMistakes(t *testing.T) {
	const path = "testdata/mistakes.txtar"
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, f := range archive.Files {
		want[f.Name] = string(f.Data)
	}
	remade := txtar.Archive{Comment: archive.Comment}
	for _, f := range archive.Files {
		name, isInput := strings.CutSuffix(f.Name, ".yaml")
		if !isInput {
			continue
		}
		got := mistake(t, f)
		remade.Files = append(remade.Files, f, txtar.File{Name: name + ".golden", Data: []byte(got)})
		if diff := cmp.Diff(want[name+".golden"], got); diff != "" && !*update {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if *update {
		if err := os.WriteFile(path, txtar.Format(&remade), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func mistake(t *testing.T, f txtar.File) string {
	t.Helper()
	_, err := Parse("testdata/"+f.Name, f.Data)
	var e *document.Error
	if !errors.As(err, &e) {
		t.Errorf("%s: got %v, want an error of type *document.Error", f.Name, err)
		return ""
	}
	if e.Line < 1 || e.Column < 1 || strings.ContainsRune(err.Error(), 0x1b) {
		t.Errorf("%s: %d:%d or its text is unfit for a terminal", f.Name, e.Line, e.Column)
	}
	return err.Error() + "\n"
}
