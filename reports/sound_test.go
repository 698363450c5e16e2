package reports

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What no run can have measured is damage, and is named.
func TestImpossibleSamplesAreDamage(t *testing.T) {
	result, err := os.ReadFile(filepath.Join("testdata", "golden", "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	baseline := func(cell string) string { return `{"schema":"` + samplesSchema + `","cells":[` + cell + `]}` }
	for _, c := range []struct{ text, want string }{
		{baseline(`{"trials":2,"values":{"outage":[1,null],"detection":[-0.5,1]}}`), ""},
		{baseline(`{"trials":2,"values":{"outage":[1,-5]}}`), "outage is -5, which is negative"},
		{baseline(`{"trials":1,"values":{"outage(london)":[-5]}}`), "outage(london) is -5, which is negative"},
		{baseline(`{"trials":1,"values":{"detection":[1e308]}}`), "detection is 1e+308, which is beyond what a trial can last"},
		{baseline(`{"trials":1,"values":{"outage":[1,2]}}`), "outage has 2 values of 1 trial"},
		{baseline(`{"trials":2,"values":{"outage":[1,2]},"low":{"outage":[1]}}`), "outage has 2 values and 1 bounds of them"},
		{baseline(`{"trials":-1}`), "there are -1 trials"},
		{baseline(`{"cell":{"a":"1"}},{"cell":{"a":"1"}}`), `the cell "a=1" is there twice`},
		{baseline(`{"trials":1,"values":{"outage":[5]},"low":{"outage":[7]},"high":{"outage":[6]}}`), "outage is between 7 and 6"},
		{baseline(`{"trials":1,"values":{"outage":[5]},"high":{"outage":[4]}}`), "outage is between 5 and 4"},
		{baseline(`{"trials":1,"values":{"outage":[5]}},{"cell":{"a":"1"},"trials":1,"trials":2}`), `"trials" is there twice`},
		{string(result), ""},
		{regexp.MustCompile(`("outage_ms": \{\s*"value": [\d.]+,\s*"low": )[\d.]+`).ReplaceAllString(string(result), "${1}99999"), "outage_ms is between 99999 and"},
		{strings.Replace(string(result), `"verdict":`, `"verdict": "fail", "verdict":`, 1), `"verdict" is there twice`},
		{strings.Replace(string(result), `"status": "ok"`, `"status": "wat"`, 1), `has the status "wat"`},
		{strings.Replace(string(result), `"verdict": "inconclusive"`, `"verdict": "wat"`, 1), `the verdict is "wat"`},
		{regexp.MustCompile(`("limit_ms": )\d+`).ReplaceAllString(string(result), "${1}1e308"), "run.limit_ms is 1e308, which is beyond"},
		{regexp.MustCompile(`("lost": )\d+`).ReplaceAllString(string(result), "${1}-5"), "lost is -5, which is negative"},
		{regexp.MustCompile(`("outage_ms": \{\s*"value": )[\d.]+`).ReplaceAllString(string(result), "${1}-5"), "outage_ms.value is -5, which is negative"},
		{regexp.MustCompile(`("n": )\d+`).ReplaceAllString(string(result), "${1}99"), "is of 99 trials"},
		{strings.Replace(string(result), `"index": 1,`, `"index": 0,`, 1), "trial 1 is there twice"},
	} {
		path := filepath.Join(t.TempDir(), "x.json")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := readSamplesFile(path)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path+" is damaged")) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}
