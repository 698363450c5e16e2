package document

import (
	"fmt"
	"strings"
	"unicode"
)

// maxName is what fits into a line, and with an ending into a file's name.
const maxName = 100

// CheckName says what is wrong with a name that is shown in a line of text.
func CheckName(name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return fmt.Errorf("the name %q is blank", name)
	case len(name) > maxName:
		return fmt.Errorf("the name has %d bytes; it may have %d", len(name), maxName)
	case strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return fmt.Errorf("the name %q has a character that can't be printed in a line", name)
	}
	return nil
}

// CheckFileName says what is wrong with a name that becomes that of a file or
// a directory.
func CheckFileName(name string) error {
	if strings.ContainsAny(name, `/\`) || strings.HasPrefix(name, ".") {
		return fmt.Errorf("the name %q can't be that of a file or a directory: it has no / or \\, and no dot at its begin", name)
	}
	return CheckName(name)
}
