package document

import (
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	for _, tt := range []struct {
		name       string
		line, file bool // what it is fit for
	}{
		{"three-sites", true, true},
		{"5.7 % für", true, true},
		{"a/b", true, false},
		{`a\b`, true, false},
		{"..", true, false},
		{".hidden", true, false},
		{"", false, false},
		{" ", false, false},
		{"a\nb", false, false},
		{"a\x1b[31m", false, false},
		{"a\u202eb", false, false},
		{strings.Repeat("x", 100), true, true},
		{strings.Repeat("x", 101), false, false},
	} {
		if line, file := CheckName(tt.name), CheckFileName(tt.name); (line == nil) != tt.line || (file == nil) != tt.file {
			t.Errorf("%q: in a line %v, of a file %v", tt.name, line, file)
		}
	}
}
