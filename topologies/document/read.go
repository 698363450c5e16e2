package document

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// Read reads what a shipped name, a path or "-" (standard input) means,
// and says what to call it in errors. what is the kind of file.
func Read(nameOrPath, what string, names []string, shipped func(string) ([]byte, bool)) (file string, text []byte, err error) {
	if nameOrPath == "-" {
		text, err = io.ReadAll(io.LimitReader(os.Stdin, maxBytes+1))
		if err != nil {
			return "", nil, fmt.Errorf("read %s from standard input: %w", what, err)
		}
		return "<stdin>", text, nil
	}
	if text, ok := shipped(nameOrPath); ok {
		return nameOrPath + ".yaml", text, nil
	}
	text, err = readLimited(nameOrPath)
	if errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(nameOrPath, "/.") {
		return "", nil, fmt.Errorf("no %s called %q%s; shipped are: %s; or give a path", what, nameOrPath, Suggest(nameOrPath, names), list(names))
	}
	if err != nil {
		return "", nil, fmt.Errorf("read %s: %w", what, err)
	}
	return nameOrPath, text, nil
}

// readLimited reads no more of a file than a document may have, whatever the
// path leads to.
func readLimited(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxBytes+1))
}
