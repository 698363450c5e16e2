package service

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"anylab/lab"
)

// systemDirs hold programs like nginx, and are often not in a user's PATH.
const systemDirs = "/usr/local/sbin:/usr/sbin:/sbin"

// packages are those of Debian that bring the programs that services and
// checkers often are, but for those that come with BGP daemons.
var packages = map[string]string{
	"curl":    "curl",
	"dig":     "bind9-dnsutils",
	"dnsdist": "dnsdist",
	"ip":      "iproute2",
	"nginx":   "nginx-light",
	"python3": "python3",
	"unbound": "unbound",
}

// Missing says which of the programs this machine lacks, and what to install;
// more are the packages of programs that this one doesn't know.
func Missing(more map[string]string, programs ...string) error {
	var errs []error
	for _, p := range programs {
		_, err := find(p, more)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// NoProgram says why the file that a command begins with can't be run, whatever
// is installed: it is there and no program, or it is the user's own and isn't
// there. It is nil of a name that is looked up, and of one that may be installed.
func NoProgram(name string) error {
	if !strings.Contains(name, "/") || strings.Contains(name, "{") {
		return nil
	}
	info, err := os.Stat(name)
	switch {
	case err != nil && filepath.IsAbs(name):
		return nil
	case err != nil:
		return fmt.Errorf("there is no program %s", name)
	case info.IsDir():
		return fmt.Errorf("%s is a directory, not a program", name)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file, so no program", name)
	case info.Mode().Perm()&0o111 == 0:
		return fmt.Errorf("%s is not executable; if it is a program: chmod +x %s", name, name)
	}
	return nil
}

// find returns the path of a program.
func find(name string, more map[string]string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for dir := range strings.SplitSeq(systemDirs, ":") {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil && !filepath.IsAbs(name) {
			return path, nil
		}
	}
	missing := lab.Unavailable{What: fmt.Sprintf("there is no program %s", name), Fix: "install " + name}
	if pkg := cmp.Or(packages[name], more[name]); pkg != "" {
		missing.Fix = "apt-get install --no-install-recommends " + pkg
	}
	return "", missing
}

// program makes a command of the user's ready to start, so that it finds the
// programs of an administrator too.
func program(args []string) (*exec.Cmd, error) {
	path, err := find(args[0], nil)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, args[1:]...)
	cmd.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":"+systemDirs)
	return cmd, nil
}

// workDir returns the working directory of the service and of its checker.
func (s *Service) workDir() (string, error) { return s.node.WorkDir(s.Name()) }
