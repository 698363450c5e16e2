package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"syscall"
	"time"
)

// open opens a stored file. What is no regular file is refused: a reader of a
// pipe that nobody writes to would wait for ever.
func open(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err == nil {
		_ = f.SetReadDeadline(time.Now().Add(time.Second)) // of what only looks regular, as /proc/kmsg; others need none
	}
	return f, err
}

// ReadFile reads a stored file, which must be a regular one.
func ReadFile(path string) ([]byte, error) {
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// Decode reads the JSON of a stored file into v. Its errors say where the file
// is damaged, in words that need no knowledge of Go.
func Decode(path string, data []byte, v any) error {
	err := json.Unmarshal(data, v)
	var text string
	var line int
	if err != nil {
		text, line = damage(data, err)
	} else if key, at := repeated(data); at >= 0 {
		text, line = fmt.Sprintf("%q is there twice", key), lineOf(data, int64(at))
	} else {
		return nil
	}
	if line > 1 {
		text = fmt.Sprintf("line %d: %s", line, text)
	}
	return fmt.Errorf("%s is damaged: %s", path, text)
}

// damage says in plain words what is wrong with JSON text, and in which line.
func damage(data []byte, err error) (text string, line int) {
	at := func(offset int64) int { return lineOf(data, offset) }
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	var moment *time.ParseError
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return "it is empty", 0
	case errors.As(err, &syntax) && truncated(data):
		return "it ends before it is complete", 0
	case errors.As(err, &syntax):
		return "it is not JSON", at(syntax.Offset)
	case errors.As(err, &kind):
		what := kind.Field
		if what == "" {
			what = "it"
		}
		return fmt.Sprintf("%s is %s, not %s", what, jsonNoun(kind.Value), goNoun(kind.Type)), at(kind.Offset)
	case errors.As(err, &moment):
		return fmt.Sprintf("%q is not a time", moment.Value), 0
	}
	return err.Error(), 0
}

func lineOf(data []byte, offset int64) int {
	return 1 + bytes.Count(data[:min(max(offset, 0), int64(len(data)))], []byte("\n"))
}

// truncated says whether the text is the beginning of JSON.
func truncated(data []byte) bool {
	d := json.NewDecoder(bytes.NewReader(data))
	for {
		if _, err := d.Token(); err != nil {
			return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		}
	}
}

// jsonNoun names a kind of JSON value as the decoder describes it: "array", or
// "number 5.5".
func jsonNoun(value string) string {
	switch value {
	case "array":
		return "a list"
	case "object":
		return "a mapping"
	case "string":
		return "a text"
	case "number":
		return "a number"
	case "bool":
		return "true or false"
	}
	return "the " + value
}

// goNoun names what was to be read.
func goNoun(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "a mapping"
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	}
	return "a whole number"
}
