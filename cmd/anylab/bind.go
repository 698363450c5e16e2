package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"anylab/lab"
)

// exposed reads what --bind was given.
func exposed(binds []string) ([]lab.Exposed, error) {
	var list []lab.Exposed
	for _, bind := range binds {
		path, writable := strings.CutSuffix(bind, ":rw")
		full, err := filepath.Abs(path)
		if err == nil && path == "" {
			err = errors.New("want PATH or PATH:rw")
		}
		if err == nil {
			_, err = os.Stat(full)
		}
		if err != nil {
			return nil, fmt.Errorf("--bind %s: %w", bind, err)
		}
		if full == "/" {
			return nil, fmt.Errorf("--bind %s: all of it is there to read; name the directory that is to be changed", bind)
		}
		if kernels(full) {
			return nil, fmt.Errorf("--bind %s: that is the machine's kernel, its settings or devices, of which the lab has its own", bind)
		}
		list = append(list, lab.Exposed{Path: full, Writable: writable})
	}
	return list, nil
}

// passed reads what --env was given.
func passed(names []string) ([]string, error) {
	for _, name := range names {
		if name == "" || strings.Contains(name, "=") {
			return nil, fmt.Errorf("--env %q: want the NAME of a variable, whose value the environment has", name)
		}
		if _, ok := os.LookupEnv(name); !ok {
			return nil, fmt.Errorf("--env %s: there is no such variable in the environment", name)
		}
	}
	return names, nil
}
