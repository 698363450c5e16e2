package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"anylab/lab"
)

// exposeFlags adds --bind and --env.
func exposeFlags(c *cobra.Command, bind, env *[]string) {
	c.Flags().StringArrayVar(bind, "bind", nil, "show the lab's processes this `PATH[:rw]` of the machine, rw to change it too (see anylab help sandbox)")
	c.Flags().StringArrayVar(env, "env", nil, "give the lab's processes this variable of the environment, by `NAME` (see anylab help sandbox)")
}

// exposed reads what --bind was given.
func exposed(binds []string) ([]lab.Exposed, error) {
	var list []lab.Exposed
	for _, bind := range binds {
		path, writable := strings.CutSuffix(bind, ":rw")
		full, err := bindable(path)
		if err != nil {
			return nil, fmt.Errorf("--bind %s: %w", bind, err)
		}
		list = append(list, lab.Exposed{Path: full, Writable: writable})
	}
	return list, nil
}

// bindable returns where a path leads, or why the lab can't be shown that.
func bindable(path string) (string, error) {
	if path == "" {
		return "", errors.New("want PATH or PATH:rw")
	}
	full, err := filepath.Abs(path)
	if err == nil {
		full, err = filepath.EvalSymlinks(full) // nothing can be mounted on a link
	}
	if err != nil {
		return "", err
	}
	switch below := kernelsBelow(full); {
	case full == "/":
		err = errors.New("all of it is there to read; name the directory that is to be changed")
	case full == "/run" || strings.HasPrefix(full, "/run/"):
		err = errors.New("the lab has its own /run, and nothing of the machine's")
	case kernels(full):
		err = errors.New("that is the machine's kernel, its settings or devices, of which the lab has its own")
	case below != "":
		err = fmt.Errorf("%s, below it, is the machine's kernel, its settings or devices, of which the lab has its own", below)
	}
	return full, err
}

// kernelsBelow returns what of the machine's kernel is mounted below a directory, if
// anything is.
func kernelsBelow(dir string) string {
	points, err := os.ReadFile("/proc/self/mountinfo") // proc_pid_mountinfo(5)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(points)) {
		if f := strings.Fields(line); len(f) > 4 && strings.HasPrefix(f[4], dir+"/") && kernels(f[4]) {
			return f[4]
		}
	}
	return ""
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
