package record

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// inGo are words of the decoders that say nothing to who stored the file.
var inGo = regexp.MustCompile(`json:|unmarshal|strconv|Go |record\.|unexpected end|invalid character`)

func TestDamageIsSaidInPlainWords(t *testing.T) {
	path := t.TempDir()
	for _, c := range []struct{ file, text, want string }{
		{"run.json", "", "run.json is damaged: it is empty"},
		{"run.json", `{"id": "x",`, "run.json is damaged: it ends before it is complete"},
		{"run.json", "{\n\n\"id\": x}", "run.json is damaged: line 3: it is not JSON"},
		{"run.json", "[]", "run.json is damaged: it is a list, not a mapping"},
		{"run.json", `{"cells": "x"}`, "run.json is damaged: cells is a text, not a list"},
		{"run.json", "{\n\"cpus\": 1.5}", "run.json is damaged: line 2: cpus is the number 1.5, not a whole number"},
		{"run.json", `{"started": "today"}`, `run.json is damaged: "today" is not a time`},
		{"suite.json", `{"keep_going": {}}`, "suite.json is damaged: keep_going is a mapping, not true or false"},
		{"events.jsonl", "{\"at\":\"x\"}\n", "events.jsonl is damaged: line 1: at is a text, not a whole number"},
		{"events.jsonl", "{\"at\":1,\"kind\":\"clock\",\"data\":[]}\n", "events.jsonl is damaged: line 1: it is a list, not a mapping"},
		{"probes/g.csv", "# {\"rate\": true}\nhead\n", "g.csv is damaged: line 1, the probe's description: rate is true or false, not a number"},
		{"probes/g.csv", "# {\"rate\":1,\"flows\":9}\nseq,flow,due,sent,received,node\n1,2,x,4,5,a,0\n", `g.csv is damaged: line 3: field 3, "x", is not a whole number`},
		{"probes/g.csv", "# {\"rate\":1,\"flows\":9}\nseq,flow,due,sent,received,node\n1,2,3,4,5,a,x\n", `g.csv is damaged: line 3: field 7, "x", is not a whole number`},
	} {
		file := filepath.Join(path, c.file)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := read(path, c.file)
		if err == nil || !strings.HasSuffix(err.Error(), c.want) || inGo.MatchString(err.Error()) {
			t.Errorf("%s of %q: %v, want %s", c.file, c.text, err, c.want)
		}
	}
}

// read reads one file of the directory.
func read(path, file string) (err error) {
	switch file {
	case "run.json":
		_, err = ReadRun(path)
	case "suite.json":
		_, err = ReadSuite(path)
	case "events.jsonl":
		for _, e := range Events(path) {
			err = errors.Join(err, e)
		}
	default:
		_, err = ProbeGroups(path)
		for _, e := range Samples(path, "g") {
			if err == nil {
				err = e
			}
		}
	}
	return err
}
