package document

import (
	"strings"
	"testing"
)

// What is likely to be a placeholder is one that there is; other braces are left alone.
func TestPlaceholders(t *testing.T) {
	for command, want := range map[string]string{
		`[x, "{node}", "--in={dir}/x"]`:                      "",
		`[x, "{nodes}"]`:                                     `f:1:5: unknown placeholder "nodes" (did you mean "node"?); known: dir, node`,
		`[x, "--at={node}:{host}"]`:                          `f:1:5: unknown placeholder "host"; known: dir, node`,
		`[x, "{addr}"]`:                                      `f:1:5: unknown placeholder "addr"`,
		`[sh, -c, "ip addr add {addr} dev lo"]`:              `f:1:10: unknown placeholder "addr"`,
		`[sh, -c, "cat {Dir}/x"]`:                            `f:1:10: unknown placeholder "Dir" (did you mean "dir"?)`,
		`[sh, -c, "awk '/x/{exit}' {dir}/x; list() {:;}"]`:   "",
		`[curl, -w, "%{http_code}", "${nodes}", "{{name}}"]`: "",
		`[x, '{"a": 1}', "{a,b}", "{}", "{ nodes }"]`:        "",
	} {
		d, err := Parse("f", []byte(command))
		if err != nil {
			t.Fatal(err)
		}
		err = d.Root().Placeholders([]string{"dir", "node"}, "addr")
		if (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v; want %q", command, err, want)
		}
	}
}
