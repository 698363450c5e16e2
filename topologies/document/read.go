package document

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
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
	text, err = readFile(nameOrPath, maxBytes)
	if errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(nameOrPath, "/.") {
		return "", nil, fmt.Errorf("no %s called %q%s; shipped are: %s; or give a path", what, nameOrPath, Suggest(nameOrPath, names), Some(names))
	}
	if err != nil {
		return "", nil, fmt.Errorf("read %s: %w", what, err)
	}
	return nameOrPath, text, nil
}

// MaxFile is how long a file may be that a user writes, of whatever kind.
const MaxFile = 16 << 20

// ReadFile reads a file that a user has written: a regular one, which ends, and
// not too long a one.
func ReadFile(path string) ([]byte, error) { return readFile(path, MaxFile) }

func readFile(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path) // to open a named pipe is to wait for its writer
	var failed *fs.PathError
	switch {
	case errors.As(err, &failed):
		return nil, &fs.PathError{Op: "open", Path: path, Err: failed.Err}
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is %s, not a regular file", path, nature(info.Mode()))
	case info.Size() == 0 && ofTheKernel(path):
		return nil, fmt.Errorf("%s is made by the kernel when it is read, and no regular file", path)
	case info.Size() > limit:
		return nil, fmt.Errorf("%s has %d bytes, which is too long; the limit is %d", path, info.Size(), limit)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	_ = f.SetReadDeadline(time.Now().Add(time.Second)) // of what only looks regular and is elsewhere; others need none
	return io.ReadAll(io.LimitReader(f, limit+1))      // it may have grown, or be of a kind that has no size
}

// ofTheKernel says whether a file only looks regular: some are read to their end at
// once, others, as /proc/kmsg, wait for more.
func ofTheKernel(path string) bool {
	full, err := filepath.EvalSymlinks(path)
	if err == nil {
		full, err = filepath.Abs(full)
	}
	return err == nil && (strings.HasPrefix(full, "/proc/") || strings.HasPrefix(full, "/sys/"))
}

// nature names what is no regular file.
func nature(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}
