package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ReplaceFile writes data to path so that a reader sees the old content or
// the new, never a part of it.
func ReplaceFile(path string, data []byte) error {
	d, err := NewDraft(path)
	if err != nil {
		return err
	}
	defer d.Drop()
	if _, err := d.Write(data); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return d.Keep()
}

// Draft is what a file is to say, which no reader sees before it is kept.
type Draft struct {
	*os.File
	path string
}

// NewDraft begins a draft of the file.
func NewDraft(path string) (*Draft, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	return &Draft{f, path}, err
}

// Keep puts the draft in the place of what the file said.
func (d *Draft) Keep() error {
	if err := errors.Join(d.Chmod(0o644), d.Close()); err != nil {
		return fmt.Errorf("write %s: %w", d.path, err)
	}
	return os.Rename(d.Name(), d.path)
}

// Drop removes the draft, if it was not kept.
func (d *Draft) Drop() {
	_ = d.Close()
	_ = os.Remove(d.Name())
}
