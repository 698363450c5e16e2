package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// usableOut says why no run can be written below the directory of --out: this
// is known before a lab is built. The sandbox hides /run and /proc, having some
// of its own.
func usableOut(dir string) error {
	if dir == "" {
		return errors.New("--out is empty: want a directory")
	}
	full, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if strings.HasPrefix(full+"/", "/run/") || strings.HasPrefix(full+"/", "/proc/") {
		return fmt.Errorf("--out %s: the lab has its own /run and /proc, choose another directory", dir)
	}
	return writable("--out", dir)
}

// writable says why nothing can be written below the directory of a flag, which
// may have to be made first.
func writable(flag, dir string) error {
	for above := filepath.Clean(dir); ; above = filepath.Dir(above) {
		info, err := os.Stat(above)
		switch {
		case os.IsNotExist(err) && dangles(above):
			return fmt.Errorf("%s %s: %s is a link to what isn't there", flag, dir, above)
		case os.IsNotExist(err) && above != filepath.Dir(above):
			continue
		case err != nil:
			return fmt.Errorf("%s %s: %w", flag, dir, err)
		case !info.IsDir():
			return fmt.Errorf("%s %s: %s is a file, not a directory", flag, dir, above)
		}
		if err := mayWrite(above); err != nil {
			return fmt.Errorf("%s %s: nothing can be written into %s: %w", flag, dir, above, err)
		}
		return nil
	}
}

// dangles says whether there is something, a link, where nothing is found.
func dangles(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
