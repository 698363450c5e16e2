package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"anylab/lab/fault"
)

var update = flag.Bool("update", false, "rewrite what is generated in the README")

func TestREADMEListsEveryFault(t *testing.T) {
	path := filepath.Join("..", "..", "README.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), "-update\" -->\n")
	_, after, closed := strings.Cut(rest, "<!-- end of faults -->")
	if !ok || !closed {
		t.Fatal("README.md has no place for the table of faults")
	}
	var table strings.Builder
	table.WriteString("| fault | what happens |\n| --- | --- |\n")
	for _, name := range fault.Names() {
		fmt.Fprintf(&table, "| `%s` | %s |\n", name, fault.Summary(name))
	}
	want := before + "-update\" -->\n" + table.String() + "<!-- end of faults -->" + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("README.md is behind the faults; run with -update:\n%s", diff)
	}
}
